"""What a system usually sends in an hour of a weekday, and whether what it sends now is so much less that it has fallen silent. Pure: no
clock, no database; imports the working days only.

**Learnt**: from the system's own last eight weeks, each hour of each weekday by itself, red days and eves as a class of their own. An
hour in which the hub did not listen counts neither as heard nor as usual. Of five weeks or more the busiest day and the quietest
are left out, so that an outage or a catching up teaches nothing. Under three weeks a system is judged by nothing.

**Silent** is a system of which, in the shortest time up to now in which enough was to be expected, a third or less was heard, and that
would come by chance less than once in a hundred thousand times even if only half of the usual were to be expected, as in the days
between Christmas and New Year. For what is heard, ``k``, of that half, ``m``, Chernoff's bound of the Poisson law says at most
``exp(-(m - k + k·ln(k/m)))``; the exponent is divided by how much more than Poisson the system's weeks differ. So a system with a
hundred messages an hour is silent after an hour, one with five a day after some days, and one with one a week never.

**Heard again** it is when two thirds of what is expected came: between a third and two thirds nothing changes, so nothing flaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log
from statistics import median
from typing import Final

from schemas.working_days import is_red_day

WEEKS: Final = 8
LEAST_WEEKS: Final = 3
"""Fewer weeks teach nothing of an hour."""
LOOKED_BACK: Final = timedelta(days=14)
"""The longest time in which enough is to be expected."""
_RED: Final = 7
_SUNDAY: Final = 6
_MANY: Final = 5
"""Of so many days of a kind the busiest and the quietest are left out."""
_LISTENED: Final = 54
"""Minutes of an hour in which the hub must have listened for the hour to teach something."""
_LESS: Final = 1 / 3
_ENOUGH: Final = 2 / 3
_CHANCE: Final = 11.5
"""-ln of the chance by which a system that sends half of what is usual is called silent: one in a hundred thousand."""
_STILL_USUAL: Final = 0.5
_START_MINUTES: Final = 60
"""The shortest time in which a system falls silent, however much it sends: a restart is no silence."""
_END_MINUTES: Final = 30
_END_EXPECTED: Final = 5.0


@dataclass(frozen=True, slots=True)
class HeardDay:
    """One Swedish day of a system."""

    day: date
    heard: Sequence[int]
    """Messages in each of its 24 hours."""
    minutes: Sequence[int]
    """In how many minutes of each hour the hub listened: 60, fewer where it was down, 0 in the hour that summer time leaves out, 120 in
    the one that comes twice.
    """


@dataclass(frozen=True, slots=True)
class Usual:
    """What a system usually sends: messages an hour, by class of day (Monday 0 … Sunday 6, red 7) and hour; None where too little is
    known.
    """

    rates: tuple[tuple[float | None, ...], ...]
    spread: float
    """How much more its weeks differ than by the Poisson law; 1 or more."""

    def of_day(self, day: date) -> Sequence[float]:
        """How much is to be expected in each hour of a day; 0 where too little is known. On a red day the least of what a Sunday, that
        weekday and earlier red days have: few red days teach little, and a false alarm at Christmas helps nobody.
        """
        ordinary = self.rates[day.weekday()]
        if not is_red_day(day):
            return [rate or 0.0 for rate in ordinary]
        others = (ordinary, self.rates[_SUNDAY], self.rates[_RED])
        return [
            min(rate for rates in others if (rate := rates[hour]) is not None) if ordinary[hour] is not None else 0.0
            for hour in range(24)
        ]


def learn(days: Iterable[HeardDay]) -> Usual:
    """What is usual, from the days of some weeks."""
    by_kind: list[list[HeardDay]] = [[] for _ in range(8)]
    for one in days:
        by_kind[_RED if is_red_day(one.day) else one.day.weekday()].append(one)
    rates: list[tuple[float | None, ...]] = []
    spreads = []
    for its in by_kind:
        by_busyness = sorted(its, key=_busy)
        counts = [_counts(by_busyness, hour) for hour in range(24)]
        rates.append(tuple(sum(one) / len(one) if one else None for one in counts))
        spreads += [_spread(one) for one in counts if one and sum(one) >= len(one)]
    return Usual(tuple(rates), max(1.0, median(spreads) if spreads else 1.0))


def _counts(days: Sequence[HeardDay], hour: int) -> list[float]:
    """What was heard in an hour of each of these days, which stand from the quietest to the busiest; nothing where the hub listened on too
    few of them.
    """
    listened = [one for one in days if one.minutes[hour] >= _LISTENED]
    if len(listened) < LEAST_WEEKS:
        return []
    kept = listened[1:-1] if len(listened) >= _MANY else listened
    return [one.heard[hour] * 60 / one.minutes[hour] for one in kept]


def _busy(day: HeardDay) -> float:
    return sum(day.heard) / max(1, sum(day.minutes))


def _spread(counts: Sequence[float]) -> float:
    """The variance over the mean: 1 by the Poisson law."""
    mean = sum(counts) / len(counts)
    return sum((count - mean) ** 2 for count in counts) / mean / (len(counts) - 1)


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour, or what has passed of the present one."""

    expected: float
    heard: int
    minutes: int
    """In how many of its minutes the hub listened."""


@dataclass(frozen=True, slots=True)
class Back:
    """The hours of some days, the newest first, made as they are asked for, since a few tell enough of most systems. Those in which the
    hub did not listen, and those to come, are left out.
    """

    usual: Usual
    days: Sequence[HeardDay]
    """The newest last."""

    def __iter__(self) -> Iterator[Hour]:
        for one in reversed(self.days):
            rates = self.usual.of_day(one.day)
            for hour in range(23, -1, -1):
                if minutes := one.minutes[hour]:
                    yield Hour(rates[hour] * minutes / 60, one.heard[hour], minutes)


@dataclass(frozen=True, slots=True)
class Less:
    """In how much time how much less was heard than is usual."""

    minutes: int
    """Those in which the hub listened."""
    expected: float
    heard: int


def less_than_usual(back: Iterable[Hour], spread: float) -> Less | None:
    """Whether a system has fallen silent. ``back``: its hours, the newest first, which are gone through twice. One that sends again is not
    silent, though it was.
    """
    if is_heard_again(back):
        return None
    expected, heard, minutes = 0.0, 0, 0
    for hour in back:
        expected, heard, minutes = expected + hour.expected, heard + hour.heard, minutes + hour.minutes
        if minutes < _START_MINUTES or _STILL_USUAL * expected < _CHANCE:
            continue
        if heard > _LESS * expected:
            return None
        if _unlikely(heard, _STILL_USUAL * expected) / spread > _CHANCE:
            return Less(minutes, expected, heard)
    return None


def _unlikely(heard: int, expected: float) -> float:
    """-ln of the most that the chance can be to hear so little (Chernoff)."""
    if expected <= heard:
        return 0.0
    return expected - heard + (heard * log(heard / expected) if heard else 0.0)


def is_heard_again(back: Iterable[Hour]) -> bool:
    """Whether a system that was silent sends again. ``back``: its hours, the newest first."""
    expected, heard, minutes = 0.0, 0, 0
    for hour in back:
        expected, heard, minutes = expected + hour.expected, heard + hour.heard, minutes + hour.minutes
        if minutes >= _END_MINUTES and expected >= _END_EXPECTED:
            return heard >= _ENOUGH * expected
    return False
