"""Working days in Sweden (sip-messages.md §6). Imports the language and the calendar of public holidays only; no I/O."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

from schemas.swedish_time import end_of_day, local_day

if TYPE_CHECKING:
    from holidays import HolidayBase

_SATURDAY = 5


def is_working_day(day: date) -> bool:
    """Every day but Saturdays, Sundays, public holidays, Midsummer's Eve, Christmas Eve and New Year's Eve (§6†)."""
    return day.weekday() < _SATURDAY and day not in _holidays()


@lru_cache(maxsize=4096)
def is_red_day(day: date) -> bool:
    """A public holiday or one of the three eves, on whatever weekday it falls; an ordinary Sunday is none."""
    return day in _holidays()


@lru_cache(maxsize=4096)  # all cases have the same few days
def nth_working_day(after: date, n: int) -> date:
    """The n-th working day after a day, which is day 0 whether it is a working day or not. Raises ``ValueError`` for n < 1."""
    if n < 1:
        raise ValueError("the first working day after a day is number 1")
    working = (day for days in count(1) if is_working_day(day := after + timedelta(days)))
    return next(day for number, day in enumerate(working, 1) if number == n)


def end_of_working_day(act: datetime, n: int) -> datetime:
    """The end, in UTC, of the n-th working day after the Swedish day of an act. Raises ``ValueError`` for n < 1."""
    return end_of_day(nth_working_day(local_day(act), n))


@lru_cache(maxsize=1)
def _holidays() -> HolidayBase:
    """The public holidays (lag 1989:253), and what the Annual Leave Act puts on a par with Sundays: the three eves."""
    from holidays import DE_FACTO, PUBLIC, country_holidays

    return country_holidays("SE", categories=(PUBLIC, DE_FACTO))
