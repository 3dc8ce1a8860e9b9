"""What a notice that waits stands behind, however many wait in its case."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from hub.store.why_waiting import Obstacles, Pause, Why, firsts_of, of_row


class Read(dict):
    """A row that counts how often something of it is read."""

    reads: ClassVar[Counter] = Counter()

    def __getitem__(self, name):
        self.reads["all"] += 1
        return super().__getitem__(name)


def row(sequence, state="waiting", system="centre", case="a", kind="notice", answer=None):
    return Read(
        id=sequence, kind=kind, system=system, case_id=case, sequence=sequence, state=state, answer=answer, attempts=0
    )  # fmt: skip


def behind(one, rows):
    return of_row(one, firsts_of(rows), Obstacles()).en


def test_it_stands_behind_the_first_that_is_dead_else_behind_the_first_that_waits_of_its_case_and_system():
    rows = [
        row(4),
        row(3, "dead", answer="http:422"),
        row(2),
        row(1, "sent"),
        row(5, system="kommun"),
        row(6, case="b"),
    ]
    assert behind(row(7), rows) == "behind #3 of its case, which is dead: http:422"
    assert behind(row(3), rows) == "behind #2 of its case, which waits"
    for first in (row(2), row(7, case="b", system="kommun"), row(5, system="kommun"), row(7, kind="receipt")):
        assert behind(first, rows) == "not tried yet"


def test_why_each_of_very_many_waits_is_said_by_looking_at_each_a_few_times():
    reads = []
    for number in (100, 200):
        rows = [row(sequence) for sequence in range(number)]
        Read.reads.clear()
        firsts = firsts_of(rows)
        for one in rows:
            of_row(one, firsts, Obstacles())
        reads.append(Read.reads["all"])
    assert reads[1] < 2.5 * reads[0]


def test_a_spared_system_is_tried_next_when_its_breaker_lets_a_probe_pass_and_not_before():
    due, probe = datetime(2026, 11, 27, 15, 41, 21, tzinfo=UTC), datetime(2026, 11, 27, 15, 42, 41, tzinfo=UTC)
    tried = row(1, answer="http:503") | {"attempts": 2, "due_at": due}
    spared = Obstacles(breakers={"centre": Why("systemet skonas", "the breaker is open", probe)})
    paused = Obstacles(pauses={"centre": Pause(due, "anna", "byter server")})
    assert of_row(tried, {}, Obstacles()).next_try == due
    assert "next try 2026-11-27 16:41:21 CET" in of_row(tried, {}, Obstacles()).en
    said = of_row(tried, {}, spared)
    assert said.next_try == probe and "next try" not in said.en and "nästa försök" not in said.sv
    later = tried | {"due_at": probe + timedelta(minutes=5)}
    assert of_row(later, {}, spared).next_try == later["due_at"]
    assert of_row(tried, {}, paused).next_try is None
    assert of_row(row(1), {}, Obstacles()).next_try is None
