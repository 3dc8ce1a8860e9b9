"""Held messages that operations has edited: what each was before, by whom and why (D-4). Imports psycopg and the inbox only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from hub.store.inbox import Connection, InboxRow, Key
from hub.store.transaction import Conflict
from hub.store.transaction import keys as texts


async def lock(connection: Connection, number: int) -> None:
    """One edit of a held message, by its number, at a time, until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('edit'), %s::bigint::int)", (number % 2**31,))


async def count(connection: Connection, key: Key) -> int:
    """How often a message has been edited."""
    found = await connection.execute("SELECT count(*) FROM message_edit WHERE source = %s AND message = %s", key)
    ((number,),) = await found.fetchall()
    return int(number)


async def edit(
    connection: Connection, row: InboxRow, raw: bytes, attributes: bytes | None, who: str, reason: str
) -> None:
    """Give a held message another content, and keep what it was; it is known as it came (D-2). Raises ``Conflict`` where a hub has answered
    it meanwhile.
    """
    await connection.execute(
        "INSERT INTO message_edit (source, message, who, reason, raw, attributes) VALUES (%s, %s, %s, %s, %s, %s::json)",
        (row.source, row.id, who, reason, row.raw, None if row.attributes is None else row.attributes.decode()),
    )
    done = await connection.execute(
        "UPDATE message SET raw = %s, attributes = %s::json WHERE source = %s AND id = %s AND receipt IS NULL",
        (raw, None if attributes is None else attributes.decode(), row.source, row.id),
    )
    if done.rowcount == 0:
        raise Conflict("message_answered_once")


async def edited(connection: Connection, keys: Sequence[Key]) -> set[Key]:
    """Those of the messages that operations has edited."""
    found = await connection.execute(
        "SELECT DISTINCT e.source, e.message FROM unnest(%s::text[], %s::text[]) AS k (source, message) JOIN message_edit e"
        " USING (source, message)",
        (texts(k[0] for k in keys), texts(k[1] for k in keys)),
    )
    return set(await found.fetchall())


async def as_they_came(connection: Connection, rows: Mapping[Key, InboxRow]) -> dict[Key, InboxRow]:
    """The stored messages as their senders sent them: an edited one as it was before the first edit. One whose original has been removed
    is left out.
    """
    found = await connection.execute(
        "SELECT DISTINCT ON (e.source, e.message) e.source, e.message, e.raw, e.attributes::text FROM unnest(%s::text[], %s::text[])"
        " AS k (source, message) JOIN message_edit e USING (source, message) ORDER BY e.source, e.message, e.id",
        (texts(k[0] for k in rows), texts(k[1] for k in rows)),
    )
    came = dict(rows)
    for source, id_, raw, attributes in await found.fetchall():
        one = came.pop((source, id_))
        if raw:
            came[source, id_] = replace(
                one, raw=bytes(raw), attributes=None if attributes is None else attributes.encode()
            )
    return came


async def remove(connection: Connection, keys: Iterable[Key]) -> None:
    """Remove what edited messages said before, with the rest of their content (gallring)."""
    named = list(keys)
    await connection.execute(
        "UPDATE message_edit e SET raw = '', attributes = NULL FROM unnest(%s::text[], %s::text[]) AS k (source, message)"
        " WHERE e.source = k.source AND e.message = k.message",
        (texts(k[0] for k in named), texts(k[1] for k in named)),
    )
