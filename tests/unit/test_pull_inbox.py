"""What a receiver says of the notices that it fetched: taken, read, refused, in any order and any number of times (delivery.md §3)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.delivery import acks
from hub.delivery.acks import Ack
from hub.store.in_hand import Given
from schemas.directory import Directory
from tests.stack import content

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def row(state="waiting", *, was_given=True, id_=4, name=4):
    return Given(id_, name, state, None, NOW, was_given)


@pytest.mark.parametrize(
    ("state", "outcome", "status"),
    [
        ("waiting", "taken", None),
        ("waiting", "read", None),
        ("waiting", "refused", None),
        ("sent", "taken", None),
        ("sent", "read", None),
        ("sent", "refused", 409),
        ("dead", "refused", None),
        ("dead", "taken", 409),
        ("dead", "read", 409),
        ("skipped", "taken", 410),
        ("skipped", "refused", 410),
    ],
)
def test_each_thing_that_may_be_said_of_a_notice_in_each_state_is_taken_or_refused_by_its_status(
    state, outcome, status
):
    found = acks.judge([Ack("out-4", outcome)], {4: row(state)}, fetches=True)
    (fault,) = found.faults
    assert (None if fault is None else fault.status) == status
    assert bool(found.taken) == (state == "waiting" and outcome != "refused")
    assert bool(found.refused) == (state == "waiting" and outcome == "refused")


@pytest.mark.parametrize("id_", ["out-5", "out-", "4", "out-4x", "out-²", "out--4", "out-" + "9" * 40, "ut-4", ""])
def test_an_id_that_is_no_notice_of_the_system_is_unknown(id_):
    (fault,) = acks.judge([Ack(id_)], {4: row()}, fetches=True).faults
    assert fault.status == 404
    assert fault.sv and fault.en


def test_a_notice_that_was_never_fetched_cannot_be_acknowledged_but_one_in_a_call_can():
    (fault,) = acks.judge([Ack("out-4")], {4: row(was_given=False)}, fetches=True).faults
    assert (fault.rule, fault.status) == ("not-fetched", 409)
    assert acks.judge([Ack("out-4")], {4: row(was_given=False)}, fetches=False).faults == [None]


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3, 9]), st.sampled_from(["taken", "read", "refused"]))))
def test_said_twice_it_amounts_to_the_same_and_what_is_said_of_one_touches_no_other(said):
    rows = {number: row(id_=number, name=number) for number in (1, 2, 3)}
    one = [Ack(f"out-{number}", outcome) for number, outcome in said]
    found = acks.judge(one, rows, fetches=True)
    ended = [each.id for each in found.taken] + [each.id for each, _ in found.refused]
    assert len(ended) == len(set(ended)), "a row is marked once"
    assert set(ended) == {number for number, _ in said if number in rows}, "whatever is wrong with others"
    first = {}
    for number, outcome in said:
        first.setdefault(number, outcome)
    assert {each.id for each, _ in found.refused} == {n for n, o in first.items() if o == "refused" and n in rows}
    after = {
        number: row("dead" if number in {e.id for e, _ in found.refused} else "sent" if number in ended else "waiting",
                    id_=number, name=number)
        for number in rows
    }  # fmt: skip
    again = acks.judge(one, after, fetches=True)
    assert again.taken == [] and again.refused == []
    assert [fault is None for fault in again.faults] == [fault is None for fault in found.faults]


def test_a_system_that_fetches_needs_a_token():
    found = content()
    found["systems"][1]["out"] = {"way": "inbox"}
    ((_, fault),) = Directory.model_validate(found).faults()
    assert "system centre" in fault and "no token" in fault
