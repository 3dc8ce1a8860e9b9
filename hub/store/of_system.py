"""What one system has sent and was told, the newest first. Imports psycopg and the outbox only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from hub.store.outbox import STORED_UNSENT

Connection = AsyncConnection[tuple[Any, ...]]
LATE = timedelta(minutes=10)
"""By so much the moments of rows may differ from the order of their ids."""


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


@dataclass(frozen=True, slots=True)
class Heard:
    """When a system was last heard of."""

    received: datetime | None
    """Its last message came."""
    acknowledged: datetime | None
    """It, or the broker on its way, last acknowledged something."""


async def heard(connection: Connection, systems: Sequence[str]) -> dict[str, Heard]:
    """System → when it was last heard of: two looks into indexes for each."""
    found = await connection.execute(
        "SELECT s.id, (SELECT received_at FROM message WHERE system = s.id ORDER BY received_at DESC LIMIT 1),"
        " greatest((SELECT at FROM sent_range WHERE system = s.id ORDER BY first DESC LIMIT 1),"
        " (SELECT sent_at FROM outbox_row WHERE system = s.id AND state IN ('sent', 'skipped') ORDER BY id DESC LIMIT 1))"
        " FROM unnest(%s::text[]) AS s (id)",
        (list(systems),),
    )
    return {id_: Heard(received, acknowledged) for id_, received, acknowledged in await found.fetchall()}
