"""The notices of a decision, one for each receiving system, as rows of the outbox. Pure; imports the rules and the store's
plain rows.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from hub.intake.arrival import is_case_id
from hub.intake.staff import NameOf, names_in
from hub.intake.told_numbers import is_new, last_told, note_notice, system_for
from hub.processes.engine.case import Case
from hub.processes.engine.decide import Decision
from hub.processes.engine.process import Process, process_of_case, says_no_more, standing
from hub.processes.engine.rule import HubMessage
from hub.processes.engine.unit_view import ANSWER, UnitView, outline, remembered, unit_view
from hub.processes.shared import disclosure
from hub.processes.shared.disclosure import visible
from hub.store.outbox import CASES, LICENCES, REGISTERS, VERIFICATIONS, OutboxRow
from hub.translators import told
from hub.translators.told import Rendered
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.messages import HUB_SOURCE, CaseMessage, Question, Receipt, as_json


def notices(
    decision: Decision,
    message: Message,
    earlier: Mapping[int, Message],
    directory: Directory,
    now: datetime,
    name_of: NameOf = lambda _: None,
    kept: Container[tuple[str, int]] = (),
) -> list[OutboxRow]:
    """The notices of one accepted message, in the order in which they must arrive.

    First the units that came in, or may see more than before, get the earlier messages in force that may be shared with
    them, unless their system has these already (C-10, C-13). Then the units that the rule names get the message itself.
    ``earlier``: the messages in force, by sequence; ``kept``: those of them, by (case, sequence), that only one unit may know
    of, and that are told to nobody later.
    """
    case = decision.case
    rows: list[OutboxRow] = []
    shared = _Shared(process_of_case(case), case, directory, now, name_of)
    asked_now: dict[str, str] = {}
    if case.published and decision.joined:
        whole = set(standing(case))
        may_have = {
            unit: whole if (seen := visible(case, unit)) is case else set(standing(seen)) for unit in decision.joined
        }
        for sequence in sorted(set().union(*may_have.values())):
            then = earlier[sequence]
            if (case.id, sequence) in kept or not disclosure.may_be_told(then):
                continue
            concerned = [unit for unit in decision.joined if sequence in may_have[unit]]
            new_to = [unit for unit in concerned if is_new(case, system_for(case, unit, directory), sequence)]
            if sequence < case.sequence:
                rows += _rows(shared, sequence, then, new_to)
            # A system never gets the same notice twice: its later unit is asked by the message that brought it in.
            for unit in set(concerned).difference(new_to):
                asked_now |= _asked(case, then, [unit])
    units = [*decision.tell, *(unit for unit in asked_now if unit not in decision.tell)]
    if shared.process.catch_up is not None:
        asked_now |= _asked_by_catch_up(case, message, units)
    rows += _rows(shared, case.sequence, message, units, asked_now)
    return rows


@dataclass(slots=True)
class _Shared:
    """What the notices of one message have in common."""

    process: Process
    case: Case
    directory: Directory
    now: datetime
    name_of: NameOf
    outline: tuple[object, ...] | None = None
    """The case's part in what each unit sees; made when a first unit is told."""
    last: dict[str, int] = field(default_factory=dict)
    """System → the number of the last of these notices that it gets, be it the replay of an earlier one."""


def _asked(case: Case, message: Message, units: list[str]) -> dict[str, str]:
    """Unit → what it must answer a message with."""
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


def _asked_by_catch_up(case: Case, message: Message, units: list[str]) -> dict[str, str]:
    """Unit → what it is to answer the message with that says how things stand: the first act that still awaits it."""
    asked: dict[str, str] = {}
    for awaited in case.awaited.values():
        for unit in awaited.by:
            if unit in units and case.participants[unit]["by"] == message.id:
                asked.setdefault(unit, ANSWER[awaited.act])
    return asked


