"""The connection to PostgreSQL: the pool, transactions, the meaning of errors. Imports sqlalchemy and psycopg.

SQLAlchemy keeps the pool; the statements run on the psycopg connection beneath it, which has COPY and unnest.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection as AsyncConnection_
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hub.errors import Misconfigured, Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
_TRANSIENT = ("08", "0A000", "25", "26", "28", "3D", "40", "42501", "42P05", "53", "55", "57", "58", "F0", "XX")
"""SQLSTATEs, or their first two characters, that concern the server and not the message: connection, a plan outdated by a
migration, a server that is read-only during a switch-over, statements prepared on another connection, login and rights,
serialization, resources, locks, shutdown, disk, configuration and internal errors of the server.
"""
CONNECT: dict[str, Any] = {
    "application_name": "samverkan-hub",
    "connect_timeout": 10,
    # A machine that lost its power sends nothing: after some 20 s each side notices that the other is gone.
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""The parameters of every connection of the hub."""
_SESSION = (
    # Every frequent query is a look-up by key; a plan made while the tables were small must not scan them when they are large.
    "-c enable_seqscan=off -c jit=off"
    # A hub that died or was stopped within a transaction must lose its row locks, which block their cases.
    " -c idle_in_transaction_session_timeout=15s -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5"
    " -c tcp_keepalives_count=3 -c tcp_user_timeout=20s"
)


_CONFLICTS = ("23505", "40001", "40P01")
"""SQLSTATEs of a duplicate key, of transactions that cannot be serialized, of a deadlock."""


class Conflict(Exception):  # noqa: N818 - not an error: the work is repeated
    """Another transaction wrote the same rows at the same time; repeat the work, which then sees the other's result."""


_WORDS = {"42P01": "not-migrated", "25006": "read-only"}
"""SQLSTATE of a table that is not there, and of a write that the server does not take → the word for it."""
_WHAT_TO_DO = {
    "no-answer": "the database does not answer, or not to us: see that it runs and that HUB_DATABASE_URL is right",
    "not-migrated": "the database has not been brought up to this version: run `hub migrate`",
    "newer": "the database is of a newer version than this program: run that version, or restore the copy made before it",
    "read-only": "the database takes no writes: HUB_DATABASE_URL leads to a standby, or it is switching over",
}


@dataclass(frozen=True, slots=True)
class DatabaseFault:
    """Why the database cannot be used now."""

    word: str
    """A key of ``_WHAT_TO_DO``; shown by readiness."""
    said: str = ""
    """What the client library said: names host and user, never the password."""

    @property
    def is_outage(self) -> bool:
        """Whether the database is away, or takes no writes now; else it is of another version than this program."""
        return self.word in {"no-answer", "read-only"}

    def __str__(self) -> str:
        return _WHAT_TO_DO[self.word] + (f" ({self.said})" if self.said else "")


class Store:
    """PostgreSQL. ``url``: ``postgresql+psycopg://…``; ``pool``: the most connections; ``wait_s``: seconds to wait for a free
    one.
    """

    def __init__(self, url: str, *, pool: int = 10, wait_s: float = 30.0) -> None:
        self.engine: AsyncEngine = engine_of(
            url,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=wait_s,
            connect_args=CONNECT | {"options": _SESSION},
        )

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection[tuple[Any, ...]]]:
        """One transaction on a psycopg connection, committed at the end and rolled back on any exception.

        Raises ``Unavailable`` when the database does not answer, ``Conflict`` when another transaction wrote the same rows.
        """
        async with self._connection() as raw:
            yield raw
            await raw.commit()

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[AsyncConnection[tuple[Any, ...]]]:
        """A connection on which each statement is a transaction of its own, for work that is one statement: it costs one message to the
        server and back, a transaction around it two more. Raises as ``transaction`` does.
        """
        async with self._connection() as raw:
            await raw.set_autocommit(True)
            try:
                yield raw
            finally:
                if not raw.closed:
                    await raw.set_autocommit(False)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection[tuple[Any, ...]]]:
        try:
            async with self.engine.connect() as outer:
                pooled = await outer.get_raw_connection()
                raw = cast("AsyncConnection[tuple[Any, ...]]", pooled.driver_connection)
                try:
                    yield raw
                except BaseException as error:
                    await _undo(outer, raw, error)
                    raise
        except (psycopg.Error, SQLAlchemyError, TimeoutError, OSError) as error:
            raise meaning(error) from error

    async def check(self) -> DatabaseFault | None:
        """None when the database answers, accepts writes and has this code's migration."""
        try:
            async with self.engine.connect() as connection:
                found = await connection.execute(
                    text("SELECT version_num, current_setting('transaction_read_only') FROM alembic_version")
                )
                version, read_only = found.one()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            return fault_of(error)
        if read_only == "on":
            return DatabaseFault("read-only")
        if version == head():
            return None
        return DatabaseFault("not-migrated" if version in _known() else "newer")


