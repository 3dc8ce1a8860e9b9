"""The messages that rows of the outbox pass on, read again from the bytes that came in. Imports the store and the formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.delivery.fence import RowsChanged
from hub.store import inbox, outbox, send_queue
from hub.store.outbox import Connection, OutboxRow
from hub.translators import formats
from schemas.envelope import Message


async def messages_of(connection: Connection, rows: Sequence[OutboxRow], most_bytes: int) -> dict[int, Message]:
    """Row id → message, of the first rows that fit into ``most_bytes``, at least one; sets each row's body and revision too. Raises
    ``RowsChanged`` for rows that are gone.
    """
    if len(rows) > 1:
        sizes = await send_queue.message_sizes(connection, [row.id for row in rows])
        rows = _fitting(rows, sizes, most_bytes)
        for row in rows:
            row.size = sizes.get(row.id, 0)
    stored = await inbox.load(connection, list({(row.source, row.message_id) for row in rows}))
    bodies = await outbox.bodies(connection, [row.id for row in rows])
    if gone := {row.id for row in rows} - bodies.keys():
        raise RowsChanged(gone)  # they wait for their unit now, since the system has left the directory
    found: dict[int, Message] = {}
    for row in rows:
        row.body, row.revision = bodies[row.id]
        message = formats.read_stored(stored[row.source, row.message_id])
        found[row.id] = message if row.body is None else formats.with_data(message, row.body)
    return found


def _fitting(rows: Sequence[OutboxRow], sizes: Mapping[int, int], most_bytes: int) -> Sequence[OutboxRow]:
    """The first rows whose messages fit into ``most_bytes``, at least one."""
    total = 0
    for number, row in enumerate(rows):
        total += sizes.get(row.id, 0)
        if number and total > most_bytes:
            return rows[:number]
    return rows
