"""Deadlines (D-9) as the clock finds them: one row each, so that they survive restarts. Imports psycopg only."""

from __future__ import annotations

from datetime import datetime

from hub.store.inbox import Connection


async def due(connection: Connection, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(case, key) of those whose time has come, the oldest first."""
    found = await connection.execute(
        "SELECT case_id::text, key FROM deadline WHERE due_at <= %s ORDER BY due_at LIMIT %s", (now, limit)
    )
    return [(case, key) for case, key in await found.fetchall()]


async def overdue(connection: Connection, now: datetime) -> list[tuple[str, int]]:
    """Name → how many have passed and are not told yet: for the metrics."""
    found = await connection.execute(
        "SELECT split_part(key, '/', 1), count(*) FROM deadline WHERE due_at <= %s GROUP BY 1", (now,)
    )
    return [(name, count) for name, count in await found.fetchall()]
