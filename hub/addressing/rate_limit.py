"""How fast a producer may be asked: one turn after another, at a rate (law-and-lookups.md §3, one call a second).

Imports ``hub.errors`` and the standard library.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

from hub.errors import Unavailable


class Pace:
    """A token bucket per producer (LogicalAddress), in the form that needs no refilling: the time of the next turn.

    ``rate``: calls per second; ``burst``: calls that may go at once after a pause; ``max_wait``: seconds, beyond which
    a caller is turned away rather than queued, so that a slow producer costs no memory.
    """

    def __init__(
        self,
        rate: float,
        burst: int = 1,
        max_wait: float = 60.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = 1.0 / rate
        self._credit = (burst - 1) * self._interval
        self._max_wait = max_wait
        self._clock = clock
        self._sleep = sleep
        self._full_at: dict[str, float] = {}
        """When the producer's bucket would be full again: a producer's turns are handed out in the order asked."""
        self._routine: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Held by the one routine question per producer that has taken a turn and waits for it."""

    async def turn(self, producer: str, *, routine: bool = False) -> None:
        """Wait for the next turn. Raises ``Unavailable`` where it is too far away.

        Of ``routine`` questions, for which nobody waits, one at a time takes a turn: any other question has at most
        one of them before it, however many there are.
        """
        if routine:
            async with self._routine[producer]:
                await self._turn(producer)
        else:
            await self._turn(producer)

    async def _turn(self, producer: str) -> None:
        now = self._clock()
        full_at = max(now, self._full_at.get(producer, now))
        wait = full_at - self._credit - now
        if wait > self._max_wait:
            raise Unavailable("register-busy", retry_after=wait)
        self._full_at[producer] = full_at + self._interval
        if wait > 0:
            await self._sleep(wait)
