"""The directory and its versions. Imports the language's directory and the transaction only."""

from __future__ import annotations

import asyncio

from hub.store.transaction import Store
from schemas.directory import Directory


async def apply(store: Store, directory: Directory) -> int:
    """Write a new version and return its number; running hubs read it within a second."""
    async with store.transaction() as connection:
        row = await (
            await connection.execute(
                "INSERT INTO directory_version (body) VALUES (%s::jsonb) RETURNING version",
                (directory.model_dump_json(exclude_none=True),),
            )
        ).fetchone()
    assert row is not None
    return int(row[0])


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
