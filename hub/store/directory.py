"""The directory and its versions. Imports the language's directory and the transaction only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from hub.store import credentials
from hub.store.transaction import Store
from schemas.directory import Directory

Connection = AsyncConnection[tuple[Any, ...]]


async def apply(store: Store, directory: Directory, *, who: str | None = None, reason: str | None = None) -> int:
    """Write a new version and return its number; running hubs read it within a second."""
    async with store.transaction() as connection:
        return await write(connection, directory, who=who, reason=reason)


async def write(
    connection: Connection,
    directory: Directory,
    *,
    who: str | None = None,
    reason: str | None = None,
    sources: dict[str, list[str | None]] | None = None,
    changed: list[dict[str, Any]] | None = None,
) -> int:
    """Write a new version in the caller's transaction. ``sources``: system → where each of its secrets came from; ``changed``: how much it
    changes of the one before (``hub.directory_history``), counted later where it is left out.
    """
    kept = None if changed is None else Jsonb(changed)
    found = await connection.execute(
        "INSERT INTO directory_version (body, who, reason, sources, changed) VALUES (%s::jsonb, %s, %s, %s, %s) RETURNING version",
        (directory.model_dump_json(exclude_none=True), who, reason, Jsonb(sources or {}), kept),
    )
    ((version,),) = await found.fetchall()
    await credentials.register(connection, directory, who)
    return int(version)


async def current(store: Store, newer_than: int = 0) -> tuple[int, Directory] | None:
    """The newest version with its number; None when none is newer than ``newer_than``."""
    async with store.transaction() as connection:
        row = await (
            await connection.execute(
                "SELECT version, body::text FROM directory_version WHERE version > %s ORDER BY version DESC LIMIT 1",
                (newer_than,),
            )
        ).fetchone()
    if row is None:
        return None
    # In a thread: with ten thousand systems it takes seconds.
    return row[0], await asyncio.to_thread(Directory.model_validate_json, row[1])


async def newest(connection: Connection) -> int:
    """The number of the version in force; 0 when there is none."""
    row = await (await connection.execute("SELECT max(version) FROM directory_version")).fetchone()
    return (row[0] if row is not None else None) or 0


@dataclass(frozen=True, slots=True)
class DirectoryVersion:
    """A version with how it came."""

    version: int
    at: datetime
    who: str | None
    """None where a program wrote it, as the sandbox does."""
    reason: str | None
    directory: Directory
    sources: dict[str, list[str | None]]


async def versions(connection: Connection, *, up_to: int | None = None, limit: int = 1) -> list[DirectoryVersion]:
    """The newest versions, or those up to a number, the newest first."""
    found = await connection.execute(
        "SELECT version, applied_at, who, reason, body::text, sources FROM directory_version"
        " WHERE %s::int IS NULL OR version <= %s ORDER BY version DESC LIMIT %s",
        (up_to, up_to, limit),
    )
    return [
        DirectoryVersion(
            version, at, who, reason, await asyncio.to_thread(Directory.model_validate_json, body), sources
        )
        for version, at, who, reason, body, sources in await found.fetchall()
    ]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version without what it says."""

    version: int
    at: datetime
    who: str | None
    reason: str | None
    changed: list[dict[str, Any]] | None


async def listed(connection: Connection, before: int | None, limit: int) -> list[VersionLine]:
    """The newest versions, or those before a number, the newest first."""
    found = await connection.execute(
        "SELECT version, applied_at, who, reason, changed FROM directory_version WHERE %s::bigint IS NULL OR version < %s"
        " ORDER BY version DESC LIMIT %s",
        (before, before, limit),
    )
    return [VersionLine(*row) for row in await found.fetchall()]


async def keep_changed(connection: Connection, version: int, changed: list[dict[str, Any]]) -> None:
    """Keep how much a version changed of the one before it."""
    await connection.execute("UPDATE directory_version SET changed = %s WHERE version = %s", (Jsonb(changed), version))


async def lock(connection: Connection) -> None:
    """One at a time applies a directory, until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('directory'))")
