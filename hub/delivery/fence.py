"""The fence: before rows are sent, it is proved that this process still owns their shards and that nobody has changed them. Imports
the shards and the queue only.

A process that was stopped, or that lost its shards to another, is held back here. The same proof tells of rows that were given up,
moved or rewritten by somebody else (a protected person's address, C-62): they leave memory and are read again.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.delivery.case_queue import CaseQueue
from hub.shards import Shards
from hub.store.outbox import OutboxRow
from hub.store.shards import ShardState


class RowsChanged(Exception):  # noqa: N818 - not an error: the rows are read again
    """The rows ``ids`` must not be sent as they are in memory."""

    def __init__(self, ids: set[int]) -> None:
        super().__init__(f"{len(ids)} rows have changed")
        self.ids = ids


class Permit:
    """The permission to send some rows; an exit awaits it right before the bytes are sent."""

    def __init__(self, shards: Shards, queue: CaseQueue, rows: Sequence[OutboxRow]) -> None:
        self._shards = shards
        self._queue = queue
        self._rows = rows
        self.proof: dict[int, ShardState] = {}
        """How the rows' shards stood when it was last proved that they are this process's."""

    async def __call__(self) -> None:
        """Return at once while the last proof is fresh; else the database is asked. Raises ``RowsChanged`` when some rows have
        left memory, ``Unavailable`` when the database does not answer.
        """
        await self._shards.confirm()
        if ids := {row.id for row in self._rows if self._queue.is_dropped(row)}:
            raise RowsChanged(ids)
        self.proof = self._shards.states({row.shard for row in self._rows})
