"""What operations has told every connected system (C-34): written into the outbox, and how far it has come. Imports psycopg and
the outbox only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from hub.store import outbox
from hub.store.outbox import Connection, OutboxRow
from schemas.messages import HUB_SOURCE, Announcement


async def add(
    connection: Connection, id_: str, told: Announcement, systems: Iterable[str], now: datetime
) -> list[OutboxRow]:
    """One row for each system; they wait for their way out like everything else."""
    start = await outbox.block(connection)
    items = [
        OutboxRow(start + number, "announcement", system, None, None, HUB_SOURCE, id_, told, None, now, now)
        for number, system in enumerate(sorted(systems))
    ]
    await outbox.add(connection, items)
    return items


@dataclass(frozen=True, slots=True)
class Announced:
    """One announcement, and to how many systems it has gone."""

    message: str
    at: datetime
    sv: str
    en: str
    systems: int
    sent: int
    dead: int


async def listed(connection: Connection, limit: int = 100) -> list[Announced]:
    """The latest announcements, the newest first."""
    found = await connection.cursor(row_factory=class_row(Announced)).execute(
        "SELECT message, min(accepted_at) AS at, min(told->'text'->>'sv') AS sv, min(told->'text'->>'en') AS en,"
        " count(*) AS systems, count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'dead') AS dead"
        " FROM outbox WHERE kind = 'announcement' GROUP BY message ORDER BY min(accepted_at) DESC LIMIT %s",
        (limit,),
    )
    return await found.fetchall()
