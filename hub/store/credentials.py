"""The credentials of systems, each with its time; what rotation adds to those of the directory is kept here. Imports psycopg and the
language only.

A version of the directory stays as it was applied. What is in force is the directory's credentials without those that have ended here,
and those that were added here (``hub.directory.credentials``): an older file that is applied again revives none that was rotated away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.rows import class_row

from schemas.directory import Directory, System
from schemas.ways_out import FhirOut, WebhookOut

Connection = AsyncConnection[tuple[Any, ...]]
Kind = Literal["token", "secret", "bearer"]
"""``token``: by which the system calls the hub. ``secret``: signs webhooks. ``bearer``: which the hub shows to the system."""


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential; from ``since`` on, and before ``until`` where that is set, it is valid."""

    id: int
    system: str
    kind: Kind
    sha256: str
    value: str | None
    """What rotation added, as the directory would have it (a token as its hash); None where the directory names it."""
    since: datetime
    until: datetime | None
    who: str | None

    def is_valid(self, at: datetime) -> bool:
        """Whether it has begun and has not ended."""
        return self.since <= at and (self.until is None or at < self.until)


def named(system: System) -> Iterator[tuple[Kind, str, str]]:
    """(kind, SHA-256, value) of each credential that the directory names for a system."""
    for token in system.token_sha256:
        yield "token", token, token
    if isinstance(system.out, WebhookOut):
        for secret in system.out.secrets:
            yield "secret", sha256(secret), secret
    if isinstance(system.out, FhirOut):
        yield "bearer", sha256(system.out.token), system.out.token


def sha256(value: str) -> str:
    """By this a credential is known, in hex."""
    return hashlib.sha256(value.encode()).hexdigest()


async def register(connection: Connection, directory: Directory, who: str | None) -> None:
    """Note since when the directory's credentials are in force; those that are known keep their time."""
    rows = [(system.id, kind, sha) for system in directory.systems for kind, sha, _ in named(system)]
    await connection.execute(
        "INSERT INTO credential (system, kind, sha256, who) SELECT system, kind, sha256, %s"
        " FROM unnest(%s::text[], %s::text[], %s::text[]) AS c (system, kind, sha256) ON CONFLICT DO NOTHING",
        (who, *(list(column) for column in zip(*rows, strict=True))) if rows else (who, [], [], []),
    )


_COLUMNS = "id, system, kind, sha256, value, since, until, who"


async def of(connection: Connection, system: str | None = None) -> list[Credential]:
    """All credentials of a system, or of all, the oldest first."""
    found = await connection.cursor(row_factory=class_row(Credential)).execute(
        f"SELECT {_COLUMNS} FROM credential WHERE %s::text IS NULL OR system = %s ORDER BY since, id",  # noqa: S608 - constant
        (system, system),
    )
    return await found.fetchall()


async def rotated(connection: Connection) -> list[Credential]:
    """Those that differ from what the directory says: added by rotation, or with an end."""
    found = await connection.cursor(row_factory=class_row(Credential)).execute(
        f"SELECT {_COLUMNS} FROM credential WHERE value IS NOT NULL OR until IS NOT NULL ORDER BY since, id"  # noqa: S608 - constant
    )
    return await found.fetchall()


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of the database's, and what tells it from others at which something else is in force."""

    at: datetime
    """The database's own time, by which ``state`` was counted: whoever asks what is in force asks by no other."""
    state: tuple[int, int, int]
    """The newest row, how many have an end, how many had begun or ended by then."""


async def moment(connection: Connection) -> Moment:
    """The transaction's moment."""
    found = await connection.execute(
        "SELECT now(), coalesce(max(id), 0), count(until), count(*) FILTER (WHERE since <= now()) + count(*) FILTER (WHERE until <= now())"
        " FROM credential WHERE value IS NOT NULL OR until IS NOT NULL"
    )
    ((at, *state),) = await found.fetchall()
    return Moment(at, tuple(state))


async def lock(connection: Connection, system: str) -> None:
    """One at a time changes the system's credentials, until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('credential'), hashtext(%s))", (system,))


async def add(connection: Connection, system: str, kind: Kind, value: str, sha: str, since: datetime, who: str) -> None:
    """Add a credential to those of the directory."""
    await connection.execute(
        "INSERT INTO credential (system, kind, sha256, value, since, who) VALUES (%s, %s, %s, %s, %s, %s)",
        (system, kind, sha, value, since, who),
    )


async def end(connection: Connection, ids: Sequence[int], at: datetime) -> None:
    """Let credentials end then; one that ends sooner stays so."""
    await connection.execute("UPDATE credential SET until = least(until, %s) WHERE id = ANY(%s)", (at, list(ids)))


async def end_all(connection: Connection, systems: Sequence[str]) -> None:
    """End what rotation has added to systems that leave the directory: another that comes by the same name has none of it."""
    await connection.execute(
        "UPDATE credential SET until = least(until, now()) WHERE system = ANY(%s) AND value IS NOT NULL",
        (list(systems),),
    )
