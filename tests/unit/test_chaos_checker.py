"""The checker of `make chaos` and `make simulate` finds each harm in a history that is made by hand, and nothing where all is well."""

from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.checker import violations
from tests.chaos.history import HUB, Deadline, History, Notice, Receipt, Sent, Wait

WARD, CENTRE, KOMMUN = "urn:hsa:ward", "urn:hsa:centre", "urn:hsa:kommun"
SOURCE = {"ehr": WARD, "centre": CENTRE, "kommun": KOMMUN}
LATE = "inskrivning_sen  2026-03-02T08:00:00+00:00"

SKIPPED = {("ehr", 3): (2,), ("kommun", 4): (2, 3), ("centre", 5): (2, 3)}
"""(system, sequence) → the numbers before it that the system does not get."""


def well(cases=2):
    """Admissions that two others are told and acknowledge, with a passed deadline, and repeats here and there."""
    history = History()
    for number in range(cases):
        case, ref = f"c-{number}", f"ref:{number}"
        acts = [
            ("ehr", f"m-{number}", ref, 1),
            ("centre", f"k-{number}", case, 4),
            ("kommun", f"l-{number}", case, 5),
        ]
        for system, id_, subject, place in acts:
            others = tuple(one for one in SOURCE if one != system)
            act = Sent(system, SOURCE[system], id_, "kafka", subject, acknowledged=True, tells=others)
            receipt = Receipt(system, id_, "ok", case, place)
            history.sent += [act, act]
            history.receipts += [replace(receipt, code="transient-error"), receipt, replace(receipt, repeat=True)]
            told = [Notice(to, "webhook", f"out-{to}-{case}-{place}", act.source, id_, case, place) for to in others]
            history.notices += told
            if place == 1:
                late = f"out-ehr-{case}-3"
                history.notices.append(
                    Notice("ehr", "kafka", late, HUB, f"f-{number}", case, 3, skipped=(2,), deadline=LATE)
                )
                history.notices += [replace(one, replay=True) for one in told]
        history.deadlines.append(Deadline(case, "inskrivning_sen", ("ehr",)))
    for one in history.notices:
        one.skipped = SKIPPED.get((one.system, one.sequence), ())
    return history


def found(history):
    return {one.kind for one in violations(history)}


def test_the_checker_finds_nothing_where_all_is_well():
    assert violations(well()) == []


def test_a_history_that_was_kept_is_read_as_it_was(tmp_path):
    history = well()
    history.waits.append(Wait("dead", "kommun", "c-0", 9))
    history.notes.append("1.2 kill hub 0")
    history.write(tmp_path / "history.json")
    assert History.read(tmp_path / "history.json") == history


def drop(rows, wanted):
    rows[:] = [row for row in rows if not wanted(row)]


def at(system, place, case="c-0"):
    return lambda n: (n.system, n.case, n.sequence) == (system, case, place)


def lose_the_last_notice(history):
    drop(history.notices, at("ehr", 5))
    return {"lost"}


def lose_a_notice_from_between(history):
    drop(history.notices, at("ehr", 4))
    for one in history.sent:
        one.tells = ()
        one.may_tell = tuple(SOURCE)  # only the gap in the numbers shows it
    return {"lost"}


def lose_an_admission_that_was_acknowledged(history):
    drop(history.receipts, lambda r: r.message == "m-0")
    drop(history.notices, lambda n: n.case == "c-0")
    history.deadlines.clear()
    return {"no-receipt"}


def lose_a_receipt(history):
    drop(history.receipts, lambda r: r.message == "k-1")
    return {"no-receipt"}


def leave_a_message_held_without_an_entry(history):
    drop(history.receipts, lambda r: r.message == "k-1" and r.code == "ok")
    return {"no-receipt"}


def decide_an_admission_twice(history):
    first = next(n for n in history.notices if n.message == "m-0" and n.system == "kommun")
    history.notices.append(replace(first, case="c-9", id="out-other"))
    return {"twice"}


