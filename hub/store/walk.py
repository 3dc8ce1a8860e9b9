"""How far one page of a search may go: for a time, in steps as long as the database is quick. Imports the clock only."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

SECONDS: Final = 0.12
"""For so long one page looks on; then it says how far it came."""
_FEWEST: Final = 100
_MOST: Final = 1_000
"""In a step. A row that is not in memory is a read or two from the disk, a hundred times slower than one that is, and where such begin is
not known: more at once could take longer than the whole page may.
"""


class Pace:
    """Gives the rows of each next step; ends when the time is used."""

    def __init__(self, seconds: float = SECONDS, now: Callable[[], float] = time.perf_counter) -> None:
        self._seconds = seconds
        self._now = now
        self._begun = self._step_begun = now()
        self._rows = 0

    def step(self) -> int:
        """The rows of the next step: as many as fit by the speed of the last; 0 when the time is used. The first is always made, so that
        every page goes further.
        """
        now = self._now()
        left = self._begun + self._seconds - now
        if not self._rows:
            self._rows = _FEWEST
        elif left <= 0:
            return 0
        else:
            fits = int(self._rows / max(now - self._step_begun, 1e-4) * left)
            self._rows = max(_FEWEST, min(_MOST, fits))
        self._step_begun = now
        return self._rows
