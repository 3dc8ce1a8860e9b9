"""Marks rows as sent in the outbox, many at a time, while the lanes go on. Imports the store only."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.errors import Unavailable
from hub.log import log
from hub.outages import outages
from hub.store import outbox
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store

_MOST_ROWS = 5_000
"""Rows in one transaction, unless a single call carried more."""
_GATHER_S = 0.02
"""Seconds in which marks gather: nothing waits for a mark, and every transaction costs time that the next message needs."""
_RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class _Mark:
    ids: list[int]
    at: datetime
    answer: str
    done: Callable[[list[int]], None]


class SentMarker:
    """One writer for all lanes. When a crash loses a mark, the notice is sent again with the same id."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[_Mark] = deque()
        self._wake = asyncio.Event()
        self._busy = False

    def mark(self, rows: Sequence[OutboxRow], at: datetime, answer: str, done: Callable[[list[int]], None]) -> None:
        """Mark the rows soon; ``done`` is called with their ids after the commit."""
        self._waiting.append(_Mark([row.id for row in rows], at, answer, done))
        self._wake.set()

    @property
    def idle(self) -> bool:
        """All marks are written."""
        return not self._waiting and not self._busy

    async def run(self) -> None:
        """Write marks until cancelled; when the database fails, the marks wait and are written later."""
        while True:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                await asyncio.sleep(_GATHER_S)
            self._busy = True
            marks = self._take()
            while not await self._write(marks):
                await asyncio.sleep(_RETRY_S)
            self._busy = False
            for mark in marks:
                mark.done(mark.ids)

    def _take(self) -> list[_Mark]:
        marks = [self._waiting.popleft()]
        count = len(marks[0].ids)
        while self._waiting and count + len(self._waiting[0].ids) <= _MOST_ROWS:
            count += len(self._waiting[0].ids)
            marks.append(self._waiting.popleft())
        return marks

    async def _write(self, marks: Sequence[_Mark]) -> bool:
        try:
            async with self._store.transaction() as connection:
                await outbox.mark_sent(
                    connection,
                    [id_ for mark in marks for id_ in mark.ids],
                    [mark.at for mark in marks for _ in mark.ids],
                    [mark.answer for mark in marks for _ in mark.ids],
                )
        except Unavailable as error:
            outages.met(error, work="marks")
            return False
        except Exception as error:  # noqa: BLE001 - without marks all lanes fill up and stop, so every error is retried
            log.warning("marks_wait", error=type(error).__name__)
            return False
        return True
