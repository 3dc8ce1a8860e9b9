"""Answers the messages of a batch, one after the other, against what was loaded. Pure: it reads no clock, draws no id, and
imports no I/O. It imports the rules, and of the store only plain rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub.errors import Refused
from hub.intake import holds, notices
from hub.intake.accept import accept, set_deadlines
from hub.intake.arrival import Arrival, held_receipt, refusal
from hub.intake.batch import Batch
from hub.intake.handled import Handled
from hub.intake.hub_messages import WhatRegistersSaid
from hub.intake.loaded import Loaded
from hub.intake.naming import must_be_checked_again
from hub.intake.preconditions import actor_may_act, licence_unknown, person_may_have_a_case
from hub.intake.stored import person_named, ref_of
from hub.processes.engine.case import Case
from hub.processes.engine.decide import Decision, decide, is_gallrat, no_such_case
from hub.processes.engine.order import brings, undoes_later_act
from hub.processes.engine.process import Process
from hub.processes.engine.rule import LinkableCase
from hub.processes.registry import openings, process_of
from hub.processes.shared.registers import LICENSED
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.messages import Question, Receipt, as_json


def handle(
    arrivals: Sequence[Arrival],
    loaded: Loaded,
    directory: Directory,
    said: WhatRegistersSaid,
    now: datetime,
    handled: Handled | None = None,
) -> Handled:
    """Answers the arrivals in their order; of equal arguments comes an equal outcome.

    ``loaded`` and its cases belong to this call: afterwards they are as the batch has left them, and a part of a batch is
    handled on what the parts before it have left. ``handled``: the outcome of those parts, to which this one is added.
    """
    batch = Batch(loaded, Handled() if handled is None else handled, directory, said, now)
    for arrival in arrivals:
        batch.handled.receipts.append(_handle(batch, arrival))
    set_deadlines(batch)
    return batch.handled


def hold_for_defect(
    arrival: Arrival, error: str, loaded: Loaded, directory: Directory, said: WhatRegistersSaid, now: datetime
) -> Handled:
    """Holds a message that an error of ours kept from being handled, under its case as far as that can be told."""
    batch = Batch(loaded, Handled(), directory, said, now)
    receipt = _answered_before(batch, arrival)
    batch.handled.receipts.append(batch.hold(arrival, holds.DEFECT + error) if receipt is None else receipt)
    return batch.handled


def _handle(batch: Batch, arrival: Arrival) -> Receipt:
    """Asks in this order: has it come before, can it be read, may it be handled now, do the rules accept it."""
    if (receipt := _answered_before(batch, arrival)) is not None:
        return receipt
    if arrival.defect is not None:
        return batch.hold(arrival, holds.DEFECT + arrival.defect)
    message = arrival.message
    if message is None or arrival.refused is not None:
        assert arrival.refused is not None
        return batch.refuse(arrival, arrival.refused)
    if (receipt := _in_anothers_envelope(batch, arrival)) is not None:
        return receipt
    if arrival.system is None and not arrival.is_own:
        return batch.hold(arrival, holds.AWAITS_SYSTEM)
    case_id = batch.loaded.case_id(arrival, message)
    if case_id is not None and case_id not in batch.loaded.cases:
        # Only the hub gives ids to cases; a sender opens a case with a reference of its own.
        return batch.refuse(arrival, no_such_case(openings()))
    case = None if case_id is None else batch.loaded.cases[case_id]
    if case is not None and case.gallrad is not None:
        return batch.refuse(arrival, is_gallrat(case.gallrad))
    process = process_of(message.name, case)
    if (reason := _must_wait(batch, arrival, message, process, case)) is not None:
        return batch.hold(arrival, reason)
    try:
        actor_may_act(message, batch.said, batch.directory)
        if (unknown := licence_unknown(process, message, batch.said)) is not None:
            return _hold_for_hsa(batch, arrival, message, case_id, unknown)
        decision = _decide(batch, arrival, message, process, case)
    except Refused as refused:
        named_has_come = case is not None and batch.loaded.has_come(message, case)
        early = holds.early_reason(refused.early, was_held=arrival.was_held, named_has_come=named_has_come)
        if early is not None:
            return batch.hold(arrival, early, refused)
        return batch.refuse(arrival, refused)
    receipt, known = accept(batch, arrival, message, decision, opened=case is None)
    for own in known:
        _handle(batch, own)
    return receipt


def _decide(batch: Batch, arrival: Arrival, message: Message, process: Process, case: Case | None) -> Decision:
    """What the rules say. Raises ``Refused``."""
    loaded = batch.loaded
    if case is not None:
        if arrival.was_held and undoes_later_act(process, message, case, loaded.earlier.get(case.id, {})):
            raise replace(holds.OVERTAKEN)  # raised as itself it would keep every frame that it passed
        numbers = [*case.numbers, getattr(message.data, "personnummer", None) or ""]  # the one that it brings too
        others = loaded.others(case.process, numbers, case.id) if loaded.open_cases else ()
        linkable = _linkable(loaded, process, message, case.numbers)
        return decide(process, case, case.id, message, batch.directory, batch.now, others, linkable)
    person_may_have_a_case(message, batch.said, batch.directory, loaded.news)
    ref = ref_of(arrival, message)
    assert ref is not None
    named = person_named(message)
    others = loaded.others(process.name, () if named is None else (named,), None)
    linkable = _linkable(loaded, process, message, () if named is None else (named,))
    return decide(process, None, loaded.new_ids[ref], message, batch.directory, batch.now, others, linkable)


def _linkable(loaded: Loaded, process: Process, message: Message, numbers: Iterable[str]) -> Sequence[LinkableCase]:
    """The cases that the message may link its own with, where its rule links cases."""
    parts = process.parts(message)
    named = [id_ for rule, data, _ in parts for id_ in rule.names_cases(data)]
    links = any(rule.links_cases for rule, _, _ in parts)
    return loaded.linkable_of(numbers if links else (), named) if links or named else ()


def _answered_before(batch: Batch, arrival: Arrival) -> Receipt | None:
    """The answer to a message that has come before; None for a message that is to be handled."""
    before = batch.loaded.seen.get(arrival.key)
    if before is None or (arrival.was_held and before[1] is None):
        return None
    if arrival.was_held:  # another hub was first, and has told the sender
        return Receipt.model_validate(before[1])
    return _repeat(batch, arrival, *before)


def _in_anothers_envelope(batch: Batch, arrival: Arrival) -> Receipt | None:
    """D-2: the answer to a new message in an envelope that has brought another; None for any other. Nothing is kept of it, so the same
    message may come in an envelope of its own.
    """
    if arrival.envelope is None or batch.loaded.envelopes.get(arrival.envelope) in {None, arrival.key[1]}:
        return None
    answer = refusal(arrival, ENVELOPE_REUSED)
    batch.answer(arrival, answer, as_json(answer), "refused")
    return answer


def _repeat(batch: Batch, arrival: Arrival, digest: bytes, receipt: Any) -> Receipt:
    """D-2: the same content gets the first answer again; other content under the same id is refused, and the first stays.

    Where the first is done or waits, the refusal advises no new id: a sender that follows such advice does the same act twice.
    """
    if digest != arrival.digest:
        first = None if receipt is None else Receipt.model_validate(receipt)
        if first is not None and first.code == "fatal-error":
            answer = refusal(arrival, _id_of_a_refused(first.rule))
        else:
            answer = refusal(arrival, ID_REUSED)
    elif receipt is None:
        answer = held_receipt(arrival, repeat=True)
    else:
        answer = Receipt.model_validate(receipt).model_copy(update={"repeat": True})
    batch.answer(arrival, answer, as_json(answer), "repeated" if digest == arrival.digest else "refused")
    return answer


def _must_wait(batch: Batch, arrival: Arrival, message: Message, process: Process, case: Case | None) -> str | None:
    """D-4: why the message cannot be decided now, or None (``holds`` says which message waits for which)."""
    if not arrival.is_own:
        loaded, rule = batch.loaded, process.rule(message.name)
        opens = rule is not None and rule.opens
        ahead = loaded.holds.ahead(loaded.queue_keys(arrival), arrival.key) if loaded.holds else []
        if ahead:
            brought = brings(process, message)
            if not holds.may_pass(ahead, opens=opens, brings=brought, case_is_there=case is not None):
                return holds.BEHIND
        if case is None and not opens:
            return holds.AWAITS_OPENING
    if case is not None and must_be_checked_again(arrival, case):
        return holds.NAMES_CHANGED
    return None


def _hold_for_hsa(batch: Batch, arrival: Arrival, message: Message, case_id: str | None, person: str) -> Receipt:
    """C-22: HSA's answer is needed first. A message that is tried again and has no answer yet asks again."""
    handled, key = batch.handled, (person, LICENSED)
    if batch.said.actor(*key) is None and key not in handled.asked:
        handled.asked.add(key)
        asked = Question(question="verifiering", actor=person, role=LICENSED, unit=message.unit, concerns="decided_by")
        handled.outbox.append(notices.lookup(case_id, message, asked, batch.now))
    return batch.hold(arrival, holds.AWAITS_HSA)


