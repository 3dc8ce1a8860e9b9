"""Draws a timeline: a lane for each party, time from left to right, the law's deadlines as bars on the same axis. Pure; imports only how
times are shown.

Moments come in bursts with days between them. The axis keeps their order, and gives a long pause more room than a short one, but not as
much more as it is longer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import log1p
from typing import Any, Final

from hub.web.shown import swedish

LANE: Final = 46
"""Pixels of a lane's height, as all the numbers here."""
TOP: Final = 34
LEFT: Final = 150
"""Where time begins; before it are the lanes' names."""
WIDE: Final = 980
"""A short time is drawn out to this width."""
_RIGHT: Final = 70
_CLOSE: Final = 11
"""Between two that follow each other at once."""
_STEP: Final = 12
_LONGEST: Final = 110
_APART: Final = 84
"""Between the times written on the axis."""
_AT_ONCE: Final = timedelta(milliseconds=250)
_OPEN: Final = frozenset({"open", "passed"})


@dataclass(frozen=True, slots=True)
class DrawnMark:
    """One thing that happened."""

    x: float
    y: float
    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A deadline: from when it was set until it is due, or was met."""

    x: float
    y: float
    width: float
    state: str
    due_x: float
    name: str
    label_x: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """What goes from a party to the hub, or from the hub to a party."""

    x: float
    from_y: float
    to_y: float

    @property
    def head(self) -> str:
        """The corners of its head."""
        back = 6 if self.from_y > self.to_y else -6
        tip = self.to_y + back
        return f"{self.x},{tip} {self.x - 3.5},{tip + back} {self.x + 3.5},{tip + back}"


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where everything stands."""

    width: float
    height: float
    lanes: Sequence[tuple[str, float]]
    """(name, y)."""
    ticks: Sequence[tuple[float, datetime]]
    marks: Sequence[DrawnMark]
    bars: Sequence[Bar]
    arrows: Sequence[Arrow]


def in_runs(entries: Sequence[Mapping[str, Any]], well: Collection[int]) -> list[tuple[bool, list[Mapping[str, Any]]]]:
    """What happened in order, in runs: (whether to fold it, its entries). Folded is what follows each other of the rows that ended well
    (``well``); what waits, is held, died, was late, was missed or refused stands alone, and so does what was told.
    """
    runs: list[tuple[bool, list[Mapping[str, Any]]]] = []
    for folds, found in groupby(entries, lambda one: one["row"] in well):
        run = list(found)
        runs.append((folds and len(run) > 1, run))
    return runs


def drawn(timeline: Mapping[str, Any], language: str) -> Drawing:
    """The drawing of a page of a timeline of the operations API."""
    entries = [one for one in timeline["entries"] if one["lane"] != "law"]
    deadlines = [one for clock in timeline["clocks"] for one in clock["deadlines"]]
    if entries:
        first = swedish(entries[0]["at"])
        deadlines = [one for one in deadlines if swedish(one["due"]) >= first]
    xs, place = _axis(entries, deadlines)
    standing = {one["lane"] for one in entries} | {_sender(one) for one in entries if one["kind"] == "received"}
    lanes = [one for one in timeline["lanes"] if one["id"] in standing]
    ys = {one["id"]: TOP + LANE * (number + 0.5) for number, one in enumerate(lanes)}
    below = TOP + LANE * len(lanes) + 14
    named = [(one[language], ys[one["id"]]) for one in lanes]
    if deadlines:
        named.append((next((one[language] for one in timeline["lanes"] if one["id"] == "law"), ""), below))
    marks = [DrawnMark(x, ys[one["lane"]], one["went"], one[language]) for one, x in zip(entries, xs, strict=True)]
    width = max([*xs, *place.values(), 0.0]) + _RIGHT
    bars = [_bar(one, place, below - 4 + 26 * number) for number, one in enumerate(deadlines)]
    height = below + 26 * len(deadlines) + 4 if deadlines else TOP + LANE * len(lanes) + 8
    return Drawing(width, height, named, _ticks(place), marks, bars, list(_arrows(entries, xs, ys)))


def _axis(
    entries: Sequence[Mapping[str, Any]], deadlines: Sequence[Mapping[str, Any]]
) -> tuple[list[float], dict[datetime, float]]:
    """(the place of each entry, moment → its place)."""
    moments = [(swedish(one["at"]), number) for number, one in enumerate(entries)]
    first = min((moment for moment, _ in moments), default=None)
    for one in deadlines:
        for name in ("set_at", "due", "ended_at"):
            if one.get(name):
                moment = swedish(one[name])
                moments.append((moment if first is None else max(moment, first), len(entries)))
    moments.sort()
    xs, place, x = [0.0] * len(entries), dict[datetime, float](), 0.0
    before: datetime | None = None
    for moment, number in moments:
        pause = timedelta() if before is None else moment - before
        if pause >= _AT_ONCE:
            x += min(_LONGEST, _STEP + 6.0 * log1p(pause.total_seconds()))
        elif number < len(entries) and before is not None:
            x += _CLOSE
        place.setdefault(moment, x)
        if number < len(entries):
            xs[number] = x
        before = moment
    room = WIDE - LEFT - _RIGHT
    stretch = min(4.0, room / x) if 0 < x < room else 1.0
    return [_put(one, stretch) for one in xs], {moment: _put(one, stretch) for moment, one in place.items()}


def _put(x: float, stretch: float) -> float:
    return round(LEFT + 12 + x * stretch, 1)


def _ticks(place: Mapping[datetime, float]) -> list[tuple[float, datetime]]:
    found: list[tuple[float, datetime]] = []
    for moment, x in place.items():
        if not found or x - found[-1][0] >= _APART:
            found.append((x, moment))
    return found


def _bar(one: Mapping[str, Any], place: Mapping[datetime, float], y: float) -> Bar:
    first = next(iter(place))
    begins, due = (place[max(swedish(one[name]), first)] for name in ("set_at", "due"))
    ends = place[max(swedish(one["ended_at"]), first)] if one.get("ended_at") and one["state"] not in _OPEN else due
    left, right = min(begins, ends), max(begins, ends)
    return Bar(left, y, max(2.0, right - left), one["state"], due, one["name"], left)


def _sender(one: Mapping[str, Any]) -> str:
    """The lane from which a message came."""
    return "hub" if one.get("system") in {None, "hub"} else f"system:{one['system']}"


def _arrows(entries: Sequence[Mapping[str, Any]], xs: Sequence[float], ys: Mapping[str, float]) -> Iterable[Arrow]:
    for one, x in zip(entries, xs, strict=True):
        lane = _sender(one) if one["kind"] == "received" else one["lane"]
        if one["kind"] in {"sent", "tried", "received", "dead"} and "hub" in ys and lane != "hub" and lane in ys:
            ends = (ys[lane], ys["hub"]) if one["kind"] == "received" else (ys["hub"], ys[lane])
            yield Arrow(x, *ends)