def _rows(
    shared: _Shared,
    sequence: int,
    message: Message,
    units: list[str],
    asked: Mapping[str, str] = MappingProxyType({}),
) -> list[OutboxRow]:
    if not units:
        return []
    case, directory = shared.case, shared.directory
    by_system: dict[str, list[str]] = {}
    for unit in units:
        by_system.setdefault(system_for(case, unit, directory), []).append(unit)
    rows = []
    shown = disclosure.told(message, case)
    body = body_of(message, shown)
    names = told.rendered(names_in(shown, shared.name_of))
    shared.outline = shared.outline or outline(case)
    for system, receivers in by_system.items():
        views = [unit_view(case, unit, directory, shared.now, shared.outline) for unit in receivers]
        state, may = _rendered(tuple(receivers), tuple(views), directory)
        highest = last_told(case, system)
        follows = shared.last.get(system, highest)
        shared.last[system] = sequence
        extensions = told.write(
            case.id,
            sequence,
            receivers,
            _asked(case, message, receivers) | {u: a for u, a in asked.items() if u in receivers},
            state,
            may,
            names,
            _extras(shared, message, receivers),
            note_notice(case, system, sequence),
            replay=sequence < highest,
        )
        rows.append(
            OutboxRow(
                id=0,
                kind="notice",
                system=system,
                case_id=case.id,
                sequence=sequence,
                source=message.source,
                message_id=message.id,
                told=extensions,
                body=body,
                accepted_at=shared.now,
                due_at=shared.now,
                message=shown,
                follows=follows,
            )
        )
    return rows


def _rendered(units: tuple[str, ...], views: tuple[UnitView, ...], directory: Directory) -> tuple[Rendered, Rendered]:
    """The parts ``state`` and ``may`` of what units are told that see a case so. Thousands of notices have the same."""

    def render() -> tuple[Rendered, Rendered]:
        seen = dict(zip(units, views, strict=True))
        steps = views[0].colours
        state = {step: {unit: view.colours[step] for unit, view in seen.items()} for step in steps}
        return told.rendered(state), told.rendered({unit: view.may for unit, view in seen.items()})

    found: tuple[Rendered, Rendered] = remembered(directory, (units, views), render)
    return found


def _extras(shared: _Shared, message: Message, units: list[str]) -> dict[str, tuple[str, ...]]:
    """What the process's own extensions say to the units of one system."""
    extras = shared.process.extras
    if extras is says_no_more:
        return {}
    said: dict[str, dict[str, None]] = {}
    for unit in units:
        for name, texts in extras(shared.case, message, unit, shared.directory).items():
            said.setdefault(name, {}).update(dict.fromkeys(texts))
    return {name: tuple(texts) for name, texts in said.items()}


def body_of(message: Message, shown: Message) -> bytes | None:
    """The body that a notice's row keeps; None where the notice shows the message as it was sent."""
    return None if shown is message else shown.body


def lookup(case_id: str | None, message: Message, question: Question, now: datetime) -> OutboxRow:
    """The row of a question to the registers; the addressing asks it after the commit (architecture.md §1)."""
    lane = REGISTERS
    if question.question == "verifiering":
        lane = LICENCES if question.concerns == "decided_by" else VERIFICATIONS
    return OutboxRow(0, "lookup", lane, case_id, None, message.source, message.id, as_json(question), None, now, now)


def for_another_case(one: HubMessage, id_: str, now: datetime) -> OutboxRow:
    """A message of the hub's own for another case than the one that led to it, handed to the intake after the commit."""
    content = CaseMessage(name=one.name, data=one.data.model_dump(mode="json", exclude_none=True))
    case = one.case if is_case_id(one.case) else None  # no case has another id: the intake then says that there is none
    return OutboxRow(0, "case", CASES, case, None, HUB_SOURCE, id_, as_json(content), None, now, now)


def receipt(system: str, source: str, answer: Receipt, in_json: bytes, now: datetime) -> OutboxRow:
    """The row of a receipt, ``in_json``, that goes to the sender's system (messages.md §2)."""
    return OutboxRow(0, "receipt", system, answer.case, None, source, answer.message, in_json, None, now, now)
