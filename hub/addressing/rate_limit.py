"""How fast a producer may be asked (law-and-lookups.md §3: a producer of listings carries one call a second).

Imports aiolimiter, ``hub.errors`` and the standard library.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict

from aiolimiter import AsyncLimiter

from hub.errors import Unavailable


class RateLimit:
    """A leaky bucket for each producer (LogicalAddress).

    ``rate``: calls per second; ``burst``: calls that may go at once after a pause; ``max_wait``: seconds. A caller who
    would have to wait longer than ``max_wait`` is turned away at once, so that a slow producer costs no memory.
    """

    def __init__(self, rate: float, burst: int = 1, max_wait: float = 60.0) -> None:
        self._rate = rate
        self._max_wait = max_wait
        self._buckets: defaultdict[str, AsyncLimiter] = defaultdict(lambda: AsyncLimiter(burst, burst / rate))
        self._waiting: Counter[str] = Counter()
        """Callers who wait for their turn, by producer."""
        self._routine: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Held by the only routine question of a producer that waits for its turn."""

    async def turn(self, producer: str, *, routine: bool = False) -> None:
        """Waits for the next turn. Raises ``Unavailable`` where the turn is too far away.

        A question is ``routine`` when nobody waits for its answer. Only one routine question at a time waits for a turn,
        so at most one stands before any other question, however many there are.
        """
        if routine:
            async with self._routine[producer]:
                await self._turn(producer)
        else:
            await self._turn(producer)

    async def _turn(self, producer: str) -> None:
        wait = (self._waiting[producer] + 1) / self._rate
        bucket = self._buckets[producer]
        if wait > self._max_wait and not bucket.has_capacity():
            raise Unavailable("register-busy", retry_after=wait)
        self._waiting[producer] += 1
        try:
            await bucket.acquire()
        finally:
            self._waiting[producer] -= 1
