"""The time of the simulation, in place of the machine's wherever the hub looks at it. Imports the loop only."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Clock:
    """Seconds since the beginning, by the loop; what the wall shows may jump."""

    def __init__(self) -> None:
        self.seconds: Any = lambda: 0.0
        self.jumped = timedelta()


CLOCK = Clock()
"""Of the schedule that runs in this process of the machine."""


def wall() -> datetime:
    return BEGAN + timedelta(seconds=CLOCK.seconds()) + CLOCK.jumped


class _AnyDatetime(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


class WallClock(datetime, metaclass=_AnyDatetime):
    """In place of ``datetime`` in the hub's modules."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return wall().astimezone(tz)


class Time:
    """In place of the module ``time`` in the hub's modules."""

    monotonic = staticmethod(lambda: CLOCK.seconds() + 1_000.0)
    time = staticmethod(lambda: wall().timestamp())

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)
