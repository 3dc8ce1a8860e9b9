"""When deadlines pass, and which are left to tell (D-9). Pure; imports the case and the language only.

A moment so far off that no clock reaches it is None, and no deadline, rather than an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from hub.processes.engine.case import Case
from schemas.swedish_time import STOCKHOLM, end_of_day


@lru_cache(maxsize=4096)  # a batch is taken in at one moment
def hours_after(moment: str, hours: int) -> datetime | None:
    """Hours as they pass, whatever the clocks on the wall do on the nights when they change; in UTC."""
    try:
        return datetime.fromisoformat(moment).astimezone(UTC) + timedelta(hours=hours)
    except OverflowError:
        return None


@lru_cache(maxsize=4096)  # all cases have the same few days
def clock_time(day: str, days: int, at: time) -> datetime | None:
    """A wall-clock time in Sweden, some calendar days from a day, in UTC; the calendar has no hours to lose or gain."""
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=days), at, STOCKHOLM).astimezone(UTC)
    except OverflowError:
        return None


@lru_cache(maxsize=4096)
def end_of_days(day: str, days: int = 0) -> datetime | None:
    """The midnight in Sweden that ends a day, or the day some calendar days from it, in UTC."""
    try:
        return end_of_day(date.fromisoformat(day) + timedelta(days=days))
    except OverflowError:
        return None


def untold(case: Case, found: Mapping[str, datetime | None]) -> dict[str, datetime]:
    """The deadlines that are left to tell: one that was told with the same time is left out, and one whose time has changed comes
    again.
    """
    fired = case.fired
    return {
        key: due
        for key, due in found.items()
        if due is not None and not (key in fired and fired[key] == due.isoformat())
    }
