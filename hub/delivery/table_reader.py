"""Reads one lane's rows from the outbox table into its queue. Imports the queue and the store.

A lane keeps a bounded number of rows in memory; the others stay in the table until there is room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hub.delivery.case_queue import CaseQueue
from hub.store import dead_letters, send_queue
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store


class TableReader:
    """Which of a system's rows are only in the table, and how far it has been read."""

    def __init__(self, store: Store, system: str, queue: CaseQueue, *, all_in_memory: bool) -> None:
        """``all_in_memory``: as far as is known, the table holds no waiting row that the lane is not offered."""
        self.all_in_memory = all_in_memory
        self.lock = asyncio.Lock()
        """Held while the table is read and while a row is declared dead: a reader sees such a row either in memory or dead."""
        self._store = store
        self._system = system
        self._queue = queue
        self._refused_during_read = False
        self._cursor = 0
        """The id up to which the table has been read."""
        self._check_all = False

    def offer(self, row: OutboxRow, room: int) -> None:
        """Queue a row that was just committed, if there is room and no older row is only in the table."""
        if self.all_in_memory and self._queue.length < room:
            self._cursor = max(self._cursor, row.id)
            self._queue.add(row)
        else:
            self.all_in_memory, self._refused_during_read = False, True

    def check_all(self) -> None:
        """Read the table from the start at the next look: it may hold rows of other hubs, or replayed ones."""
        self._check_all = True

    def start_over(self) -> None:
        """Rows that are not sent were dropped from memory: read the table from the start."""
        self.all_in_memory, self._cursor = False, 0

    async def look(self, room: int) -> None:
        """Read rows when the queue is at most half full, and the predecessors of its unlinked rows.

        ``room``: how many rows the lane may keep in memory. Raises ``Unavailable`` when the database does not answer.
        """
        async with self.lock:
            if self._queue.length <= room // 2:
                if not self.all_in_memory:
                    await self._read(room, after=self._cursor)
                elif self._check_all:
                    self._check_all = False
                    await self._read(room, after=0)
            if self._queue.unlinked:
                await self._read_predecessors()

    async def _read(self, room: int, *, after: int) -> None:
        free = room - self._queue.length
        limit = free if after else room
        self._refused_during_read = False
        self._queue.begin_read()
        try:
            async with self._store.transaction() as connection:
                ids = await send_queue.sendable_ids(connection, self._system, after=after, limit=limit)
                unknown = [id_ for id_ in ids if not self._queue.knows(id_)]
                rows = await send_queue.sendable_rows(connection, unknown[:free])
            for row in rows:
                self._queue.add(row)
        finally:
            self._queue.end_read()
        if len(ids) < limit and len(unknown) <= free:
            self.all_in_memory = not self._refused_during_read
            self._cursor = max([self._cursor, *ids[-1:]])
        else:
            self.all_in_memory = False
            self._cursor = unknown[free - 1] if len(unknown) > free else ids[-1]

    async def _read_predecessors(self) -> None:
        """Queue the unlinked rows behind the rows that precede them; another hub may have written those (D-3)."""
        asked = self._queue.take_unlinked()
        last = [(case, max(row.sequence or 0 for row in rows)) for case, rows in asked.items()]
        self._queue.begin_read()
        try:
            async with self._store.transaction() as connection:
                unsent = await send_queue.unsent_up_to(connection, self._system, last)
                blocked = {case for case, _, is_blocked in unsent if is_blocked}
                sendable = {id_ for case, id_, _ in unsent if case not in blocked}
                missing = await self._missing(connection, sendable)
                if blocked:
                    await dead_letters.block_followers(connection, self._system, sorted(blocked))
            self._queue.link(asked, sendable, missing)
        except BaseException:
            self._queue.drop(row for rows in asked.values() for row in rows)
            self.start_over()
            raise
        finally:
            self._queue.end_read()

    async def _missing(self, connection: send_queue.Connection, ids: set[int]) -> Sequence[OutboxRow]:
        return await send_queue.sendable_rows(connection, [id_ for id_ in ids if not self._queue.knows(id_)])
