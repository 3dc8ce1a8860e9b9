"""Advisory locks, which divide the work among several hubs and end with their database session. Imports psycopg and the
transaction only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection

from hub.errors import Misconfigured, Unavailable
from hub.store.transaction import CONNECT, Store

Connection = AsyncConnection[tuple[Any, ...]]
Answer = TypeVar("Answer")

_TIMEOUT_S = 5.0
"""Seconds for one statement; a session that does not answer in time counts as lost."""
_SILENCE_S = 10
"""Seconds of silence after which the server ends a session, so that a hub that was stopped, or lost its power, loses its locks."""
_SILENT_WORK_S = 15
"""Seconds after which another hub ends a hub's session that is within a statement and waits for its client: no time-out of the
server ends it, and its row locks would block their cases.
"""
_RELEASE_S = 1.0
"""Seconds that a hub that stops waits for its locks to be given back; the database may be what is away."""
_PROBES = 5


class Ownership:
    """Locks by name, all held by one session; when the session is lost, all locks are."""

    def __init__(self, store: Store, purpose: str) -> None:
        self._store = store
        self._purpose = purpose
        self._connection: Connection | None = None
        self._session = 0
        self.held: frozenset[str] = frozenset()
        """The locks that this hub believes to hold; only an answer of the session itself (``ask``) proves it."""

    async def hold(self, names: set[str], most: int | None = None) -> frozenset[str]:
        """Take those of ``names`` that are free, until ``most`` are held; return all locks held now.

        Raises ``Unavailable`` when the session is lost, and with it all locks.
        """
        wanted = sorted(names - self.held)
        taken = await self.ask(self._try, wanted, len(wanted) if most is None else max(0, most - len(self.held)))
        self.held |= taken
        return self.held

    async def give_back(self, names: set[str]) -> None:
        """Release some of the locks. Raises ``Unavailable`` when the session is lost, and with it all locks."""
        await self.ask(self._release, sorted(names & self.held))
        self.held -= names

    async def sharing(self, number: int) -> frozenset[int]:
        """The numbers of all sessions that share in this purpose, this one's included; ``number``: drawn at random by the process."""
        return await self.ask(self._share, number)

    async def mark_of_database(self) -> str:
        """A short word for the database: the same in all its sessions and after a standby took over, another in any other database."""
        return await self.ask(_mark)

    async def ask(self, question: Callable[..., Awaitable[Answer]], *values: Any) -> Answer:
        """Run a statement in the session that holds the locks: an answer proves that they were held at that moment.

        Raises ``Unavailable`` when the session is lost, and with it all locks.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await question(self._connection or await self._open(), *values)
        except (psycopg.Error, OSError, TimeoutError) as error:
            await self._drop()
            raise Unavailable("database") from error

    async def _try(self, connection: Connection, names: list[str], most: int) -> frozenset[str]:
        found = await connection.execute(
            "SELECT pg_backend_pid(), ARRAY(SELECT name FROM unnest(%s::text[]) AS name"
            " WHERE pg_try_advisory_lock(hashtext(%s), hashtext(name)) LIMIT %s)",
            (names, self._purpose, most),
        )
        ((session, taken),) = await found.fetchall()
        if session != self._session:
            raise psycopg.OperationalError("the locks are another session's")
        return frozenset(taken)

    async def _release(self, connection: Connection, names: list[str]) -> None:
        await connection.execute(
            "SELECT pg_advisory_unlock(hashtext(%s), hashtext(name)) FROM unnest(%s::text[]) AS name",
            (self._purpose, names),
        )

    async def _share(self, connection: Connection, number: int) -> frozenset[int]:
        """A session shows that it shares by a lock of a kind of its own, which ends with it; taken once, and then found."""
        kind = f"{self._purpose}/shares"
        found = await connection.execute(
            "SELECT objid::bigint, pid = pg_backend_pid() FROM pg_locks"
            " WHERE locktype = 'advisory' AND objsubid = 2 AND classid = (hashtext(%s)::bigint & 4294967295)::oid AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            (kind,),
        )
        shown = await found.fetchall()
        if not any(own for _, own in shown):
            await connection.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", (kind, number))
        return frozenset({number, *(int(one) for one, _ in shown)})

    async def _open(self) -> Connection:
        await self._drop()
        self._connection = await connect(self._store, f"-c idle_session_timeout={_SILENCE_S}s")
        self._session = await _session_of(self._connection)
        return self._connection

    async def close(self) -> None:
        """Release all locks and close the session; afterwards another hub can take them at once.

        The server ends a closed session in its own time, so the locks are given back by a statement first. A session that does
        not answer is closed without.
        """
        if self._connection is not None:
            with suppress(psycopg.Error, OSError, TimeoutError):
                async with asyncio.timeout(_RELEASE_S):
                    await self._connection.execute("SELECT pg_advisory_unlock_all()")
        await self._drop()

    async def _drop(self) -> None:
        """Close the session without a word: the server ends it, and with it all its locks."""
        self.held = frozenset()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


async def connect(store: Store, options: str = "") -> Connection:
    """Open a connection outside the pool."""
    how = CONNECT | {"options": f"{options} -c tcp_user_timeout=20s"}
    return await AsyncConnection.connect(store.address, autocommit=True, **how)


async def end_silent(connection: Connection) -> int:
    """End the sessions of hubs that were stopped within a statement; return how many. The server rolls their work back, and a
    hub that continues afterwards repeats it.
    """
    found = await connection.execute(
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = current_user AND application_name = %s AND state = 'active'"
        " AND wait_event_type = 'Client' AND clock_timestamp() - query_start > make_interval(secs => %s)",
        (CONNECT["application_name"], _SILENT_WORK_S),
    )
    ((ended,),) = await found.fetchall()
    return int(ended)


async def check_sessions(store: Store) -> None:
    """Raise ``Misconfigured`` when connections share a session, as behind a pooler in transaction mode, where two hubs could hold
    the same lock. Raises ``Unavailable`` when the database does not answer.
    """
    try:
        one, other = await connect(store), await connect(store)
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                for _ in range(_PROBES):
                    before = await _session_of(one)
                    if before == await _session_of(other):
                        raise Misconfigured(_POOLED)
                    async with other.transaction():
                        inside, after = await _session_of(other), await _session_of(one)
                    if before == inside or before != after:
                        raise Misconfigured(_POOLED)
        finally:
            await one.close()
            await other.close()
    except (psycopg.Error, OSError, TimeoutError) as error:
        if "startup parameter" in str(error):  # PgBouncer's answer to a setting that it does not pass on
            raise Misconfigured(_POOLED) from None
        raise Unavailable("database") from error


async def _mark(connection: Connection) -> str:
    """Of the cluster and the database in it. A copy by pg_dump has a mark of its own, a copy of all the server's files has not."""
    found = await connection.execute(
        "SELECT left(md5(system_identifier || ' ' || oid), 8) FROM pg_control_system(), pg_database"
        " WHERE datname = current_database()"
    )
    ((mark,),) = await found.fetchall()
    return str(mark)


async def _session_of(connection: Connection) -> int:
    row = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
    assert row is not None
    return int(row[0])


_POOLED = (
    "HUB_DATABASE_URL leads to a pooler that gives one session to several connections (PgBouncer's pool_mode=transaction): the"
    " hub's locks do not hold there. Let it lead to PostgreSQL itself, or to a pool in session mode."
)
