"""Who is told what: a decision becomes rows of the outbox, one notice per receiving system. Pure; imports the rules
and the store's plain rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from hub.intake.staff import NameOf, names_in
from hub.processes.engine.case import Case
from hub.processes.engine.decide import Decision
from hub.processes.engine.process import Process, standing
from hub.processes.engine.unit_view import ANSWER, outline, unit_view
from hub.processes.shared import disclosure
from hub.processes.shared.disclosure import visible
from hub.store.outbox import LICENCES, REGISTERS, VERIFICATIONS, OutboxRow
from hub.translators.native import write_body
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.messages import NoticeExtensions, Question, Receipt


def notices(
    process: Process,
    decision: Decision,
    message: Message,
    earlier: dict[int, Message],
    directory: Directory,
    now: datetime,
    name_of: NameOf = lambda _: None,
) -> list[OutboxRow]:
    """The notices of one accepted message, in the order in which they shall arrive.

    Units that came in, or may see more than before, are caught up first (C-10, C-13): they get what stands of all that
    may be shared with them, unless their system has it already; then the message itself goes to those whom its row
    tells. ``earlier`` holds messages still in memory by sequence.
    """
    case = decision.case
    items: list[OutboxRow] = []
    here = _Here(process, case, directory, now, name_of)
    asked_here: dict[str, str] = {}
    if case.published and decision.joined:
        may_have = {unit: set(standing(visible(case, unit))) for unit in decision.joined}
        for sequence in sorted(set().union(*may_have.values())):
            then = earlier[sequence]
            if not disclosure.may_be_told(then):
                continue
            concerned = [unit for unit in decision.joined if sequence in may_have[unit]]
            fresh = [unit for unit in concerned if _is_new(case, directory.system_of.get(unit, ""), sequence)]
            if sequence < case.sequence:
                items += _told(here, sequence, then, fresh)
            # A system never gets the same notice twice: its later unit is asked by the message that brought it in.
            for unit in set(concerned).difference(fresh):
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
    name_of: NameOf
    outline: tuple[object, ...] | None = None
    """What the case looks like to all of them, once somebody is told."""
    last: dict[str, int] = field(default_factory=dict)
    """system → the number that it was told last of them, be it a later one's replay."""


def _heard(case: Case, system: str) -> int:
    """The last sequence that a system has been told."""
    return case.told[system][0] if system in case.told else 0


def _is_new(case: Case, system: str, sequence: int) -> bool:
    """Whether a message was never told to a system: it is later than all that was, or was passed over then."""
    return sequence > _heard(case, system) or sequence in case.unheard.get(system, ())


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
        _pass_over(case, system, range(1, sequence), sequence)
        return ()
    heard, upto, *ranges = account
    own = list(zip(ranges[::2], ranges[1::2], strict=True))
    skipped = tuple(
        number for number in range(upto + 1, sequence) if not any(first <= number <= last for first, last in own)
    )
    upto = max(upto, sequence)
    kept = [end for first, last in own if last > upto for end in (first, last)]
    case.told[system] = [max(heard, sequence), upto, *kept]
    _pass_over(case, system, skipped, sequence)
    return skipped


def _pass_over(case: Case, system: str, skipped: Iterable[int], told: int) -> None:
    """Keeps which messages that stand a system was not told; what it is told now it has."""
    before = case.unheard.get(system, ())
    if not before and not skipped:
        return
    found = sorted({*before, *skipped}.intersection(standing(case)).difference([told]))
    if found:
        case.unheard[system] = found
    else:
        case.unheard.pop(system, None)


def _asked(case: Case, message: Message, units: list[str]) -> dict[str, str]:
    """Unit → what it is to answer a message with."""
    asked = {
        unit: ANSWER[awaited.act]
        for awaited in case.awaited.values()
        if awaited.is_of(message.source, message.id)
        for unit in units
        if unit in awaited.by
    }
    for element in case.elements.values():
        if element.awaited is not None and element.awaited.is_of(message.source, message.id):
            awaits = case.open_awaits(element)
            asked |= {unit: ANSWER[element.awaited.act] for unit in units if unit in awaits}
    return asked


def _told(
    here: _Here,
    sequence: int,
    message: Message,
    units: list[str],
    asked: Mapping[str, str] = MappingProxyType({}),
) -> list[OutboxRow]:
    if not units:
        return []
    case, directory = here.case, here.directory
    by_system: dict[str, list[str]] = {}
    for unit in units:
        system = directory.system_of.get(unit)
        if system is not None:
            by_system.setdefault(system, []).append(unit)
    items = []
    shown = disclosure.told(message, case)
    body = body_of(message, shown)
    staff = names_in(shown, here.name_of)
    here.outline = here.outline or outline(case)
    for system, receivers in by_system.items():
        seen = {unit: unit_view(case, unit, directory, here.now, here.outline) for unit in receivers}
        heard = _heard(case, system)
        follows = here.last.get(system, heard)
        here.last[system] = sequence
        told = NoticeExtensions(
            case=case.id,
            sequence=sequence,
            to=tuple(receivers),
            awaits=_asked(case, message, receivers) | {u: a for u, a in asked.items() if u in receivers},
            state={step: {unit: seen[unit].colours[step] for unit in receivers} for step in here.process.steps},
            may={unit: seen[unit].may for unit in receivers},
            skipped=_skipped(case, system, sequence),
            names=staff,
            replay=sequence < heard,
        )
        items.append(
            OutboxRow(
                id=0,
                kind="notice",
                system=system,
                case_id=case.id,
                sequence=sequence,
                source=message.source,
                message_id=message.id,
                content=told,
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


def lookup(case_id: str | None, message: Message, question: Question, now: datetime) -> OutboxRow:
    """A question for the registers, asked after the commit by the addressing (architecture.md §1)."""
    lane = REGISTERS
    if question.question == "verifiering":
        lane = LICENCES if question.concerns == "decided_by" else VERIFICATIONS
    return OutboxRow(0, "lookup", lane, case_id, None, message.source, message.id, question, None, now, now)


def receipt(system: str, source: str, answer: Receipt, now: datetime) -> OutboxRow:
    """The technical answer on its way to the sender's system (messages.md §2)."""
    return OutboxRow(0, "receipt", system, answer.case, None, source, answer.message, answer, None, now, now)
