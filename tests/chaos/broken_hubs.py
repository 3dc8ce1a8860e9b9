"""Plays rounds on hubs that are broken, until a violation shows it. Imports the driver's parts."""

from __future__ import annotations

from pathlib import Path

from tests.broken import BROKEN
from tests.chaos import rounds
from tests.chaos.checker import Violation
from tests.chaos.rig import Servers, running

_SETTLE_S = 20.0
"""What is lost does not come, and what is doubled stays so: there is little to wait for."""


async def shown(parts: Servers, folder: Path, name: str, seed: int, at_most: int) -> tuple[int, Violation] | None:
    """The seed and the violation that show the defect ``name`` within ``at_most`` rounds; None when nothing does."""
    defect = BROKEN[name]
    plan = rounds.Plan(list(defect.by), folder, repeats=defect.repeats, follow=defect.follow, settle_s=_SETTLE_S)
    async with running(parts, folder, name, 2, broken=name) as rig:
        for number in range(seed, seed + at_most):
            outcome = await rounds.play(rig, number, plan)
            for violation in outcome.violations:
                if violation.kind in defect.shown_as:
                    return number, violation
    return None
