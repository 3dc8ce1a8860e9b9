"""Writes this process's figures down, and reads what they amount to: shares, quantiles, rates. Imports the store and the tally."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from hub import clock
from hub.store import figures
from hub.store.transaction import Store
from hub.tally import ALL, BOUNDS_S, TALLY, Tally, with_all

Span = Literal["24h", "14d"]
_STEPS: Final[dict[str, tuple[timedelta, int]]] = {
    "24h": (timedelta(hours=24), figures.MINUTE),
    "14d": (timedelta(days=14), figures.QUARTER),
}
SHOWN: Final = ("received", "refused", "held", "sent", "on_time", "failed")
_FAILED: Final = ("attempt/retry", "attempt/receiver", "attempt/dead", "attempt/gone")


class FiguresKeeper:
    """Adds this process's counts to the figures in the database, every few seconds; a process that dies loses those since then."""

    def __init__(
        self, store: Store, tally: Tally = TALLY, listens: Callable[[], Iterable[str]] = lambda: ("kafka", "http")
    ) -> None:
        """``listens``: the ways in on which this process would hear a system now."""
        self._store = store
        self._tally = tally
        self._listens = listens

    async def write(self) -> None:
        """Write what was counted since the last time. Raises ``Unavailable`` while the database is away; nothing is lost then."""
        counts, examples = self._tally.take()
        its = counts.setdefault(ALL, {})
        its |= {"up": 1} | {f"up/{way}": 1 for way in self._listens()}  # also where nothing came
        try:
            async with self._store.transaction() as connection:
                await figures.add(connection, with_all(counts), examples)
        except BaseException:
            self._tally.put_back(counts, examples)
            raise

    async def roll(self) -> None:
        """Make quarters of an hour of the minutes."""
        async with self._store.transaction() as connection:
            await figures.roll(connection)


@dataclass(frozen=True, slots=True)
class Delivered:
    """How much was delivered on time."""

    share: float | None
    """Of 1; None where nothing was to be delivered."""
    on_time: int
    sent: int
    late: int
    """Sent, but not on time."""
    overdue: int
    """What should have been delivered by now and is not: dead, or waiting where the oldest is late. It counts as late in ``share``."""


def delivered(counts: Mapping[str, int], overdue: int = 0) -> Delivered:
    """How much of what was sent, or should have been, was on time."""
    sent, on_time = counts.get("sent", 0), counts.get("on_time", 0)
    return Delivered(
        round(on_time / (sent + overdue), 5) if sent + overdue else None, on_time, sent, sent - on_time, overdue
    )


def counted_since(at: datetime, span: timedelta) -> datetime:
    """From when on the figures of so long before a moment are: the rest of the quarter of an hour in which that was is left out, since
    figures are kept by the quarter (``store.figures.sums``). The rows behind a figure are asked for from there on.
    """
    quarter = timedelta(minutes=figures.QUARTER)
    since = at - span
    floor = _floor(since, quarter)
    return floor if floor == since else floor + quarter


@dataclass(frozen=True, slots=True)
class Times:
    """Quantiles of a time, in seconds; None where nothing was measured. ``inf`` does not occur: the last bound is said instead."""

    p50: float | None
    p95: float | None
    p99: float | None


def times(counts: Mapping[str, int]) -> Times:
    """The quantiles of what was counted by ``tally.bucket``."""
    return Times(*(_quantile(counts, share) for share in (0.5, 0.95, 0.99)))


def _quantile(counts: Mapping[str, int], share: float) -> float | None:
    """Within a bucket the times are taken to lie evenly, as Prometheus does."""
    numbers = [counts.get(f"s/{bound}", 0) for bound in BOUNDS_S]
    total = sum(numbers) + counts.get("s/more", 0)
    if not total:
        return None
    wanted, below, lower = share * total, 0, 0.0
    for bound, number in zip(BOUNDS_S, numbers, strict=True):
        if number and below + number >= wanted:
            return round(lower + (bound - lower) * (wanted - below) / number, 4)
        below, lower = below + number, float(bound)
    return lower


def failed(counts: Mapping[str, int]) -> int:
    """Attempts that failed."""
    return sum(counts.get(name, 0) for name in _FAILED)


def under(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    """The counts whose name begins so, by the rest of it, the greatest first."""
    found = {name.removeprefix(prefix): count for name, count in counts.items() if name.startswith(prefix)}
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


@dataclass(frozen=True, slots=True)
class Rates:
    """Figures over time: one number for each step from ``start`` on, the last one of the step that is going on."""

    system: str | None
    """None: everything."""
    span: Span
    start: datetime
    step_s: int
    received: list[int]
    refused: list[int]
    held: list[int]
    sent: list[int]
    on_time: list[int]
    failed: list[int]
    """Attempts to send that failed."""
    up: list[bool]
    """Whether the hub was in operation; where it was not, nothing could come."""


async def rates(store: Store, system: str | None, span: Span) -> Rates:
    """The figures of a system, or of all, of the last day by minutes or of 14 days by quarters of an hour."""
    length, minutes = _STEPS[span]
    step = timedelta(minutes=minutes)
    now = clock.now()
    start = _floor(now, step) - length + step
    async with store.transaction() as connection:
        found = await figures.series(connection, system or ALL, minutes, start)
        of_all = found if system is None else await figures.series(connection, ALL, minutes, start)
    many = int(length / step)
    columns = {name: [0] * many for name in SHOWN}
    for at, counts in found:
        place = int((at - start) / step)
        if 0 <= place < many:
            for name, column in columns.items():
                column[place] += failed(counts) if name == "failed" else counts.get(name, 0)
    up = {int((at - start) / step) for at, _ in of_all}
    return Rates(system, span, start, int(step.total_seconds()), **columns, up=[place in up for place in range(many)])


def _floor(at: datetime, step: timedelta) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // step.total_seconds() * step.total_seconds(), at.tzinfo)