def open_two_cases_for_one_reference(history):
    act = next(s for s in history.sent if s.id == "m-1")
    act.subject = "ref:0"
    return {"twice"}


def give_two_messages_one_number(history):
    for n in history.notices:
        if n.message == "k-0":
            n.sequence = 5
    return {"twice"}


def answer_twice_with_two_cases(history):
    history.receipts.append(Receipt("ehr", "m-0", "ok", "c-9", 1))
    return {"two-answers"}


def refuse_what_was_accepted(history):
    history.receipts.append(Receipt("centre", "k-0", "fatal-error", rule="C-1"))
    return {"two-answers"}


def tell_others_of_what_was_refused(history):
    drop(history.receipts, lambda r: r.message == "k-0")
    history.receipts.append(Receipt("centre", "k-0", "fatal-error", rule="C-1"))
    return {"two-answers"}


def refuse_what_the_rules_accept(history):
    drop(history.receipts, lambda r: r.message == "l-0")
    drop(history.notices, lambda n: n.message == "l-0")
    history.receipts.append(Receipt("kommun", "l-0", "fatal-error", rule="C-1"))
    next(s for s in history.sent if s.id == "l-0").right = True
    return {"refused"}


def give_a_repeat_another_id(history):
    first = next(n for n in history.notices if n.system == "kommun")
    history.notices.append(replace(first, id="out-other"))
    return {"two-ids"}


def give_two_notices_one_id(history):
    one, other = (n for n in history.notices if n.system == "kommun" and n.sequence == 1 and not n.replay)
    other.id = one.id
    return {"two-ids"}


def give_a_repeat_another_number_in_its_subscription(history):
    first = next(n for n in history.notices if n.system == "kommun")
    first.event = "subscription-1/1"
    history.notices.append(replace(first, event="subscription-1/2"))
    return {"two-ids"}


def give_two_notices_one_number_in_their_subscription(history):
    for n in history.notices:
        if n.system == "kommun" and n.sequence == 1:
            n.event = "subscription-1/1"
    return {"two-ids"}


def keep_an_event_that_a_subscription_counts(history):
    history.waits += [Wait("paused", "kommun"), Wait("unread", "kommun", message="event 7 of subscription-1")]
    return {"lost"}


def say_something_else_in_a_repeat(history):
    first = next(n for n in history.notices if n.system == "kommun")
    history.notices.append(replace(first, content="other"))
    return {"changed"}


def send_a_later_number_first(history):
    history.notices.reverse()
    return {"out-of-order"}


def leave_a_notice_waiting(history):
    history.waits.append(Wait("waiting", "kommun", "c-0", 4))
    return {"unexplained"}


def forget_a_deadline(history):
    drop(history.notices, at("ehr", 3))
    for one in history.notices:
        one.skipped = (2, 3) if one.sequence > 3 else one.skipped
    return {"deadline"}


def tell_a_deadline_twice(history):
    first = next(n for n in history.notices if n.deadline and n.case == "c-0")
    history.notices.append(replace(first, sequence=6, id="out-6", message="f-other"))
    return {"deadline"}


def tell_one_whom_it_does_not_concern(history):
    first = next(n for n in history.notices if n.message == "k-0" and n.system == "ehr")
    history.notices.append(replace(first, system="centre"))
    return {"misdirected"}


def tell_of_what_nobody_sent(history):
    first = next(n for n in history.notices if n.system == "kommun")
    history.notices.append(replace(first, message="m-9", sequence=8, id="out-8", skipped=(2, 3, 6, 7)))
    return {"misdirected"}


def send_a_receipt_to_another(history):
    history.receipts.append(Receipt("kommun", "k-0", "ok", "c-0", 4))
    return {"misdirected"}


