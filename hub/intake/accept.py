"""What an accepted message leads to: its case, its receipt, notices, questions for the registers. Pure; imports the batch,
the notices and the rules.
"""

from __future__ import annotations

from hub.intake import notices
from hub.intake.arrival import Arrival
from hub.intake.batch import Batch
from hub.intake.hub_messages import ASKED, own_message
from hub.intake.loaded import queue_of
from hub.intake.stored import ref_of
from hub.intake.told_numbers import note_own_act
from hub.processes.engine.case import Case
from hub.processes.engine.decide import Decision
from hub.processes.engine.events import touched
from hub.processes.engine.order import brings
from hub.processes.engine.process import process_of_case
from hub.processes.engine.rule import acting_role
from hub.processes.shared.registers import goes_without_saying
from schemas.envelope import Message
from schemas.hub_messages import Adressering, Verifiering
from schemas.messages import Question, Receipt, as_json
from schemas.parts import Part

EDITED = "edited-by-operations"
"""Warning of a receipt: what takes effect is not what the sender sent, but what operations made of it."""


def accept(
    batch: Batch, arrival: Arrival, message: Message, decision: Decision, *, opened: bool
) -> tuple[Receipt, list[Arrival]]:
    """The message's receipt, and the messages of the hub itself to handle right after it: answers of the registers that the hub
    remembers.
    """
    loaded, handled, case = batch.loaded, batch.handled, decision.case
    if opened:
        _open(batch, arrival, message, case)
    _keep_case(batch, message, decision)
    if arrival.system is not None:
        note_own_act(case, arrival.system_id)
    earlier = loaded.earlier.setdefault(case.id, {})
    earlier[case.sequence] = message
    loaded.sizes[case.id, case.sequence] = len(arrival.raw)
    if decision.kept_to is not None:
        loaded.kept.add((case.id, case.sequence))
    warnings = (*decision.warnings, *([EDITED] if arrival.edited else []))
    receipt = Receipt(message=message.id, code="ok", case=case.id, sequence=case.sequence, warnings=warnings)
    told = as_json(receipt)
    batch.settle(arrival, receipt, told, case.id, decision)
    batch.answer(arrival, receipt, told, "accepted")
    for notice in notices.notices(decision, message, earlier, batch.directory, batch.now, batch.said.name, loaded.kept):
        notice.size = loaded.sizes.get((case.id, notice.sequence or 0), 0)
        handled.outbox.append(notice)
    own = [
        _ask(batch, case, message, asked, f"a-{case.id}-{case.sequence}-{number}")
        for number, asked in enumerate(decision.asks)
    ]
    own += _hub_messages(batch, case, decision)
    # What HSA says of who acted is told in the case, where all would see it. Of a kept act the hub only remembers it (C-3).
    _verify_actor(batch, case.id if decision.kept_to is None else None, message)
    if loaded.holds:
        keys = loaded.queue_keys(arrival)
        if loaded.holds.early_ones(keys) and brings(process_of_case(case), message):
            handled.to_retry.update(key for key in keys if key is not None)
    return receipt, [one for one in own if one is not None]


def _hub_messages(batch: Batch, case: Case, decision: Decision) -> list[Arrival]:
    """The hub's own messages in this case, which are handled right after; those for other cases are written to the outbox and
    handed to the intake after the commit, so that no decision locks a second case.
    """
    here = []
    for number, one in enumerate(decision.hub_messages):
        id_ = f"h-{case.id}-{case.sequence}-{number}"
        if one.case == case.id:
            here.append(own_message(case.id, id_, one.name, one.data, batch.now))
        else:
            batch.handled.outbox.append(notices.for_another_case(one, id_, batch.now))
    return here


def _open(batch: Batch, arrival: Arrival, message: Message, case: Case) -> None:
    """The case is known by its reference from now on; what waited for it joins its queue (D-4)."""
    loaded, handled, ref = batch.loaded, batch.handled, ref_of(arrival, message)
    handled.opened[case.id] = (arrival.system_id, None if ref is None else ref[1])
    if ref is None:
        return
    loaded.ids[ref] = case.id
    early = queue_of(ref)
    if loaded.holds.rekey(early, case.id):
        handled.moved.append((early, case.id))
        handled.to_retry.add(case.id)


def _keep_case(batch: Batch, message: Message, decision: Decision) -> None:
    """The case as it is now."""
    loaded, handled, case = batch.loaded, batch.handled, decision.case
    process = process_of_case(case)
    rule = process.rule(message.name)
    assert rule is not None  # it was accepted by it
    if rule.is_news_of_the_person:
        both = [one.person.get("personnummer") for one in (case, loaded.cases.get(case.id)) if one is not None]
        handled.persons_with_news.update(number for number in both if number)
        if case.blocked:
            handled.now_protected.add(case.id)
    if decision.kept_to is None:
        handled.seen_to_change.add(case.id)
    handled.elements.update((case.id, address) for address in touched(decision.events))
    loaded.cases[case.id] = handled.changed[case.id] = case
    for number in case.numbers if process.one_open_per_person else ():
        open_cases = loaded.open_cases.setdefault((process.name, number), set())
        (open_cases.add if case.status == "open" else open_cases.discard)(case.id)
    batch.to_recompute.add(case.id)


def set_deadlines(batch: Batch) -> None:
    """The deadlines that hold now in the cases that have moved on (D-9)."""
    for id_ in batch.to_recompute:
        case = batch.loaded.cases[id_]
        agreement = batch.directory.agreement_of(case.opened_by)
        due = {key: at.isoformat() for key, at in process_of_case(case).deadlines(case, agreement).items()}
        if due != case.due:
            case.due = due
            batch.handled.new_deadlines.add(id_)


def _ask(batch: Batch, case: Case, message: Message, asked: Question, id_: str) -> Arrival | None:
    """The hub's own message with what the registers have said already; else the question is written to the outbox."""
    answer: Part | None = None
    if asked.question == "adressering":
        answer = _known_addressing(batch, asked.person or "", asked.county or "")
    elif asked.question == "verifiering" and asked.actor is not None and asked.role is not None:
        said = batch.said.actor(asked.actor, asked.role)
        if said is not None and goes_without_saying(said, asked.concerns):
            return None
        if said is not None and said != ASKED:
            facts = asked.model_dump(include={"unit", "actor", "role", "concerns"})
            answer = Verifiering.model_validate({**facts, "outcome": said})
    if answer is not None:
        return own_message(case.id, id_, asked.question, answer, batch.now)
    batch.handled.outbox.append(notices.lookup(case.id, message, asked, batch.now))
    return None


def _known_addressing(batch: Batch, person: str, county: str) -> Adressering | None:
    """Whom to address for a person, where this hub remembers it and no hub has had news of the person since (C-62). For
    a person whose news was not read, nothing is taken from memory.
    """
    loaded = batch.loaded
    return batch.said.person(person, county, loaded.news.get(person)) if person in loaded.news_read_for else None


def _verify_actor(batch: Batch, case_id: str | None, message: Message) -> None:
    """C-3: HSA is asked about an actor in a role at most once a day, after the message has been accepted."""
    if message.actor is None:
        return
    role = acting_role(message.role, batch.directory.unit_by_hsa[message.unit])
    key = (message.actor, role)
    if key in batch.handled.asked or batch.said.actor(*key) is not None:
        return
    batch.handled.asked.add(key)
    asked = Question(question="verifiering", actor=message.actor, role=role, unit=message.unit)
    batch.handled.outbox.append(notices.lookup(case_id, message, asked, batch.now))
