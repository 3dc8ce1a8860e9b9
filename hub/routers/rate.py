"""How often one system may call an address, in one process. Imports aiolimiter and the errors only."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Final

from aiolimiter import AsyncLimiter

from hub.errors import Refused

TOO_OFTEN: Final = Refused(
    "too-often",
    "Systemet frågar för ofta. Fråga igen om en sekund; låt hellre anropet vänta (wait) än fråga om och om igen.",
    "The system asks too often. Ask again in a second; rather let the call wait (wait) than ask over and over.",
    "/",
    429,
)


class Rate:
    """A leaky bucket for each system: ``calls`` in a second. A reader that fetches and acknowledges as fast as it is answered comes sooner
    than that: it waits for its turn.
    """

    def __init__(self, calls: int) -> None:
        self._most = calls
        """So many may wait: none for longer than a second."""
        self._buckets: defaultdict[str, AsyncLimiter] = defaultdict(lambda: AsyncLimiter(calls, 1.0))
        self._waiting: Counter[str] = Counter()

    async def count(self, system: str) -> None:
        """Count a call, and return when it is its turn. Raises ``Refused`` 429 where too many wait for theirs."""
        bucket = self._buckets[system]
        if not bucket.has_capacity() and self._waiting[system] >= self._most:
            raise replace(TOO_OFTEN)
        self._waiting[system] += 1
        try:
            await bucket.acquire()
        finally:
            self._waiting[system] -= 1
