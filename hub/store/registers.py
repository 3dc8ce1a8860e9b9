"""The cache of the national registers' answers, shared by all hubs. Imports psycopg and the transaction only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from hub.store.gathered import GatheredWork
from hub.store.inbox import Connection
from hub.store.transaction import Store, keys


class Answers:
    """Reads and writes cached answers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._get = GatheredWork(store.statement, _read)
        self._put = GatheredWork(store.statement, _write)

    async def get(self, register: str, key: str) -> Any | None:
        """The cached answer, or None when there is none or it has expired."""
        return await self._get.do((register, key))

    async def put(self, register: str, key: str, answer: Any, expires: datetime) -> None:
        """Cache an answer until ``expires``."""
        await self._put.do((register, key, answer, expires))

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


async def _read(connection: Connection, asked: Sequence[tuple[str, str]]) -> list[Any | None]:
    found = await connection.execute(
        "SELECT a.register, a.key, a.answer FROM unnest(%s::text[], %s::text[]) AS k (register, key)"
        " JOIN register_answer a USING (register, key) WHERE a.expires_at > now()",
        (keys(register for register, _ in asked), keys(key for _, key in asked)),
    )
    there = {(register, key): answer for register, key, answer in await found.fetchall()}
    return [there.get(one) for one in asked]


async def _write(connection: Connection, answers: Sequence[tuple[str, str, Any, datetime]]) -> list[None]:
    # One statement may write a row once: of two answers to one question the last stands. In order, so that two hubs never wait for
    # each other.
    last = sorted({(register, key): (answer, expires) for register, key, answer, expires in answers}.items())
    await connection.execute(
        "INSERT INTO register_answer (register, key, answer, expires_at)"
        " SELECT * FROM unnest(%s::text[], %s::text[], %s::jsonb[], %s::timestamptz[])"
        " ON CONFLICT (register, key) DO UPDATE SET answer = excluded.answer, expires_at = excluded.expires_at",
        (
            keys(register for (register, _), _ in last),
            keys(key for (_, key), _ in last),
            keys(to_json(answer).decode() for _, (answer, _) in last),
            keys(expires.isoformat() for _, (_, expires) in last),
        ),
    )
    return [None] * len(answers)
