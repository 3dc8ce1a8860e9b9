"""Reads one lane's rows from the outbox table into its queue. Imports the queue, the shards and the store.

A lane keeps a bounded number of rows in memory; the others stay in the table until there is room. While all goes well nothing is
read: the lane is offered what this process writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from hub.delivery.case_queue import CaseQueue
from hub.shards import Shards
from hub.store import dead_letters, send_queue
from hub.store.outbox import OutboxRow
from hub.store.shards import still_owned
from hub.store.transaction import Store

_SCANNED = 1_000
"""Fresh rows that one query looks at, most of which may be another process's or sent."""


class TableReader:
    """Which of a system's rows are only in the table, and how far it has been read."""

    def __init__(
        self,
        store: Store,
        system: str,
        queue: CaseQueue,
        shards: Shards,
        settled: Callable[[], int],
        *,
        all_in_memory: bool,
    ) -> None:
        """``settled``: the id beyond which the table may hold fresh rows that are not sent; ``all_in_memory``: as far as is known,
        it holds no row to send that the lane is not offered.
        """
        self.lock = asyncio.Lock()
        """Held while the table is read and while a row is declared dead: a reader sees such a row either in memory or dead."""
        self.after: int | None = None
        """The id beyond which fresh rows may be only in the table; None: all are in memory."""
        self._store = store
        self._system = system
        self._queue = queue
        self._shards = shards
        self._settled = settled
        self._offered: list[OutboxRow] | None = None
        """What was offered since the read under way began; None: no read is."""
        self._left: list[int] = []
        """The ids before those that found no room while the table was being read."""
        self._started_over = False
        """It is to be read from the beginning, which was said while it was being read."""
        self._waiting_left = False
        """Rows that wait by themselves may be only in the table."""
        self._waiting_after = 0
        """The id up to which these have been read."""
        if not all_in_memory:
            self.start_over()

    @property
    def all_in_memory(self) -> bool:
        """As far as is known, no row to send is only in the table."""
        return self.after is None and not self._waiting_left

    def offer(self, row: OutboxRow, room: int) -> None:
        """Queue a row that was just committed, if there is room and no older row is only in the table."""
        offered = self._offered
        if self.after is None and self._queue.length < room:
            self._queue.add(row)
        elif offered is not None and self._queue.length + len(offered) < room:
            offered.append(row)  # whether older rows are only in the table is known when the read is over
        else:
            self._leave(row)

    def _leave(self, row: OutboxRow) -> None:
        if self._offered is not None:
            self._left.append(row.id - 1)
        self.after = row.id - 1 if self.after is None else min(self.after, row.id - 1)

    def check_waiting(self) -> None:
        """Look for rows that wait by themselves: another process wrote them, or operations has made them due."""
        self._waiting_left, self._waiting_after = True, 0

    def start_over(self) -> None:
        """Rows that are not sent were dropped from memory, or are another's who is gone: read what the table has."""
        self.after, self._started_over = self._settled(), True
        self.check_waiting()

    async def look(self, room: int) -> None:
        """Read rows when the queue is at most half full, and the predecessors of its unlinked rows.

        ``room``: how many rows the lane may keep in memory. Raises ``Unavailable`` when the database does not answer.
        """
        async with self.lock:
            if self.after is not None and self._queue.length <= room // 2:
                await self._read_fresh(room, self.after)
            if self._waiting_left and self._queue.length <= room // 2:
                await self._read_waiting(room)
            if self._queue.unlinked:
                await self._read_predecessors()

    async def _read_fresh(self, room: int, after: int) -> None:
        free = room - self._queue.length
        self._started_over, self._offered, self._left = False, [], []
        self._queue.begin_read()
        try:
            async with self._store.transaction() as connection:
                found = await send_queue.fresh_ids(connection, self._system, after=after, limit=max(free, _SCANNED))
                owned = self._shards.owned
                own = [one for one in found if not one.sent and one.shard in owned and not self._queue.knows(one.id)]
                rows = await send_queue.rows(connection, [one.id for one in own[:free]])
            previous = {one.id: one.previous for one in own}
            for row in rows:
                row.previous = previous[row.id]
                if row.shard in self._shards.owned:
                    self._queue.add(row)
            if not self._started_over:
                whole = len(own) <= free and len(found) < max(free, _SCANNED)
                ends = [] if whole else [own[free - 1].id if len(own) > free else found[-1].id]
                self.after = min([*ends, *self._left], default=None)
        finally:
            self._queue.end_read()
            offered, self._offered = self._offered, None
            for row in offered:
                self.offer(row, room)

    async def _read_waiting(self, room: int) -> None:
        after, self._waiting_left = self._waiting_after, False
        free = room - self._queue.length
        limit = free if after else room
        self._queue.begin_read()
        try:
            async with self._store.transaction() as connection:
                owned = self._shards.owned
                ids = await send_queue.waiting_ids(connection, self._system, owned, after=after, limit=limit)
                unknown = [id_ for id_ in ids if not self._queue.knows(id_)]
                rows = await send_queue.rows(connection, unknown[:free])
            for row in rows:
                if row.shard in self._shards.owned:
                    self._queue.add(row)
        except BaseException:
            self.check_waiting()
            raise
        finally:
            self._queue.end_read()
        if self._waiting_left:
            return  # something has come since: read from the start
        if len(ids) == limit or len(unknown) > free:
            self._waiting_left = True
            self._waiting_after = unknown[free - 1] if len(unknown) > free else ids[-1]

    async def _read_predecessors(self) -> None:
        """Queue the unlinked rows behind the rows that precede them; another process may have written those (D-3)."""
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
                    mine = await still_owned(
                        connection, self._shards.states({r.shard for c in blocked for r in asked[c]})
                    )
                    ours = sorted(case for case in blocked if all(row.shard in mine for row in asked[case]))
                    await dead_letters.block_followers(connection, self._system, ours)
            if not self._queue.link(asked, sendable, missing) or blocked:
                self.start_over()  # of blocked cases: operations may have let the dead row go, and their rows are not marked then
        except BaseException:
            self._queue.drop(row for rows in asked.values() for row in rows)
            self.start_over()
            raise
        finally:
            self._queue.end_read()

    async def _missing(self, connection: send_queue.Connection, ids: set[int]) -> Sequence[OutboxRow]:
        return await send_queue.rows(connection, [id_ for id_ in ids if not self._queue.knows(id_)])