def fault_of(error: Exception) -> DatabaseFault:
    """Why an error of the driver's, or of the operating system's, says that the database cannot be used."""
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None)
    if state in _WORDS:
        return DatabaseFault(_WORDS[state])
    return DatabaseFault("no-answer", " ".join(str(original).split())[:300])


async def _undo(outer: AsyncConnection_, raw: AsyncConnection[tuple[Any, ...]], error: BaseException) -> None:
    """Roll back; close the connection when its server failed, since a new connection may reach another server.

    Raises nothing, so that the exception that ended the transaction, such as a cancellation, is the one that is raised.
    """
    with contextlib.suppress(psycopg.Error, SQLAlchemyError, OSError):
        if raw.closed or (isinstance(error, Exception) and isinstance(meaning(error), Unavailable)):
            await outer.invalidate()
        else:
            await raw.rollback()


def driven(url: str) -> str:
    """The URL with the driver that the hub uses; settings may say ``postgresql://`` or ``postgres://``."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme in {"postgresql", "postgres"} else url


def engine_of(url: str, **how: Any) -> AsyncEngine:
    """The connections to the database; raises ``Misconfigured`` when the address is not one of PostgreSQL's."""
    if driven(url).startswith("postgresql+psycopg://"):
        with contextlib.suppress(ArgumentError, ValueError):
            return create_async_engine(driven(url), **how)
    raise Misconfigured(
        "HUB_DATABASE_URL is no address of PostgreSQL: write it as postgresql://user:password@host:5432/name"
    )


def meaning(error: Exception) -> Exception:
    """What a database error means: ``Conflict`` when another transaction wrote the same rows; ``Unavailable`` when the server or
    the network failed, so that the same work succeeds later; else the error itself, which is a defect of the hub with this
    message.
    """
    original = getattr(error, "orig", None) or error
    if isinstance(original, psycopg.Error):
        state = original.sqlstate
        if state in _CONFLICTS:
            return Conflict(original.diag.constraint_name or state)
        lost = isinstance(original, psycopg.OperationalError | psycopg.InterfaceError)
        return Unavailable("database") if (lost if state is None else state.startswith(_TRANSIENT)) else error
    # From the pool (no free connection in time), from the operating system, or a time-out of the hub's.
    return Unavailable("database") if isinstance(original, SQLAlchemyError | OSError | TimeoutError) else error


def array(parts: Iterable[str]) -> str:
    """A PostgreSQL array as text, of parts that need no quotes or have them; psycopg's own way is slow for long arrays."""
    return "{" + ",".join(parts) + "}"


def keys(parts: Iterable[str | None]) -> str:
    """A PostgreSQL array of texts, quoted."""
    return array(
        "NULL" if part is None else '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts
    )


def head() -> str:
    """The newest migration that this code knows."""
    return max(_known())


def _known() -> frozenset[str]:
    """All migrations that this code knows, by the numbers that begin their files' names: alembic takes long to load."""
    found = frozenset(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    if not found:
        raise Misconfigured("there is no migration in the package")
    return found
