"""The systems to which nothing is sent until operations resumes them (D-5). Imports psycopg and the dead letters only."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from hub.store import dead_letters

Connection = AsyncConnection[tuple[Any, ...]]


async def pause(connection: Connection, system: str) -> bool:
    """Send nothing to the system until it is resumed; False when it is paused already."""
    done = await connection.execute("INSERT INTO paused (system) VALUES (%s) ON CONFLICT DO NOTHING", (system,))
    return done.rowcount == 1


async def resume(connection: Connection, system: str) -> bool:
    """Send to the system again; the time before the pause no longer counts as time of trying (D-6). False when it is not paused."""
    done = await connection.execute("DELETE FROM paused WHERE system = %s", (system,))
    await dead_letters.reset_attempts(connection, system)
    return done.rowcount == 1


async def paused(connection: Connection) -> set[str]:
    """The ids of the paused systems."""
    return {system for (system,) in await (await connection.execute("SELECT system FROM paused")).fetchall()}


async def pauses(connection: Connection, system: str) -> bool:
    """Whether the system is paused."""
    return (
        await (await connection.execute("SELECT 1 FROM paused WHERE system = %s", (system,))).fetchone()
    ) is not None
