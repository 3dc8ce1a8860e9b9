"""A scenario moved in time so that it begins today: a vendor's system writes the dates and times of its own clock. Imports the
scenarios only.

Whole days are added to every date and time, and on the wall clock in Sweden nothing else changes, but that a scenario whose time
of day is yet to come begins at once: a vendor's system may refuse an act of the future. Weekdays do change, so a scenario that
counts working days may go otherwise than on its own days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.scenarios.file import ScenarioFile, WrittenStep
from hub.scenarios.moments import Late
from hub.scenarios.steps import At, Send, Step
from schemas.swedish_time import STOCKHOLM

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")


class TodaysScenario(ScenarioFile):
    """A scenario that begins today instead of on its own day, at its own time of day or, where that is yet to come, now."""

    def __init__(self, path: Path, now: datetime) -> None:
        """Reads the file; raises ``Unusable``."""
        super().__init__(path)
        self._now = now
        self._days = now.astimezone(STOCKHOLM).date() - super().clock.astimezone(STOCKHOLM).date()
        self.steps: tuple[WrittenStep, ...] = tuple(
            replace(written, step=_step(written.step, self._days)) for written in self.steps
        )

    @property
    def clock(self) -> datetime:
        """When it begins."""
        return min(_later(super().clock, self._days), self._now)

    @property
    def late(self) -> Mapping[str, Late]:
        """Personnummer or HSA-id → when the register answers."""
        return {
            who: _later(when, self._days) if isinstance(when, datetime) else when for who, when in super().late.items()
        }


def _step(step: Step, days: timedelta) -> Step:
    if isinstance(step, Send):
        time = None if step.time is None else _later(step.time, days)
        late = _later(step.late, days) if isinstance(step.late, datetime) else step.late
        return step.model_copy(update={"data": moved(step.data, days), "time": time, "late": late})
    if isinstance(step, At) and isinstance(step.at, datetime):
        return step.model_copy(update={"at": _later(step.at, days)})
    return step


def moved(value: Any, days: timedelta) -> Any:
    """Data with every date and time moved by whole days."""
    if isinstance(value, Mapping):
        return {key: moved(inner, days) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [moved(inner, days) for inner in value]
    if not isinstance(value, str):
        return value
    if _DATE.fullmatch(value):
        return (date.fromisoformat(value) + days).isoformat()
    if _TIME.fullmatch(value):
        return _later(datetime.fromisoformat(value), days).isoformat()
    return value


def _later(time: datetime, days: timedelta) -> datetime:
    """The same time of day in Sweden, so many days later."""
    if time.tzinfo is None:
        return time + days
    return time.astimezone(STOCKHOLM) + days
