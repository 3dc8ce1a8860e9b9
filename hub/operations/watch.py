"""Reads how everything is for all who ask at once: one read at a time in a process. Imports what is seen and the store."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from hub.directory_in_force import DirectoryInForce
from hub.operations.seen import Seen, see
from hub.store.figures import Counts
from hub.store.transaction import Store

_HOUR_S: Final = 15.0
_REST: Final = 30.0
"""For so many seconds, and so many times as long as reading them took, the figures of the last hour by system are good: they are read
from as many rows as there are active systems.
"""


class Watch:
    """How everything is, read for many at once."""

    def __init__(self, store: Store, in_force: DirectoryInForce) -> None:
        self._store = store
        self._in_force = in_force
        self._going: asyncio.Task[Seen] | None = None
        self._next: asyncio.Task[Seen] | None = None
        self._hour: tuple[float, dict[str, Counts]] | None = None
        """Until when it is good, and the figures."""

    async def now(self) -> Seen:
        """How everything is, read after this was asked. Who asks while a read is going on shares the next one."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._going))
        return await asyncio.shield(self._next)

    async def _after(self, going: asyncio.Task[Seen] | None) -> Seen:
        if going is not None:
            await asyncio.wait({going})
        self._going, self._next = self._next, None
        return await self._read()

    async def _read(self) -> Seen:
        began = time.monotonic()
        hour = self._hour[1] if self._hour is not None and began < self._hour[0] else None
        async with self._store.transaction() as connection:
            seen = await see(connection, self._in_force.version, self._in_force.now(), hour)
        if hour is None:
            took = time.monotonic() - began
            self._hour = began + max(_HOUR_S, _REST * took), seen.hour
        return seen
