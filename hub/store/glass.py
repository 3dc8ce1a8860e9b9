"""Whose glass is or was broken, and why. Imports psycopg and the sessions only.

A glass is of one session, and closes with it; of somebody at the machine itself, who has none, it is of their name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import class_row

from hub.store.operator_sessions import IN_FORCE

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Glass:
    """One broken glass."""

    id: int
    session: int | None
    who: str
    reason: str
    about: dict[str, Any]
    """What it was broken for: ``case`` and ``message`` by their ids, ``person`` whether somebody was to be searched for."""
    broken_at: datetime
    until: datetime
    closed_at: datetime | None
    uses: int
    is_open: bool


_OPEN: Final = (
    "(g.closed_at IS NULL AND now() < g.until AND (g.session IS NULL OR EXISTS ("
    "SELECT FROM operator_session WHERE operator_session.id = g.session AND " + IN_FORCE + ")))"
)
_COLUMNS: Final = (
    "g.id, g.session, g.who, g.reason, g.about, g.broken_at, g.until, g.closed_at, g.uses, " + _OPEN + " AS is_open"
)
_MINE: Final = "g.session IS NOT DISTINCT FROM %(session)s AND (g.session IS NOT NULL OR g.who = %(who)s)"


async def broken(
    connection: Connection, session: int | None, who: str, reason: str, about: dict[str, Any], lasts: timedelta
) -> Glass:
    """Break the glass for a while; one that the same session has open closes. Of several at once each closes the one before."""
    await connection.execute("SELECT FROM operator_session WHERE id = %s FOR UPDATE", (session,))
    await closed(connection, session, who)
    found = await connection.cursor(row_factory=class_row(Glass)).execute(
        "INSERT INTO glass AS g (session, who, reason, about, until) VALUES (%s, %s, %s, %s, now() + %s) RETURNING "  # noqa: S608 - constants
        + _COLUMNS,
        (session, who, reason, json.dumps(about), lasts),
    )
    row = await found.fetchone()
    assert row is not None
    return row


async def open_of(connection: Connection, session: int | None, who: str) -> Glass | None:
    """The open glass of a session, if there is one."""
    found = await connection.cursor(row_factory=class_row(Glass)).execute(
        "SELECT " + _COLUMNS + " FROM glass AS g WHERE " + _MINE + " AND " + _OPEN + " ORDER BY g.id DESC LIMIT 1",  # noqa: S608 - constants
        {"session": session, "who": who},
    )
    return await found.fetchone()


async def count_use(connection: Connection, glass: int) -> None:
    """Count a reading or a search behind a glass."""
    await connection.execute("UPDATE glass SET uses = uses + 1 WHERE id = %s", (glass,))


async def closed(connection: Connection, session: int | None, who: str) -> int | None:
    """Close the open glass of a session; its number, if there was one."""
    found = await connection.execute(
        "UPDATE glass AS g SET closed_at = now() WHERE " + _MINE + " AND " + _OPEN + " RETURNING g.id",  # noqa: S608 - constants
        {"session": session, "who": who},
    )
    row = await found.fetchone()
    return None if row is None else int(row[0])


async def listed(
    connection: Connection, *, is_open: bool | None = None, before: int | None = None, limit: int
) -> list[Glass]:
    """All of them, the newest first; ``is_open``: those that are, or those that are not. ``before``: the number of one of them."""
    found = await connection.cursor(
        row_factory=class_row(Glass)
    ).execute(
        "SELECT * FROM (SELECT "  # noqa: S608 - constants
        + _COLUMNS
        + " FROM glass AS g WHERE %(before)s::bigint IS NULL OR g.id < %(before)s) AS all_of"
        " WHERE %(open)s::boolean IS NULL OR is_open = %(open)s ORDER BY id DESC LIMIT %(limit)s",
        {"before": before, "open": is_open, "limit": limit},
    )
    return await found.fetchall()
