"""What one system has sent and was told, the newest first; and what it was told, to be told again (D-7). Imports psycopg and the outbox
only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from hub.store import shards
from hub.store.outbox import STORED_UNSENT

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message of the system's, without its content."""

    source: str
    id: str
    name: str | None
    received_at: datetime
    case_id: str | None
    sequence: int | None
    receipt: Any
    """None while it is held."""


async def messages(connection: Connection, system: str, before: datetime | None, limit: int) -> list[SentMessage]:
    """The system's last messages, received before a moment."""
    found = await connection.cursor(row_factory=class_row(SentMessage)).execute(
        "SELECT source, id, name, received_at, case_id::text, sequence, receipt FROM message"
        " WHERE system = %(system)s AND (%(before)s::timestamptz IS NULL OR received_at < %(before)s)"
        " ORDER BY received_at DESC LIMIT %(limit)s",
        {"system": system, "before": before, "limit": limit},
    )
    return await found.fetchall()


@dataclass(frozen=True, slots=True)
class ToldRow:
    """One row of the system's outbox, without its content."""

    id: int
    name: int
    """The number in its ``webhook-id``."""
    kind: str
    case_id: str | None
    sequence: int | None
    message: str
    accepted_at: datetime
    state: str
    behind: bool
    attempts: int
    answer: str | None
    said: str | None
    failures: list[list[str]] | None
    sent_at: datetime | None
    due_at: datetime
    gallrad: bool
    """Its content has been removed."""


_EACH = " UNION ALL ".join(  # each part as an index has it
    f"(SELECT id FROM outbox_row WHERE system = %(system)s AND {one} AND id < %(before)s AND kind <> 'lookup'"  # noqa: S608 - constants
    " ORDER BY id DESC LIMIT %(limit)s)"
    for one in ("state = 'fresh'", "state IN ('sent', 'skipped')", *STORED_UNSENT)
)


async def told(connection: Connection, system: str, before: int | None, limit: int) -> list[ToldRow]:
    """What the system was told last, or is to be told, with row ids below ``before``."""
    found = await connection.cursor(row_factory=class_row(ToldRow)).execute(
        "SELECT id, coalesce(known_as, id) AS name, kind, case_id::text, sequence, message, accepted_at, state, behind, attempts,"  # noqa: S608
        f" answer, said, failures, sent_at, due_at, told->'gallrad' IS NOT NULL AS gallrad"
        f" FROM outbox WHERE id IN ({_EACH}) ORDER BY id DESC LIMIT %(limit)s",
        {"system": system, "before": before or 2**62, "limit": limit},
    )
    return await found.fetchall()


async def replay(connection: Connection, ids: Sequence[int], rate: float) -> int:
    """Send notices again that were sent, marked as a replay, so many a second; return how many (D-7). What has been removed by
    gallring is left out.
    """
    found = await connection.execute(
        "UPDATE outbox_row o SET state = 'waiting', sent_at = NULL, attempts = 0, first_tried_at = NULL, refused_since = NULL,"
        " answer = NULL, due_at = now() + make_interval(secs => n.place / %(rate)s::float), revision = o.revision + 1,"
        " told = replace(o.told::text, '\"replay\":false', '\"replay\":true')::json"
        " FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM unnest(%(ids)s::bigint[]) AS k (id)) n"
        " WHERE o.id = n.id AND o.kind = 'notice' AND o.told->'gallrad' IS NULL"
        " AND (o.state = 'sent' OR (o.state = 'fresh' AND is_sent(o.system, o.id)))"
        " RETURNING o.shard",
        {"ids": list(ids), "rate": rate},
    )
    changed = [shard for (shard,) in await found.fetchall()]
    await shards.tell(connection, changed)
    return len(changed)
