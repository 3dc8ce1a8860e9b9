"""Deadlines (D-9), one row each, so that they survive restarts. Imports psycopg only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from psycopg.rows import class_row

from hub.store.inbox import Connection
from hub.store.transaction import array, keys

TELLING_TAKES: Final = timedelta(seconds=30)
"""Within so long of its passing, or of being set where it was past already, a deadline is told. One that takes longer is left untold."""
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


@dataclass(frozen=True, slots=True)
class Overdue:
    """Deadlines of one name that have passed and are left untold."""

    name: str
    count: int
    since: datetime
    """When the first of them passed."""


async def overdue(connection: Connection, now: datetime) -> list[Overdue]:
    """What has passed and is left untold, by name, counted up to 10 000 in all: for the metrics and the overview."""
    found = await connection.cursor(row_factory=class_row(Overdue)).execute(
        "SELECT split_part(key, '/', 1) AS name, count(*) AS count, min(due_at) AS since FROM ("
        " (SELECT key, due_at FROM deadline WHERE put_off IS NULL AND coalesce(put_off, due_at) <= %(before)s AND set_at <= %(before)s"
        "  LIMIT %(most)s)"
        " UNION ALL (SELECT key, due_at FROM deadline WHERE put_off IS NOT NULL AND due_at <= %(before)s LIMIT %(most)s)"
        " LIMIT %(most)s) AS passed GROUP BY 1 ORDER BY 1",
        {"before": now - TELLING_TAKES, "most": _COUNTED},
    )
    return await found.fetchall()


@dataclass(frozen=True, slots=True)
class PassedDeadline:
    """One deadline that has passed and is left untold."""

    case_id: str
    key: str
    due_at: datetime
    put_off: datetime | None
    """When it is tried next, where it could not be told."""


async def passed(
    connection: Connection, now: datetime, name: str | None, after: tuple[datetime, str, str] | None, limit: int
) -> list[PassedDeadline]:
    """Those deadlines, of one name or all, the oldest first, after one of them: (due, case, key)."""
    at, case, key = after or (None, None, None)
    found = await connection.cursor(row_factory=class_row(PassedDeadline)).execute(
        "SELECT case_id::text, key, due_at, put_off FROM ("
        "SELECT * FROM deadline WHERE put_off IS NULL AND coalesce(put_off, due_at) <= %(before)s AND set_at <= %(before)s"
        " UNION ALL SELECT * FROM deadline WHERE put_off IS NOT NULL AND due_at <= %(before)s) AS passed"
        " WHERE (%(name)s::text IS NULL OR split_part(key, '/', 1) = %(name)s)"
        " AND (%(at)s::timestamptz IS NULL OR (due_at, case_id, key) > (%(at)s, %(case)s::uuid, %(key)s))"
        " ORDER BY due_at, case_id, key LIMIT %(limit)s",
        {"before": now - TELLING_TAKES, "name": name, "at": at, "case": case, "key": key, "limit": limit},
    )
    return await found.fetchall()
