"""Deadlines (D-9): one row each, so that they survive restarts. Imports psycopg and the rules' plain case only."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime

from hub.processes.case import Case
from hub.store.inbox import Connection, uuid_bytes
from hub.store.transaction import copy


async def put(connection: Connection, changed: Sequence[Case], *, fresh: Container[str]) -> None:
    """A case's deadlines as they stand now, in place of those before; a ``fresh`` case had none."""
    known = [case.id for case in changed if case.id not in fresh]
    if known:
        await connection.execute("DELETE FROM deadline WHERE case_id = ANY(%s::uuid[])", (known,))
    rows = [(uuid_bytes(case.id), key, datetime.fromisoformat(at)) for case in changed for key, at in case.due.items()]
    await copy(connection, "deadline", ["case_id", "key", "due_at"], ["bytea", "text", "timestamptz"], rows)


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
