"""The cache of the national registers' answers, shared by all hubs. Imports psycopg and the transaction only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Json

from hub.store.transaction import Store


class Answers:
    """Reads and writes cached answers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, register: str, key: str) -> Any | None:
        """The cached answer, or None when there is none or it has expired."""
        async with self._store.transaction() as connection:
            row = await (
                await connection.execute(
                    "SELECT answer FROM register_answer WHERE register = %s AND key = %s AND expires_at > now()",
                    (register, key),
                )
            ).fetchone()
        return None if row is None else row[0]

    async def put(self, register: str, key: str, answer: Any, expires: datetime) -> None:
        """Cache an answer until ``expires``."""
        async with self._store.transaction() as connection:
            await connection.execute(
                "INSERT INTO register_answer (register, key, answer, expires_at) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (register, key) DO UPDATE SET answer = excluded.answer, expires_at = excluded.expires_at",
                (register, key, Json(answer), expires),
            )

    async def since(
        self, register: str, expires: datetime, limit: int | None = None
    ) -> list[tuple[str, Any, datetime]]:
        """The valid answers of one register that expire after ``expires``, at the most the last ``limit`` to expire, the first of them
        first: (key, answer, expires).
        """
        async with self._store.transaction() as connection:
            found = await connection.execute(
                "SELECT key, answer, expires_at FROM (SELECT * FROM register_answer"
                " WHERE register = %s AND expires_at > greatest(now(), %s) ORDER BY expires_at DESC LIMIT %s) last ORDER BY expires_at",
                (register, expires, limit),
            )
            return [(key, answer, until) for key, answer, until in await found.fetchall()]

    async def sweep(self) -> int:
        """Delete expired answers, so that no personal data is kept without need; return how many."""
        async with self._store.transaction() as connection:
            return (await connection.execute("DELETE FROM register_answer WHERE expires_at <= now()")).rowcount
