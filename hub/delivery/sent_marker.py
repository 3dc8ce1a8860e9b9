"""Marks what was sent, many at a time, while the lanes go on. Imports the store only."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.log import log
from hub.store import outbox
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store

_AT_ONCE = 5_000
"""Rows in one transaction, unless one call carried more."""
_REST_S = 0.02
"""Seconds in which marks gather: nobody waits for one, and each transaction takes its time from the next message."""
_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class _Mark:
    ids: list[int]
    at: datetime
    answer: str
    done: Callable[[list[int]], None]


class SentMarker:
    """One writer for all lanes; a mark that is lost in a crash means only that the notice is sent again with the same
    id.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[_Mark] = deque()
        self._wake = asyncio.Event()
        self._busy = False

    def mark(self, items: Sequence[OutboxRow], at: datetime, answer: str, done: Callable[[list[int]], None]) -> None:
        """``done`` is called with the ids once the table has them."""
        self._waiting.append(_Mark([item.id for item in items], at, answer, done))
        self._wake.set()

    @property
    def idle(self) -> bool:
        """Nothing remains to be marked."""
        return not self._waiting and not self._busy

    async def run(self) -> None:
        """Until cancelled; whatever the database answers meanwhile, the marks wait and are written in the end."""
        while True:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                await asyncio.sleep(_REST_S)
            self._busy = True
            taken = self._take()
            while not await self._write(taken):
                await asyncio.sleep(_AGAIN_S)
            self._busy = False
            for one in taken:
                one.done(one.ids)

    def _take(self) -> list[_Mark]:
        taken = [self._waiting.popleft()]
        count = len(taken[0].ids)
        while self._waiting and count + len(self._waiting[0].ids) <= _AT_ONCE:
            count += len(self._waiting[0].ids)
            taken.append(self._waiting.popleft())
        return taken

    async def _write(self, taken: Sequence[_Mark]) -> bool:
        try:
            async with self._store.transaction() as connection:
                await outbox.mark_sent(
                    connection,
                    [id_ for one in taken for id_ in one.ids],
                    [one.at for one in taken for _ in one.ids],
                    [one.answer for one in taken for _ in one.ids],
                )
        except Exception as error:  # noqa: BLE001 - without marks the lanes fill up and stand still: whatever it is, again
            log.warning("marks_wait", error=type(error).__name__)
            return False
        return True
