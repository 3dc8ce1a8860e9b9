"""The trail of what operations did by hand, and why (D-7). Imports psycopg only."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

Connection = AsyncConnection[tuple[Any, ...]]


async def record(connection: Connection, who: str, what: str, target: str, reason: str) -> None:
    """Write one act with its reason."""
    await connection.execute(
        "INSERT INTO operation (who, what, target, reason) VALUES (%s, %s, %s, %s)", (who, what, target, reason)
    )
