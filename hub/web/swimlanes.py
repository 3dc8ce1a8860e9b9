"""Draws a timeline: a lane for each party, time from left to right, the law's deadlines as bars on the same axis. Pure; imports only how
times are shown.

Moments come in bursts with days between them. The axis keeps their order, and gives a long pause more room than a short one, but not as
much more as it is longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import log1p
from typing import Any, Final

from hub.web.shown import swedish

LANE: Final = 52
"""Pixels of a lane's height, as all the numbers here."""
TOP: Final = 34
LEFT: Final = 20
_RIGHT: Final = 60
_STEP: Final = 13
_MOST: Final = 90
_APART: Final = 76
"""Between the times written on the axis."""
_TOGETHER: Final = timedelta(milliseconds=250)
"""What happens so soon after another stands at the same place."""
GOOD: Final = frozenset(
    {"sent", "fetched", "acknowledged", "read", "kvittens", "met", "answered", "addressed", "verified"}
)
BAD: Final = frozenset({"dead", "missed", "skipped"})
SLOW: Final = frozenset({"held", "tried", "waits", "due"})
_OPEN: Final = frozenset({"open", "passed"})


@dataclass(frozen=True, slots=True)
class Mark:
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
    said: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A notice on its way from the hub to a party."""

    x: float
    from_y: float
    to_y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where everything stands."""

    width: float
    height: float
    lanes: Sequence[tuple[str, float]]
    """(name, y)."""
    ticks: Sequence[tuple[float, datetime]]
    marks: Sequence[Mark]
    bars: Sequence[Bar]
    arrows: Sequence[Arrow]


def colour_of(kind: str, outcome: str | None = None) -> str:
    """How it went: ``good``, ``bad``, ``slow`` or ``plain``."""
    if kind == "decided":
        return "bad" if outcome == "refused" else "slow" if outcome == "held" else "good"
    return "good" if kind in GOOD else "bad" if kind in BAD else "slow" if kind in SLOW else "plain"


def drawn(timeline: Mapping[str, Any], language: str) -> Drawing:
    """The drawing of a timeline of the operations API."""
    entries = [one for one in timeline["entries"] if one["lane"] != "law"]
    deadlines = [one for clock in timeline["clocks"] for one in clock["deadlines"]]
    place = _axis([*(one["at"] for one in entries), *_moments(deadlines)])
    lanes = [one for one in timeline["lanes"] if one["id"] != "law"]
    ys = {one["id"]: TOP + LANE * (number + 0.62) for number, one in enumerate(lanes)}
    below = TOP + LANE * len(lanes) + 26
    named = [(one[language], ys[one["id"]]) for one in lanes]
    if deadlines:
        law = [one for one in timeline["lanes"] if one["id"] == "law"]
        named.append((law[0][language] if law else "", below))
    marks = [
        Mark(
            place[swedish(one["at"])],
            ys[one["lane"]],
            colour_of(one["kind"], one.get("outcome")),
            one[language],
        )
        for one in entries
    ]
    bars = [_bar(one, place, below + 8 + 18 * number) for number, one in enumerate(deadlines)]
    height = below + 18 * len(deadlines) + 16 if deadlines else TOP + LANE * len(lanes) + 8
    width = max(place.values(), default=0.0) + _RIGHT
    return Drawing(width, height, named, _ticks(place), _spread(marks), bars, list(_arrows(entries, place, ys)))


def _moments(deadlines: Iterable[Mapping[str, Any]]) -> list[str]:
    return [one[name] for one in deadlines for name in ("set_at", "due", "ended_at") if one.get(name)]


def _axis(written: Iterable[str]) -> dict[datetime, float]:
    """Moment → its place."""
    moments = sorted({swedish(one) for one in written})
    place = {moments[0]: float(LEFT)} if moments else {}
    for before, after in pairwise(moments):
        pause = after - before
        step = 0.0 if pause < _TOGETHER else min(_MOST, _STEP + 6.0 * log1p(pause.total_seconds()))
        place[after] = round(place[before] + step, 1)
    return place


def _ticks(place: Mapping[datetime, float]) -> list[tuple[float, datetime]]:
    found: list[tuple[float, datetime]] = []
    for moment, x in place.items():
        if not found or x - found[-1][0] >= _APART:
            found.append((x, moment))
    return found


def _bar(one: Mapping[str, Any], place: Mapping[datetime, float], y: float) -> Bar:
    begins, due = place[swedish(one["set_at"])], place[swedish(one["due"])]
    ends = place[swedish(one["ended_at"])] if one.get("ended_at") and one["state"] not in _OPEN else due
    return Bar(min(begins, ends), y, max(2.0, abs(ends - begins)), one["state"], due, one["name"])


def _spread(marks: Iterable[Mark]) -> list[Mark]:
    """What happened at the same place stands a little apart."""
    seen: dict[tuple[float, float], int] = {}
    found = []
    for one in marks:
        number = seen.get((one.x, one.y), 0)
        seen[one.x, one.y] = number + 1
        found.append(Mark(one.x + 4 * number, one.y, one.kind, one.said) if number < 4 else one)
    return found


def _arrows(
    entries: Iterable[Mapping[str, Any]], place: Mapping[datetime, float], ys: Mapping[str, float]
) -> Iterable[Arrow]:
    for one in entries:
        if one["kind"] in {"sent", "tried", "received"} and "hub" in ys and one["lane"] != "hub":
            x = place[swedish(one["at"])]
            ends = (ys[one["lane"]], ys["hub"]) if one["kind"] == "received" else (ys["hub"], ys[one["lane"]])
            yield Arrow(x, *ends)
