"""Marks what was sent, many at a time, while the lanes go on. Imports the store only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from hub.errors import Unavailable
from hub.store import outbox
from hub.store.outbox import Item
from hub.store.transaction import Store

_AT_ONCE = 2_000
_REST_S = 0.02
"""Seconds in which marks gather: nobody waits for one, and each transaction takes its time from the next message."""


class Marker:
    """One writer for all lanes; a mark that is lost in a crash means only that the notice is sent again with the same
    id.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[list[int], datetime, str, Callable[[list[int]], None]]] = []
        self._wake = asyncio.Event()
        self._busy = False

    def mark(self, items: Sequence[Item], at: datetime, answer: str, done: Callable[[list[int]], None]) -> None:
        """``done`` is called with the ids once the table has them."""
        self._waiting.append(([item.id for item in items], at, answer, done))
        self._wake.set()

    @property
    def idle(self) -> bool:
        """Nothing remains to be marked."""
        return not self._waiting and not self._busy

    async def run(self) -> None:
        """Until cancelled; while the database is away the marks wait."""
        while True:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                await asyncio.sleep(_REST_S)
            taken, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            self._busy = True
            while not await self._write(taken):
                await asyncio.sleep(0.5)
            self._busy = False
            for ids, _, _, done in taken:
                done(ids)

    async def _write(self, taken: list[tuple[list[int], datetime, str, Callable[[list[int]], None]]]) -> bool:
        try:
            async with self._store.transaction() as connection:
                await outbox.sent(
                    connection,
                    [id_ for ids, _, _, _ in taken for id_ in ids],
                    [at for ids, at, _, _ in taken for _ in ids],
                    [answer for ids, _, answer, _ in taken for _ in ids],
                )
        except Unavailable:
            return False
        return True