HARMS = [
    lose_the_last_notice,
    lose_a_notice_from_between,
    lose_an_admission_that_was_acknowledged,
    lose_a_receipt,
    leave_a_message_held_without_an_entry,
    decide_an_admission_twice,
    open_two_cases_for_one_reference,
    give_two_messages_one_number,
    answer_twice_with_two_cases,
    refuse_what_was_accepted,
    tell_others_of_what_was_refused,
    refuse_what_the_rules_accept,
    give_a_repeat_another_id,
    give_two_notices_one_id,
    give_a_repeat_another_number_in_its_subscription,
    give_two_notices_one_number_in_their_subscription,
    keep_an_event_that_a_subscription_counts,
    say_something_else_in_a_repeat,
    send_a_later_number_first,
    leave_a_notice_waiting,
    forget_a_deadline,
    tell_a_deadline_twice,
    tell_one_whom_it_does_not_concern,
    tell_of_what_nobody_sent,
    send_a_receipt_to_another,
]


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_the_checker_finds_each_harm(harm):
    history = deepcopy(well())
    expected = harm(history)
    assert expected <= found(history)


def dead_letter(history):
    drop(history.notices, lambda n: n.system == "kommun" and n.case == "c-0" and n.sequence >= 4)
    history.waits += [Wait("dead", "kommun", "c-0", 4), Wait("waiting", "kommun", "c-0", 5)]


def dead_receipt(history):
    drop(history.receipts, lambda r: r.message == "l-0")
    history.waits.append(Wait("dead", "kommun", source=KOMMUN, message="l-0"))


def held_message(history):
    drop(history.receipts, lambda r: r.message == "l-0" and r.code == "ok")
    drop(history.notices, lambda n: n.message == "l-0")
    history.waits.append(Wait("held", "kommun", source=KOMMUN, message="l-0"))


def paused_system(history):
    drop(history.notices, lambda n: n.system == "kommun" and n.sequence > 1)
    history.waits += [
        Wait("paused", "kommun"),
        Wait("waiting", "kommun", "c-0", 4),
        Wait("waiting", "kommun", "c-1", 4),
    ]


def skipped_notice(history):
    drop(history.notices, at("ehr", 4))
    history.waits.append(Wait("skipped", "ehr", "c-0", 4))


def told_later(history):
    early = next(n for n in history.notices if n.message == "m-0" and n.system == "kommun")
    history.notices.append(replace(early, sequence=2, source=HUB, message="h-2", id="out-2"))


def another_content_under_the_id(history):
    history.sent.append(replace(history.sent[0], content="other"))
    history.receipts.append(Receipt("ehr", "m-0", "fatal-error", rule="id-reused"))


@pytest.mark.parametrize(
    "explained",
    [dead_letter, dead_receipt, held_message, paused_system, skipped_notice, told_later, another_content_under_the_id],
    ids=lambda one: one.__name__,
)
def test_what_operations_sees_or_the_hub_has_said_explains_what_is_missing(explained):
    history = deepcopy(well())
    explained(history)
    assert violations(history) == []


@given(st.integers(1, 4), st.data())
def test_repeats_never_matter_and_any_single_loss_is_found(cases, data):
    """Of each notice the first occurrence counts, and there is no notice that may be lost."""
    history = well(cases)
    again = data.draw(st.lists(st.sampled_from(history.notices), max_size=5))
    history.notices += again
    assert violations(history) == []
    gone = data.draw(st.sampled_from(history.notices))
    drop(history.notices, at(gone.system, gone.sequence, gone.case))
    assert found(history)


@given(st.data())
def test_two_numbers_of_a_case_that_change_places_at_a_receiver_are_found(data):
    history = well()
    first = [n for n in history.notices if not n.replay]
    history.notices = first
    one, other = data.draw(
        st.sampled_from(
            [
                (a, b)
                for a in first
                for b in first
                if (a.system, a.case) == (b.system, b.case) and a.sequence < b.sequence
            ]
        )
    )
    here, there = first.index(one), first.index(other)
    first[here], first[there] = other, one
    assert "out-of-order" in found(history)
