"""Announcements of operations to every connected system (C-34), as rows of the outbox. Imports psycopg and the outbox only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from hub.store import outbox, shards
from hub.store.outbox import Connection, OutboxRow
from schemas.messages import HUB_SOURCE, Announcement, as_json


async def add(
    connection: Connection, id_: str, content: Announcement, systems: Iterable[str], now: datetime
) -> list[OutboxRow]:
    """Write one outbox row for each system."""
    start = await outbox.reserve_ids(connection)
    items = [
        OutboxRow(start + number, "announcement", system, None, None, HUB_SOURCE, id_, as_json(content), None, now, now)
        for number, system in enumerate(sorted(systems))
    ]
    await outbox.add(connection, items)
    await shards.tell(connection, {item.shard for item in items})
    return items


@dataclass(frozen=True, slots=True)
class AnnouncementStatus:
    """One announcement, and how many systems have got it."""

    message: str
    at: datetime
    sv: str
    en: str
    systems: int
    sent: int
    dead: int


async def listed(connection: Connection, limit: int = 100) -> list[AnnouncementStatus]:
    """The latest announcements, the newest first."""
    found = await connection.cursor(row_factory=class_row(AnnouncementStatus)).execute(
        "SELECT message, min(accepted_at) AS at, min(told->'text'->>'sv') AS sv, min(told->'text'->>'en') AS en,"
        " count(*) AS systems, count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'dead') AS dead"
        " FROM outbox WHERE kind = 'announcement' AND told->>'test' IS DISTINCT FROM 'true'"
        " GROUP BY message ORDER BY min(accepted_at) DESC LIMIT %s",
        (limit,),
    )
    return await found.fetchall()
