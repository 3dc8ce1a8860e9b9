"""How far one page of a search may go: for a time, in steps as long as the database is quick. Imports the clock only."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

SECONDS: Final = 0.12
"""For so long one page looks on; then it says how far it came."""
_FIRST: Final = 500
_MOST: Final = 20_000


class Pace:
    """Gives the rows of each next step; ends when the time is used."""

    def __init__(self, seconds: float = SECONDS, now: Callable[[], float] = time.perf_counter) -> None:
        self._seconds = seconds
        self._now = now
        self._begun = now()
        self._walked = 0

    def step(self) -> int:
        """The rows of the next step; 0 when the time is used. The first step is always made, so that every page goes further."""
        if not self._walked:
            self._walked = _FIRST
            return _FIRST
        used = self._now() - self._begun
        if used >= self._seconds:
            return 0
        fits = int(self._walked / max(used, 1e-4) * (self._seconds - used))
        rows = max(_FIRST, min(_MOST, fits))
        self._walked += rows
        return rows
