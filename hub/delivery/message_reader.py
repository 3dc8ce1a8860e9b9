"""The messages of one lane's rows that are not in memory: of a call, and, where each call carries one message, of the calls that come
next with it. Imports the queue and the store's outbox row.

A lane that has fallen behind has most of its rows from the table, without their messages. Read one by one, they cost the hub and the
database more than the calls do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from hub.delivery.case_queue import CaseQueue
from hub.errors import Unavailable
from hub.log import log
from hub.store.outbox import OutboxRow
from schemas.envelope import Message

_CALL_BYTES = 4 * 1024 * 1024
"""Bytes of the messages in one call, unless a single message is larger; and of those that are read at once."""
_AHEAD = 100
"""Cases of which messages are read ahead."""

Messages = Callable[[Sequence[OutboxRow], int], Awaitable[dict[int, Message]]]
"""Reads the messages of rows whose message is not in memory, the first rows first, up to a number of bytes: row id → message."""


class MessageReader:
    """Reads what the calls of one lane need."""

    def __init__(self, queue: CaseQueue, read: Messages, room: Callable[[], int]) -> None:
        """``room``: how many bytes of messages may be kept for the next calls; 0: nothing is read for them."""
        self._queue = queue
        self._read = read
        self._room = room
        self._reading = asyncio.Lock()
        """One read at a time: what it reads ahead is what the calls need that wait for it."""

    async def of_call(self, batch: list[OutboxRow]) -> tuple[list[OutboxRow], dict[int, Message]]:
        """The first rows that fit into one call, and those of their messages that are not in memory."""
        size = 0
        for number, row in enumerate(batch):
            size += row.size
            if number and size > _CALL_BYTES:
                batch = batch[:number]
                break
        if not _absent(batch):
            return batch, {}
        async with self._reading:
            absent = _absent(batch)
            messages = await self._with_next(absent) if absent else {}
        first_left = next((row for row in absent if row.id not in messages), None)
        return batch if first_left is None else batch[: batch.index(first_left)], messages

    async def _with_next(self, absent: list[OutboxRow]) -> dict[int, Message]:
        """The messages of rows that are about to be sent. Those of the rows that come next are kept with them."""
        room = min(self._room(), _CALL_BYTES)
        own = {row.id for row in absent}
        ahead = [row for row in self._queue.next_rows(_AHEAD) if row.id not in own] if room > 0 else []
        if ahead := _absent(ahead):
            try:
                messages = await self._read([*absent, *ahead], room)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - what is wrong with a row that comes later is for its own call
                log.info("not_read_ahead", error=type(error).__name__)
            else:
                for row in ahead:
                    if row.id in messages:
                        self._queue.keep_message(row, messages[row.id])
                return messages
        return await self._read(absent, _CALL_BYTES)


def _absent(rows: Sequence[OutboxRow]) -> list[OutboxRow]:
    return [row for row in rows if row.kind == "notice" and row.message is None]