def _id_of_a_refused(rule: str | None) -> Refused:
    """Other content under the id of a message that was refused by ``rule``: nothing was done, so nothing is done twice."""
    return Refused(
        "id-reused",
        f"Id:t bär redan ett meddelande med annat innehåll. Det avvisades ({rule}), och inget är gjort: ett rättat meddelande är ett nytt"
        " meddelande, med ett eget id.",
        f"The id already bears a message of other content. That was refused ({rule}), and nothing is done: a corrected message is a new"
        " message, with an id of its own.",
        "/id",
    )


ID_REUSED = Refused(
    "id-reused",
    "Id:t bär redan ett meddelande med annat innehåll. Det första gäller och står kvar: se i ärendet vad som är gjort. "
    "Sänd aldrig samma åtgärd en gång till under ett annat id.",
    "The id already bears a message of other content. The first one holds and stays: see in the case what is done. "
    "Never send the same act once more under another id.",
    "/id",
)

ENVELOPE_REUSED = Refused(
    "envelope-reused",
    "Bundlen (Bundle.identifier, eller Bundle.id) har redan burit ett annat meddelande, och inget är gjort. Ge varje Bundle ett eget id,"
    " och sänd samma meddelande igen.",
    "The Bundle (Bundle.identifier, or Bundle.id) has borne another message already, and nothing is done. Give each Bundle an id of its"
    " own, and send the same message again.",
    "Bundle.identifier",
)
