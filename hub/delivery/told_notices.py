"""What a system was told, written once more because it asks: the Bundles to which notifications refer, and events it has missed. Imports
the outbox's encoding, the rules' disclosure and the store.

Of a person who has become protected since, it shows what it would show today (C-62).
"""

from __future__ import annotations

from collections.abc import Collection

from hub.delivery.outgoing import Outgoing, encode
from hub.intake.notices import body_of
from hub.processes.shared import disclosure
from hub.store import cases, inbox, subscriptions
from hub.store.subscriptions import Connection
from hub.translators import formats
from schemas.directory import System


async def told(connection: Connection, system: System, numbers: Collection[int]) -> dict[int, Outgoing]:
    """The number in ``out-4711`` → what the system was told under it, or will be; without those that are no longer kept."""
    rows = await subscriptions.notices(connection, system.id, numbers)
    about_cases = [row for row in rows.values() if row.kind == "notice"]
    stored = await inbox.load(connection, list({(row.source, row.message_id) for row in about_cases}))
    protected = await cases.protected(connection, {row.case_id for row in about_cases if row.case_id is not None})
    as_today = {id_: await cases.read(connection, id_) for id_ in protected}
    found = {}
    for number, row in rows.items():
        message = None
        if row.kind == "notice":
            message = formats.read_stored(stored[row.source, row.message_id])
            if (case := as_today.get(row.case_id or "")) is not None:
                row.body = body_of(message, disclosure.told(message, case))
            message = message if row.body is None else formats.with_data(message, row.body)
        found[number] = encode(row, message, system)
    return found
