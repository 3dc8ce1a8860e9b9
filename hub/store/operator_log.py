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


@dataclass(frozen=True, slots=True)
class NumberedOperation:
    """One act of operations, with its number."""

    id: int
    at: datetime
    who: str
    what: str
    target: str
    reason: str


async def page(
    connection: Connection,
    *,
    who: str | None,
    what: str | None,
    target: str | None,
    since: datetime | None,
    until: datetime | None,
    before: int | None,
    limit: int,
) -> list[NumberedOperation]:
    """The acts that fit all that is given, the newest first; ``before``: the number of one of them."""
    given = {
        "who = %(who)s": who,
        "what = %(what)s": what,
        "target = %(target)s": target,
        "at >= %(since)s": since,
        "at < %(until)s": until,
        "id < %(before)s": before,
    }
    wanted = [condition for condition, value in given.items() if value is not None]
    found = await connection.cursor(row_factory=class_row(NumberedOperation)).execute(
        "SELECT id, at, who, what, target, reason FROM operation"  # noqa: S608 - constants
        + (" WHERE " + " AND ".join(wanted) if wanted else "")
        + " ORDER BY id DESC LIMIT %(limit)s",
        {
            "who": who,
            "what": what,
            "target": target,
            "since": since,
            "until": until,
            "before": before,
            "limit": limit,
        },
    )
    return await found.fetchall()
