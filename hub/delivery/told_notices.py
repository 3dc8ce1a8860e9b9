"""What a system was told, written once more because it asks: the Bundles to which notifications refer, and events it has missed. Imports
the outbox's encoding, the rules' disclosure and the store.

Of a person who has become protected since, it shows what it would show today (C-62).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hub.delivery.outgoing import Outgoing, encode
from hub.delivery.row_messages import messages_of
from hub.processes.shared import disclosure
from hub.store import cases, subscriptions
from hub.store.subscriptions import Connection
from schemas.directory import System

_BYTES: Final = 4 * 1024 * 1024
"""Bytes of the messages that are read at once, unless a single one is larger."""


async def told(connection: Connection, system: System, numbers: Sequence[int]) -> dict[int, Outgoing | None]:
    """The number in ``out-4711`` → what the system was told under it, or will be; None where it is no longer kept. In the order of
    ``numbers``, and no further than a bounded number of bytes.
    """
    rows = await subscriptions.notices(connection, system.id, numbers)
    notices = [rows[number] for number in numbers if number in rows and rows[number].kind == "notice"]
    messages = await messages_of(connection, notices, _BYTES) if notices else {}
    protected = await cases.protected(connection, {row.case_id for row in notices if row.case_id is not None})
    as_today = {id_: await cases.read(connection, id_) for id_ in protected}
    found: dict[int, Outgoing | None] = {}
    for number in numbers:
        row = rows.get(number)
        message = None if row is None else messages.get(row.id)
        if row is not None and row.kind == "notice" and message is None:
            break
        if row is not None and message is not None and (case := as_today.get(row.case_id or "")) is not None:
            message = disclosure.told(message, case)
            row.body = None  # it shows the message as it is now
        found[number] = None if row is None else encode(row, message, system)
    return found
