"""What a notice that waits stands behind, however many wait in its case."""

from collections import Counter
from typing import ClassVar

from hub.store.why_waiting import Obstacles, firsts_of, of_row


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
    assert behind(row(7), rows) == "behind row 3 (#3), which is dead: http:422"
    assert behind(row(3), rows) == "behind row 2 (#2), which waits"
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
