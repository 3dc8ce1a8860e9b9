"""Who is told what: a decision becomes rows of the outbox, one notice per receiving system. Pure; imports the rules
and the store's plain rows.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hub.processes.case import Case
from hub.processes.machine import Decision, Process
from hub.processes.outlook import outlook
from hub.store.outbox import REGISTERS, Item
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.messages import Question, Receipt, Told

_AWAITED = {"kvittera": "kvittens", "justera": "justering", "godkanna": "godkannande", "svara": "svar"}
"""What a unit answers with, by the act that a step awaits (messages.md §2)."""


def notices(
    process: Process,
    decision: Decision,
    message: Message,
    earlier: dict[int, Message],
    directory: Directory,
    now: datetime,
) -> list[Item]:
    """The notices of one accepted message, in the order in which they shall arrive.

    Units that came in are caught up first (C-10): they get what stands for every published step, unless their system
    has it
    already; then the message itself goes to those whom its row tells. ``earlier`` holds messages still in memory by
    sequence.
    """
    case = decision.case
    items: list[Item] = []
    systems = directory.system_of
    if case.published and decision.joined:
        for sequence, source, message_id in _standing(case):
            behind = [unit for unit in decision.joined if case.told.get(systems.get(unit, ""), 0) < sequence]
            if sequence < case.sequence:
                items += _told(
                    process, case, sequence, source, message_id, behind, earlier.get(sequence), directory, now
                )
    items += _told(process, case, case.sequence, message.source, message.id, decision.tell, message, directory, now)
    return items


def _standing(case: Case) -> list[tuple[int, str, str]]:
    """The messages that stand now, one per step, in sequence order."""
    return sorted({(step["sequence"], step["source"], step["message"]) for step in case.steps.values()})


def _told(
    process: Process,
    case: Case,
    sequence: int,
    source: str,
    message_id: str,
    units: list[str],
    message: Message | None,
    directory: Directory,
    now: datetime,
) -> list[Item]:
    by_system: dict[str, list[str]] = {}
    for unit in units:
        system = directory.system_of.get(unit)
        if system is not None:
            by_system.setdefault(system, []).append(unit)
    items = []
    acts = [step for step in case.steps.values() if step["message"] == message_id and step["source"] == source]
    shown = None if message is None else completed(message, case)
    for system, receivers in by_system.items():
        last = case.told.get(system, 0)
        seen = {unit: outlook(process, case, unit, directory) for unit in receivers}
        told = Told(
            case=case.id,
            sequence=sequence,
            to=tuple(receivers),
            awaits={unit: _AWAITED[step["act"]] for step in acts for unit in receivers if unit in step["awaits"]},
            state={step: {unit: seen[unit].colours[step] for unit in receivers} for step in process.steps},
            may={unit: seen[unit].may for unit in receivers},
            skipped=tuple(range(last + 1, sequence)) if last else (),
            replay=False,
        )
        case.told[system] = sequence
        items.append(
            Item(
                id=0,
                kind="notice",
                system=system,
                case_id=case.id,
                sequence=sequence,
                source=source,
                message_id=message_id,
                told=told,
                body=None
                if shown is message or shown is None
                else shown.data.model_dump_json(exclude_none=True).encode(),
                accepted_at=now,
                due_at=now,
                message=shown,
            )
        )
    return items


def completed(message: Message, case: Case) -> Message:
    """The message with the person's name and address from the register where the sender left them out (law 2017:612
    2:2, C-60).
    """
    patient = getattr(message.data, "patient", None)
    if patient is None:
        return message
    missing = {k: v for k, v in case.person.items() if getattr(patient, k) is None}
    if not missing:
        return message
    return replace(message, data=message.data.model_copy(update={"patient": patient.model_copy(update=missing)}))


def lookup(case_id: str, message: Message, question: Question, now: datetime) -> Item:
    """A question for the registers, asked after the commit by the addressing (architecture.md §1)."""
    return Item(0, "lookup", REGISTERS, case_id, None, message.source, message.id, question, None, now, now)


def receipt(system: str, source: str, answer: Receipt, now: datetime) -> Item:
    """The technical answer on its way to the sender's system (messages.md §2)."""
    return Item(0, "receipt", system, answer.case, None, source, answer.message, answer, None, now, now)
