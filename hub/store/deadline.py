"""Deadlines (D-9), one row each, so that they survive restarts. Imports psycopg only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hub.store.inbox import Connection
from hub.store.transaction import array, keys

_COUNTED = 10_000
_DUE = (
    "SELECT case_id::text, key, due_at FROM deadline WHERE coalesce(put_off, due_at) <= %s"
    " ORDER BY coalesce(put_off, due_at) LIMIT %s"
)


async def due(connection: Connection, now: datetime, limit: int) -> list[tuple[str, str, datetime]]:
    """The deadlines that have passed, oldest first: (case, key, time)."""
    return [(case, key, at) for case, key, at in await (await connection.execute(_DUE, (now, limit))).fetchall()]


async def put_off(connection: Connection, rows: Sequence[tuple[str, str, datetime]]) -> None:
    """Keep all hubs from looking at these deadlines before a time, given as (case, key, until); their own time stays the same."""
    await connection.execute(
        "UPDATE deadline d SET put_off = n.until FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[])"
        " AS n (case_id, key, until) WHERE d.case_id = n.case_id AND d.key = n.key",
        (array(case for case, _, _ in rows), keys(key for _, key, _ in rows), [until for _, _, until in rows]),
    )


async def overdue(connection: Connection, now: datetime) -> list[tuple[str, int]]:
    """(name, number of deadlines that have passed and are not told), counted up to 10 000 in all: for the metrics."""
    found = await connection.execute(
        "SELECT split_part(key, '/', 1), count(*) FROM ("
        " (SELECT key FROM deadline WHERE put_off IS NULL AND coalesce(put_off, due_at) <= %(now)s LIMIT %(most)s)"
        " UNION ALL (SELECT key FROM deadline WHERE put_off IS NOT NULL AND due_at <= %(now)s LIMIT %(most)s)"
        " LIMIT %(most)s) AS passed GROUP BY 1",
        {"now": now, "most": _COUNTED},
    )
    return [(name, count) for name, count in await found.fetchall()]
