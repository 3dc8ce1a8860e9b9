"""How often one system may call an address, in one process. Imports aiolimiter and the errors only."""

from __future__ import annotations

from collections import defaultdict
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
    """A leaky bucket for each system: ``calls`` in ``seconds``."""

    def __init__(self, calls: float, seconds: float = 1.0) -> None:
        self._buckets: defaultdict[str, AsyncLimiter] = defaultdict(lambda: AsyncLimiter(calls, seconds))

    async def count(self, system: str) -> None:
        """Count a call. Raises ``Refused`` 429 where there were too many."""
        bucket = self._buckets[system]
        if not bucket.has_capacity():
            raise replace(TOO_OFTEN)
        await bucket.acquire()
