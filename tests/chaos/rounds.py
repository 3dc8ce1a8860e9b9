"""Plays rounds on a running rig and judges each: traffic and faults at the same time, then everything is well, then the checker looks.
Imports the driver's parts.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.chaos import faults
from tests.chaos.checker import LASTING, Violation, violations
from tests.chaos.rig import Rig
from tests.chaos.traffic import Round, waiting_for

_LOOK_S = 0.2


@dataclass(slots=True)
class Outcome:
    seed: int
    kinds: list[str]
    seconds: float
    messages: int
    notices: int
    violations: list[Violation] = field(default_factory=list)
    history: Path | None = None
    """Where a round that failed is kept."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How rounds are."""

    kinds: list[str]
    """The kinds of faults that are drawn."""
    keep: Path
    """Where the histories of rounds that failed are written."""
    admissions: int = 25
    over_s: float = 2.0
    """Seconds over which a round's admissions and faults are spread."""
    repeats: float = 0.1
    """The share of messages that are sent twice."""
    follow: tuple[int, ...] = (0, 0, 1, 2, 3)
    """How many free messages follow an admission: chance picks one of these."""
    settle_s: float = 120.0
    """How long all that a round caused may take to come through: a held message whose hub died waits for half a minute."""


async def play(rig: Rig, seed: int, plan: Plan) -> Outcome:
    """One round."""
    began = time.monotonic()
    course = Round(seed, plan.admissions, plan.over_s, plan.repeats, plan.follow)
    planned = faults.schedule(seed, plan.kinds, plan.over_s)
    await asyncio.gather(rig.traffic.play(course), faults.make(rig, planned, course.history.notes.append))
    found = await _settled(rig, course, plan.settle_s, whole=False)
    if not found:
        await rig.sort_out()  # what is dead or paused explained what was missing; now nothing may be
        found = await _settled(rig, course, plan.settle_s, whole=True)
    outcome = Outcome(
        seed,
        [fault.kind for fault in planned],
        time.monotonic() - began,
        len({one.key for one in course.history.sent}),
        len(course.history.notices),
        found,
    )
    if found:
        outcome.history = plan.keep / f"chaos-{seed}.json"
        course.history.write(outcome.history)
    return outcome


async def _settled(rig: Rig, course: Round, settle_s: float, *, whole: bool) -> list[Violation]:
    """Waits until the history breaks no promise; what it breaks after a long time it breaks for good. ``whole``: everything that
    the round wants to send must have been sent, too.
    """
    deadline = time.monotonic() + settle_s
    while True:
        found = [Violation("unfinished", what) for what in waiting_for(course, whole=whole)]
        if not found:
            with contextlib.suppress(psycopg.Error, OSError):
                course.history.waits = await rig.waits()
            found = violations(course.history)
        if not found or time.monotonic() > deadline or any(one.kind in LASTING for one in found):
            return found
        await asyncio.sleep(_LOOK_S)
