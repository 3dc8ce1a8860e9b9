"""Who is told what: a decision becomes rows of the outbox, one notice per receiving system. Pure; imports the rules
and the store's plain rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from hub.processes.case import Case
from hub.processes.machine import Decision
from hub.processes.outlook import ANSWER, outlook
from hub.processes.table import Process
from hub.store.outbox import LICENCES, REGISTERS, VERIFICATIONS, Item
from hub.translators.native import write_body
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.messages import Question, Receipt, Told


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
        for sequence in case.standing:
            then = earlier[sequence]
            fresh = [unit for unit in decision.joined if _heard(case, directory.system_of.get(unit, "")) < sequence]
            if sequence < case.sequence:
                items += _told(here, sequence, then, fresh)
            # A system never gets the same notice twice: its later unit is asked by the message that brought it in.
            for unit in set(decision.joined).difference(fresh):
                asked_here |= _asked(case, then, [unit])
    units = [*decision.tell, *(unit for unit in asked_here if unit not in decision.tell)]
    items += _told(here, case.sequence, message, units, asked_here)
    return items


@dataclass(slots=True)
class _Here:
    """What all notices of one message have in common."""

    process: Process
    case: Case
    directory: Directory
    now: datetime
    outline: tuple[object, ...] | None = None
    """What the case looks like to all of them, once somebody is told."""


def _heard(case: Case, system: str) -> int:
    """The last sequence that a system has been told."""
    return case.told[system][0] if system in case.told else 0


def acted(case: Case, system: str) -> None:
    """The system knows the number of its own act by the receipt."""
    account = case.told.setdefault(system, [0, 0])
    if account[-1] == case.sequence - 1:  # the number after the last that it knows, or after its last own ones
        account[-1] = case.sequence
    else:
        account += [case.sequence, case.sequence]


def _skipped(case: Case, system: str, sequence: int) -> tuple[int, ...]:
    """The numbers before this notice that the system neither was told nor sent; its first notice begins its account."""
    account = case.told.get(system)
    if account is None:
        case.told[system] = [sequence, sequence]
        return ()
    heard, upto, *ranges = account
    own = list(zip(ranges[::2], ranges[1::2], strict=True))
    skipped = tuple(
        number for number in range(upto + 1, sequence) if not any(first <= number <= last for first, last in own)
    )
    upto = max(upto, sequence)
    kept = [end for first, last in own if last > upto for end in (first, last)]
    case.told[system] = [max(heard, sequence), upto, *kept]
    return skipped


def _asked(case: Case, message: Message, units: list[str]) -> dict[str, str]:
    """Unit → what it is to answer a message with."""
    asked = {
        unit: ANSWER[step["act"]]
        for step in case.steps.values()
        if step["message"] == message.id and step["source"] == message.source
        for unit in units
        if unit in step["awaits"]
    }
    thread = case.threads.get(f"{message.id} {message.source}") if message.name == "meddelande" else None
    if thread is not None:
        awaited = case.open_awaits(thread)
        asked |= {unit: "kvittens" for unit in units if unit in awaited}
    return asked


def _told(
    here: _Here,
    sequence: int,
    message: Message,
    units: list[str],
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
    shown = completed(message, case)
    body = body_of(message, shown)
    here.outline = here.outline or case.outline()
    for system, receivers in by_system.items():
        seen = {unit: outlook(here.process, case, unit, directory, here.outline) for unit in receivers}
        follows = _heard(case, system)
        told = Told(
            case=case.id,
            sequence=sequence,
            to=tuple(receivers),
            awaits=_asked(case, message, receivers) | {u: a for u, a in asked.items() if u in receivers},
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
                source=message.source,
                message_id=message.id,
                told=told,
                body=body,
                accepted_at=here.now,
                due_at=here.now,
                message=shown,
                follows=follows,
            )
        )
    return items


def body_of(message: Message, shown: Message) -> bytes | None:
    """What a notice's row keeps of its body: nothing where it is what was sent."""
    return None if shown is message else write_body(shown)


def completed(message: Message, case: Case) -> Message:
    """The message as it is shown: with the person's name and address from the register where the sender left them out
    (law 2017:612 2:2, C-60), and without what points to one whose identity is protected (C-62).

    A no to the position on SIP names who talks to the ward about it (V-13).
    """
    if message.name == "svu.sip_stallning" and not message.data.approves:  # type: ignore[attr-defined]
        caller = next((v["person"] for v in case.vardkontakter if v["kallelseansvarig"]), None)
        return message if caller is None else _with(message, {"kallelseansvarig": caller})
    patient = message.data.patient if "patient" in type(message.data).model_fields else None  # type: ignore[attr-defined]
    if case.blocked:
        return _hidden(message, patient)
    if patient is None:
        return message
    missing = {k: v for k, v in case.person.items() if getattr(patient, k) is None}
    return _with(message, {"patient": patient.model_copy(update=missing)}) if missing else message


def _with(message: Message, changed: dict[str, Any]) -> Message:
    return replace(message, data=message.data.model_copy(update=changed))


def _hidden(message: Message, patient: Any) -> Message:
    """C-62: address and personal contacts are in nothing that the hub shows."""
    if message.name == "narstaende":
        return _with(message, {"people": ()})
    if message.name in {"adressering", "folkbokforing"}:
        return _with(message, {"address": None})
    if message.name == "kontakt":
        return _with(message, {"phone": None, "email": None})
    if patient is None:
        return message
    return _with(message, {"patient": patient.model_copy(update={"address": None, "phone": None})})


def lookup(case_id: str | None, message: Message, question: Question, now: datetime) -> Item:
    """A question for the registers, asked after the commit by the addressing (architecture.md §1)."""
    lane = REGISTERS
    if question.question == "verifiering":
        lane = LICENCES if question.concerns == "decided_by" else VERIFICATIONS
    return Item(0, "lookup", lane, case_id, None, message.source, message.id, question, None, now, now)


def receipt(system: str, source: str, answer: Receipt, now: datetime) -> Item:
    """The technical answer on its way to the sender's system (messages.md §2)."""
    return Item(0, "receipt", system, answer.case, None, source, answer.message, answer, None, now, now)
