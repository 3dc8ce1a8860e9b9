"""A page of a timeline: so many of its entries and of its notices, and where the pages before begin. Pure; imports the whole timeline.

A case may have thousands of messages. A page of entries is named by the place of its first one in the order of all; a place is made of
what the entry says, so that what happens meanwhile moves no other entry to another page.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from datetime import datetime

from hub.operations.timeline.deadlines import CaseClock, Deadline
from hub.operations.timeline.entry import Place
from hub.operations.timeline.whole import Timeline


def of(found: Timeline, limit: int, before: str | None, notices_after: str | None) -> Timeline:
    """The newest ``limit`` entries, or those before the page that ``before`` names; and so many notices, from the beginning or after the
    one that ``notices_after`` names. The clocks keep the deadlines that ran in the time of the page.
    """
    places = [one.place(found.now) for one in found.entries]
    end = len(places) if before is None else bisect_left(places, _read(before))
    start = max(0, end - limit)
    while start > 0 and places[start] == places[start - 1]:  # what cannot be told apart stays together
        start -= 1
    entries = found.entries[start:end]
    notices = [one for one in found.notices if notices_after is None or one.place > _read(notices_after)]
    since = entries[0].at if start and entries else None
    until = entries[-1].at if end < len(places) and entries else None
    return replace(
        found,
        entries=entries,
        clocks=[_within(clock, since, until) for clock in found.clocks],
        notices=notices[:limit],
        well=found.well & {one.row for one in entries if one.row is not None},
        next=_written(places[start]) if start else None,
        notices_next=_written(notices[limit - 1].place) if len(notices) > limit else None,
    )


def _within(clock: CaseClock, since: datetime | None, until: datetime | None) -> CaseClock:
    return replace(clock, deadlines=[one for one in clock.deadlines if _ran(one, since, until)])


def _ran(one: Deadline, since: datetime | None, until: datetime | None) -> bool:
    last = max(one.due, one.ended_at or one.due, one.told_at or one.due)
    return (since is None or last >= since) and (until is None or min(one.set_at, one.due) <= until)


def _written(one: Place) -> str:
    return ".".join(map(str, one))


def _read(text: str) -> Place:
    return tuple(map(int, text.split(".")))
