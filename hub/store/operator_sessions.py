"""Who of operations is signed in. Imports psycopg only.

A session is known by the SHA-256 of its token: whoever reads the table can sign in as nobody.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from psycopg import AsyncConnection
from psycopg.rows import class_row

Connection = AsyncConnection[tuple[Any, ...]]
Kind = Literal["person", "program"]
IN_FORCE: Final = (
    "(ended_at IS NULL AND now() < until AND (idle_s IS NULL OR now() < used_at + idle_s * interval '1 second'))"
)
"""Whether a row of ``operator_session`` is a session that is in force."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session that is in force."""

    id: int
    who: str
    roles: list[str]
    until: datetime
    kind: Kind
    subject: str | None
    provider_session: str | None


_OF_SESSION: Final = "id, who, roles, until, kind, subject, provider_session"
_RETURNING: Final = f" RETURNING {_OF_SESSION}"


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that has begun; ``token`` is shown this once."""

    id: int
    token: str


async def begin(
    connection: Connection,
    who: str,
    roles: frozenset[str],
    until: datetime,
    idle: timedelta | None = None,
    *,
    kind: Kind = "person",
    subject: str | None = None,
    provider_session: str | None = None,
) -> NewSession:
    """Begin a session. ``idle``: so long without use it stays; None: up to ``until`` in any case. ``subject``, ``provider_session``: as
    the OpenID provider names the person, and their session there, hashed.
    """
    token = secrets.token_urlsafe(32)
    found = await connection.execute(
        "INSERT INTO operator_session (token_sha256, who, roles, until, idle_s, kind, subject, provider_session)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        (
            _hash(token),
            who,
            sorted(roles),
            until,
            None if idle is None else idle.total_seconds(),
            kind,
            subject,
            provider_session,
        ),
    )
    row = await found.fetchone()
    assert row is not None
    return NewSession(row[0], token)


async def is_of_another(connection: Connection, who: str, subject: str) -> bool:
    """Whether this name stands for somebody else already: the trail must not take two people for one."""
    found = await connection.execute(
        "SELECT FROM operator_session WHERE who = %s AND kind = 'person' AND subject <> %s LIMIT 1", (who, subject)
    )
    return await found.fetchone() is not None


async def used(connection: Connection, token: str) -> Session | None:
    """The session with a token, if it is in force; its idle time begins anew."""
    found = await connection.cursor(row_factory=class_row(Session)).execute(
        "UPDATE operator_session SET used_at = now() WHERE token_sha256 = %s AND " + IN_FORCE + _RETURNING,  # noqa: S608 - constants
        (_hash(token),),
    )
    return await found.fetchone()


async def looked_at(connection: Connection, token: str) -> Session | None:
    """As ``used``, but its idle time goes on: a page asks by itself, and nobody need be there."""
    found = await connection.cursor(row_factory=class_row(Session)).execute(
        "SELECT " + _OF_SESSION + " FROM operator_session WHERE token_sha256 = %s AND " + IN_FORCE,  # noqa: S608 - constants
        (_hash(token),),
    )
    return await found.fetchone()


async def in_force(connection: Connection, sessions: Collection[int]) -> set[int]:
    """Those of the sessions that have neither ended nor stood idle: what is sent for long, as events, asks now and then."""
    found = await connection.execute(
        "SELECT id FROM operator_session WHERE id = ANY(%s) AND " + IN_FORCE,  # noqa: S608 - constant
        (list(sessions),),
    )
    return {id_ for (id_,) in await found.fetchall()}


async def end(connection: Connection, session: int, why: str) -> Session | None:
    """End a session that is in force, and return it; its token is no longer known."""
    found = await connection.cursor(row_factory=class_row(Session)).execute(
        "UPDATE operator_session SET ended_at = now(), ended_why = %s WHERE id = %s AND " + IN_FORCE + _RETURNING,  # noqa: S608 - constants
        (why, session),
    )
    return await found.fetchone()


async def end_of_provider(
    connection: Connection, subject: str | None, provider_session: str | None, why: str
) -> list[Session]:
    """End those that began by one session at the provider, or all of a person; both given: those of which both are so."""
    if subject is None and provider_session is None:
        return []
    found = await connection.cursor(row_factory=class_row(Session)).execute(
        "UPDATE operator_session SET ended_at = now(), ended_why = %(why)s"  # noqa: S608 - constants
        " WHERE (%(subject)s::text IS NULL OR subject = %(subject)s)"
        " AND (%(session)s::text IS NULL OR provider_session = %(session)s) AND " + IN_FORCE + _RETURNING,
        {"why": why, "subject": subject, "session": provider_session},
    )
    return await found.fetchall()


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session that is or was, without its token."""

    id: int
    who: str
    roles: list[str]
    kind: Kind
    begun_at: datetime
    used_at: datetime
    until: datetime
    ended_at: datetime | None
    ended_why: str | None
    in_force: bool


async def listed(
    connection: Connection, *, in_force: bool | None = None, before: int | None = None, limit: int
) -> list[ListedSession]:
    """The sessions, the newest first; ``in_force``: those that are, or those that are not. ``before``: the number of one of them."""
    found = await connection.cursor(
        row_factory=class_row(ListedSession)
    ).execute(
        "SELECT * FROM (SELECT id, who, roles, kind, begun_at, used_at, until, ended_at, ended_why, "  # noqa: S608 - constants
        + IN_FORCE
        + " AS in_force FROM operator_session) AS sessions WHERE (%(before)s::bigint IS NULL OR id < %(before)s)"
        " AND (%(in_force)s::boolean IS NULL OR %(in_force)s = in_force) ORDER BY id DESC LIMIT %(limit)s",
        {"before": before, "in_force": in_force, "limit": limit},
    )
    return await found.fetchall()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
