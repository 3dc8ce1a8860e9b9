"""The circuit breaker of one receiving system (D-5): it opens after failures in a row and closes after one successful probe.
Imports nothing.
"""

from __future__ import annotations

from collections.abc import Callable


class Breaker:
    """Closed: every attempt is allowed. Open: none is, for ``open_s`` seconds. Half-open: one probe is allowed, and its
    outcome closes or opens the breaker.
    """

    def __init__(self, failures: int, open_s: float, clock: Callable[[], float]) -> None:
        """``failures``: how many in a row open it; ``clock``: seconds, as ``time.monotonic``."""
        self._limit = failures
        self._open_s = open_s
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._since: float | None = None
        self._probing = False

    @property
    def state(self) -> str:
        """Closed · open · half-open."""
        if self._opened_at is None:
            return "closed"
        return "half-open" if self._probing or self._clock() - self._opened_at >= self._open_s else "open"

    @property
    def spared_s(self) -> float:
        """For how many seconds it has not been closed; 0 while it is."""
        return 0.0 if self._since is None else self._clock() - self._since

    @property
    def wait_s(self) -> float:
        """Seconds until a probe is allowed; 0 when an attempt is allowed now."""
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self._open_s - self._clock())

    def admit(self) -> bool:
        """Whether an attempt may start now; when half-open, True for the first caller only."""
        if self._opened_at is None:
            return True
        if self._probing or self._clock() - self._opened_at < self._open_s:
            return False
        self._probing = True
        return True

    def passed(self) -> None:
        """An attempt succeeded: close."""
        self._failures, self._opened_at, self._since, self._probing = 0, None, None, False

    def failed(self) -> None:
        """An attempt failed because of the system: count it, and open at the limit or after a failed probe."""
        self._failures += 1
        if self._probing or self._failures >= self._limit:
            self.open_now()

    def open_now(self) -> None:
        """There is nobody to send to: open, and probe as usual."""
        self._opened_at, self._probing = self._clock(), False
        self._since = self._opened_at if self._since is None else self._since

    def probe_now(self) -> None:
        """Let an attempt pass at once, also beside a probe that has not been answered: operations knows that the system is well
        again.
        """
        if self._opened_at is not None:
            self._opened_at = min(self._opened_at, self._clock() - self._open_s)
            self._probing = False

    def abandoned(self) -> None:
        """The probe was not sent (the database was away, or no row was left): let another attempt be the probe."""
        self._probing = False
