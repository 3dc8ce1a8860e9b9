"""Who of operations is signed in. Imports psycopg only.

A session is known by the SHA-256 of its token: whoever reads the table can sign in as nobody.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Session:
    """One session that is in force."""

    id: int
    who: str
    roles: list[str]
    until: datetime


async def begin(
    connection: Connection, who: str, roles: frozenset[str], until: datetime, idle: timedelta | None = None
) -> str:
    """Begin a session; return its token, shown this once. ``idle``: so long without use it stays; None: up to ``until`` in any case."""
    token = secrets.token_urlsafe(32)
    await connection.execute(
        "INSERT INTO operator_session (token_sha256, who, roles, until, idle_s) VALUES (%s, %s, %s, %s, %s)",
        (_hash(token), who, sorted(roles), until, None if idle is None else idle.total_seconds()),
    )
    return token


async def used(connection: Connection, token: str) -> Session | None:
    """The session with a token, if it is in force; its idle time begins anew."""
    found = await connection.cursor(row_factory=class_row(Session)).execute(
        "UPDATE operator_session SET used_at = now() WHERE token_sha256 = %s AND ended_at IS NULL AND now() < until"
        " AND (idle_s IS NULL OR now() < used_at + idle_s * interval '1 second') RETURNING id, who, roles, until",
        (_hash(token),),
    )
    return await found.fetchone()


async def end(connection: Connection, session: int) -> None:
    """End a session; its token is no longer known."""
    await connection.execute(
        "UPDATE operator_session SET ended_at = now() WHERE id = %s AND ended_at IS NULL", (session,)
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
