"""Who is told what: a decision becomes rows of the outbox, one notice per receiving system. Pure; imports the rules
and the store's plain rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

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
    here = _Here(process, case, directory, now)
    asked_here: dict[str, str] = {}
    if case.published and decision.joined:
        for sequence, source, message_id in standing(case):
            fresh = [unit for unit in decision.joined if _heard(case, directory.system_of.get(unit, "")) < sequence]
            if sequence < case.sequence:
                items += _told(here, sequence, source, message_id, fresh, earlier.get(sequence))
            # A system never gets the same notice twice: its later unit is asked by the message that brought it in.
            for unit in set(decision.joined).difference(fresh):
                asked_here |= _asked(case, source, message_id, [unit])
    units = [*decision.tell, *(unit for unit in asked_here if unit not in decision.tell)]
    items += _told(here, case.sequence, message.source, message.id, units, message, asked_here)
    return items


@dataclass(frozen=True, slots=True)
class _Here:
    """What all notices of one message have in common."""

    process: Process
    case: Case
    directory: Directory
    now: datetime


def _heard(case: Case, system: str) -> int:
    """The last sequence that a system has been told."""
    return case.told[system][0] if system in case.told else 0


def acted(case: Case, system: str) -> None:
    """The system knows the number of its own act by the receipt."""
    account = case.told.setdefault(system, [0, 0])
    if account[1] == case.sequence - 1:
        account[1] = case.sequence
    else:
        account.append(case.sequence)


def _skipped(case: Case, system: str, sequence: int) -> tuple[int, ...]:
    """The numbers before this notice that the system neither was told nor sent; its first notice begins its account."""
    account = case.told.get(system)
    if account is None:
        case.told[system] = [sequence, sequence]
        return ()
    skipped = tuple(number for number in range(account[1] + 1, sequence) if number not in account[2:])
    upto = max(account[1], sequence)
    case.told[system] = [max(account[0], sequence), upto, *(own for own in account[2:] if own > upto)]
    return skipped


def standing(case: Case) -> list[tuple[int, str, str]]:
    """The messages that stand now, one per step, in sequence order."""
    return sorted({(step["sequence"], step["source"], step["message"]) for step in case.steps.values()})


def _asked(case: Case, source: str, message_id: str, units: list[str]) -> dict[str, str]:
    """Unit → what it is to answer a message with."""
    return {
        unit: _AWAITED[step["act"]]
        for step in case.steps.values()
        if step["message"] == message_id and step["source"] == source
        for unit in units
        if unit in step["awaits"]
    }


def _told(
    here: _Here,
    sequence: int,
    source: str,
    message_id: str,
    units: list[str],
    message: Message | None,
    asked: Mapping[str, str] = MappingProxyType({}),
) -> list[Item]:
    if not units:
        return []
    case, directory = here.case, here.directory
    by_system: dict[str, list[str]] = {}
    for unit in units:
        system = directory.system_of.get(unit)
        if system is not None:
            by_system.setdefault(system, []).append(unit)
    items = []
    shown = None if message is None else completed(message, case)
    for system, receivers in by_system.items():
        seen = {unit: outlook(here.process, case, unit, directory) for unit in receivers}
        told = Told(
            case=case.id,
            sequence=sequence,
            to=tuple(receivers),
            awaits=_asked(case, source, message_id, receivers) | {u: a for u, a in asked.items() if u in receivers},
            state={step: {unit: seen[unit].colours[step] for unit in receivers} for step in here.process.steps},
            may={unit: seen[unit].may for unit in receivers},
            skipped=_skipped(case, system, sequence),
            replay=False,
        )
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
                accepted_at=here.now,
                due_at=here.now,
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
