"""The access log of cases: who read what, and on which ground (C-7). Imports psycopg only.

Every function runs inside the caller's transaction: a reading that cannot be logged is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading: who reads what of a case, and on which ground (C-7); for a print also for whom and why (C-55)."""

    case: str
    unit: str
    actor: str
    role: str
    what: str
    ground: str
    for_whom: str | None = None
    why: str | None = None


async def write(connection: Connection, readings: Sequence[Reading]) -> None:
    """Log readings that are about to be answered."""
    if not readings:
        return
    names = ("case", "unit", "actor", "role", "what", "ground", "for_whom", "why")
    await connection.execute(
        "INSERT INTO reading (case_id, unit, actor, role, what, ground, for_whom, why)"
        " SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])",
        tuple([getattr(reading, name) for reading in readings] for name in names),
    )


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One line of a case's trace: a change, with its sequence, or a reading."""

    at: datetime
    number: int
    change: bool
    what: str
    unit: str | None
    actor: str | None
    role: str | None
    ground: str | None
    for_whom: str | None
    why: str | None
    size: int
    events: list[Any] | None
    """The events of a change; None for a reading."""


async def lines(
    connection: Connection, case_id: str, before: tuple[datetime, bool, int] | None, limit: int
) -> list[TraceLine]:
    """C-7: every reading and every change of a case before a position, newest first; one more than ``limit`` when there are more."""
    found = await connection.cursor(row_factory=class_row(TraceLine)).execute(
        "SELECT * FROM (SELECT received_at AS at, sequence::bigint AS number, true AS change, name AS what,"
        "  NULL AS unit, NULL AS actor, NULL AS role, NULL AS ground, NULL AS for_whom, NULL AS why,"
        "  octet_length(raw) AS size, events FROM message WHERE case_id = %(case)s AND sequence IS NOT NULL"
        " UNION ALL SELECT at, id, false, what, unit, actor, role, ground, for_whom, why, 0, NULL FROM reading"
        "  WHERE case_id = %(case)s) AS lines"
        " WHERE %(at)s::timestamptz IS NULL OR (at, change, number) < (%(at)s, %(change)s::boolean, %(number)s::bigint)"
        " ORDER BY at DESC, change DESC, number DESC LIMIT %(limit)s",
        {
            "case": case_id,
            "at": None if before is None else before[0],
            "change": None if before is None else before[1],
            "number": None if before is None else before[2],
            "limit": limit + 1,
        },
    )
    return await found.fetchall()
