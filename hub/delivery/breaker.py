"""The circuit breaker of one receiving system (D-5): opens after failures in a row, half-opens by one probe. Imports
nothing.
"""

from __future__ import annotations

from collections.abc import Callable


class Breaker:
    """Closed: all may pass. Open: nothing until ``open_s`` seconds have gone. Half-open: one probe decides."""

    def __init__(self, failures: int, open_s: float, clock: Callable[[], float]) -> None:
        self._limit = failures
        self._open_s = open_s
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> str:
        """Closed · open · half-open."""
        if self._opened_at is None:
            return "closed"
        return "half-open" if self._probing or self._clock() - self._opened_at >= self._open_s else "open"

    @property
    def wait_s(self) -> float:
        """Seconds until a probe may pass; 0 when something may pass now."""
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self._open_s - self._clock())

    def admit(self) -> bool:
        """Whether one more may be sent now; in the half-open state only the first that asks."""
        if self._opened_at is None:
            return True
        if self._probing or self._clock() - self._opened_at < self._open_s:
            return False
        self._probing = True
        return True

    def passed(self) -> None:
        """An attempt came through: the system is well."""
        self._failures, self._opened_at, self._probing = 0, None, False

    def failed(self) -> None:
        """An attempt failed for the system's sake."""
        self._failures += 1
        if self._probing or self._failures >= self._limit:
            self._opened_at, self._probing = self._clock(), False

    def abandoned(self) -> None:
        """The probe never left (the database was away, nothing remained to be sent): another may ask."""
        self._probing = False
