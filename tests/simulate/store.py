"""The hub's side of the model: the store and its connections, as the hub's code calls them, and where a process may die.

Whatever the hub asks of the database goes through ``Connection.run``, which takes time and may fail. Imports the model and the
hub's own meaning of PostgreSQL's errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from hub.store.transaction import meaning
from tests.simulate.database import Server, Session, Statement
from tests.simulate.loop import Process, current


@dataclass(frozen=True, slots=True)
class Notification:
    payload: str


class Connection:
    """What the hub's functions are given in place of a psycopg connection."""

    def __init__(self, server: Server, session: Session) -> None:
        self.server = server
        self.session = session
        self._one_by_one = asyncio.Lock()

    async def run(self, work: Statement | str) -> Any:
        """Have the server do a statement; raises psycopg's errors."""
        async with self._one_by_one:
            reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self.server.request(self.session, work, reply)
            return await reply

    async def close(self) -> None:
        self.server.end(self.session)

    async def execute(self, statement: object, *_: object) -> Any:
        """The few statements that no function of the store has to itself; any other is a fault of the model."""
        if statement == "SELECT pg_advisory_unlock_all()":
            return await self.run(lambda transaction: transaction.release_session_locks())
        if statement == "SET LOCAL synchronous_commit = off":
            return await self.run(lambda transaction: setattr(transaction, "lazy", True))
        if isinstance(statement, sql.Composed) and (text := statement.as_string()).startswith("LISTEN "):
            return await self.run(lambda transaction: transaction.session.listens.add(text.split('"')[1]))
        raise self.fault(f"the model lacks: {statement}")

    async def notifies(self, *, timeout: float, stop_after: int) -> AsyncIterator[Notification]:  # noqa: ASYNC109 - psycopg's
        """What is told on the channels that the session listens to: all that is there when the first has come."""
        del stop_after
        if self.session.ended:
            raise psycopg.errors.AdminShutdown("the session was ended")
        if not self.session.heard:
            self.session.hears = asyncio.get_running_loop().create_future()
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self.session.hears
        heard, self.session.heard = self.session.heard, []
        for text in heard:
            yield Notification(text)

    def cursor(self, **_: object) -> Any:
        raise self.fault("the model lacks what asks for a cursor")

    def fault(self, what: str) -> Exception:
        """Ends the simulation: the hub would take the error for one of its own."""
        self.server.loop.failure = self.server.loop.failure or NotImplementedError(what)
        return NotImplementedError(what)


class Store:
    """In place of ``hub.store.transaction.Store``."""

    def __init__(self, server: Server, at_commit: Any, *, pool: int = 10) -> None:
        """``at_commit``: called with the process and ``before`` or ``under way`` at each commit; it may kill the process."""
        self.server = server
        self._at_commit = at_commit
        self._free = asyncio.Semaphore(pool)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        try:
            async with self._free:
                connection = Connection(self.server, self.server.connect(current()))
                try:
                    yield connection
                    await self._commit(connection)
                except BaseException as error:
                    if isinstance(error, Exception) and not connection.session.ended:
                        with suppress(psycopg.Error):
                            await connection.run("rollback")
                    raise
                finally:
                    self.server.end(connection.session)
        except (psycopg.Error, OSError, TimeoutError) as error:
            raise meaning(error) from error

    async def _commit(self, connection: Connection) -> None:
        process = current()
        self._at_commit(process, "before")
        if process is not None and process.dead:
            await asyncio.get_running_loop().create_future()  # never comes
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.server.request(connection.session, "commit", reply)
        self._at_commit(process, "under way")
        await reply


def connect(server: Server, process: Process | None, idle_s: float | None) -> Connection:
    """A session outside of the pool, which commits each statement; the server ends it when its client is silent."""
    return Connection(server, server.connect(process, autocommit=True, idle_s=idle_s))
