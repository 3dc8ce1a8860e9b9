"""Which rows of the outbox ended well, of all that happened to them. Pure; imports the entries only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.operations.timeline.entry import BAD, GOOD, TimelineEntry

_ANSWERS: Final = frozenset({"ok", "none", "cached", "listed", "listed_in_another_region", "verified", "unchanged"})
"""The outcomes of a question to the registers, and of the hub's own message to a case, that are well."""


def well(entries: Iterable[TimelineEntry]) -> frozenset[int]:
    """The rows that ended well, by all entries in order: what waits, died, was given up, was late or was answered with less than was asked
    has not, whatever was told of it before, or is said to have happened after.
    """
    last: dict[int, str] = {}
    harmed = set()
    for one in entries:
        if one.row is not None:
            last[one.row] = one.kind
            if one.kind in BAD | {"waits"} or _ended_badly(one):
                harmed.add(one.row)
    return frozenset(row for row, kind in last.items() if kind in GOOD and row not in harmed)


def _ended_badly(one: TimelineEntry) -> bool:
    """A question without an answer, or with one that leaves the case to somebody; a message of the hub's own that was refused; what was
    sent late.
    """
    return one.outcome not in _ANSWERS and (one.kind == "answered" or (one.kind == "sent" and one.outcome is not None))
