"""Answers of the national registers, kept for as long as they are good. Imports psycopg's JSON and the transaction
only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Json

from hub.store.transaction import Store


class Answers:
    """The cache that all hubs on the same database share."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, register: str, key: str) -> Any | None:
        """The answer, if one is there and still good."""
        async with self._store.transaction() as connection:
            row = await (
                await connection.execute(
                    "SELECT answer FROM register_answer WHERE register = %s AND key = %s AND expires_at > now()",
                    (register, key),
                )
            ).fetchone()
        return None if row is None else row[0]

    async def put(self, register: str, key: str, answer: Any, expires: datetime) -> None:
        """Keeps an answer until ``expires``."""
        async with self._store.transaction() as connection:
            await connection.execute(
                "INSERT INTO register_answer (register, key, answer, expires_at) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (register, key) DO UPDATE SET answer = excluded.answer, expires_at = excluded.expires_at",
                (register, key, Json(answer), expires),
            )

    async def since(self, register: str, expires: datetime) -> list[tuple[str, Any, datetime]]:
        """The good answers of one register that expire after ``expires``: (key, answer, expires)."""
        async with self._store.transaction() as connection:
            found = await connection.execute(
                "SELECT key, answer, expires_at FROM register_answer"
                " WHERE register = %s AND expires_at > greatest(now(), %s) ORDER BY expires_at",
                (register, expires),
            )
            return [(key, answer, until) for key, answer, until in await found.fetchall()]

    async def sweep(self) -> int:
        """Removes answers that are no longer good and returns how many: personal data is not kept for nothing."""
        async with self._store.transaction() as connection:
            return (await connection.execute("DELETE FROM register_answer WHERE expires_at <= now()")).rowcount
