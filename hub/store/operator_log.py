"""The trail of what operations did by hand, and why (D-7). Imports psycopg only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

Connection = AsyncConnection[tuple[Any, ...]]


async def record(connection: Connection, who: str, what: str, target: str, reason: str) -> None:
    """Write one act with its reason."""
    await connection.execute(
        "INSERT INTO operation (who, what, target, reason) VALUES (%s, %s, %s, %s)", (who, what, target, reason)
    )


async def record_refusal(connection: Connection, who: str, asked: str, reason: str) -> None:
    """Write that somebody was refused what they asked for; the same again within a minute is not written anew."""
    await connection.execute(
        "INSERT INTO operation (who, what, target, reason) SELECT %(who)s, 'refused', %(asked)s, %(reason)s WHERE NOT EXISTS ("
        "SELECT FROM operation WHERE who = %(who)s AND what = 'refused' AND target = %(asked)s AND reason = %(reason)s"
        " AND at > now() - interval '1 minute')",
        {"who": who, "asked": asked, "reason": reason},
    )


@dataclass(frozen=True, slots=True)
class Operation:
    """One act of operations."""

    at: datetime
    who: str
    what: str
    target: str
    reason: str


async def latest(connection: Connection, *, target: str | None, limit: int) -> list[Operation]:
    """The newest acts, with one target or all, oldest first."""
    found = await connection.cursor(row_factory=class_row(Operation)).execute(
        "SELECT at, who, what, target, reason FROM operation WHERE %s::text IS NULL OR target = %s ORDER BY id DESC LIMIT %s",
        (target, target, limit),
    )
    return (await found.fetchall())[::-1]


async def newest(connection: Connection) -> int:
    """The number of the newest act; 0 where there is none."""
    ((number,),) = await (await connection.execute("SELECT coalesce(max(id), 0) FROM operation")).fetchall()
    return int(number)
