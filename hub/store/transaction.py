"""The connection to PostgreSQL: transactions, the meaning of errors. Imports psycopg and the pool."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict

from hub.errors import Misconfigured, Unavailable
from hub.store.pool import ConnectionPool

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
    """PostgreSQL. ``url``: ``postgresql://…``; ``pool``: the most connections; ``wait_s``: seconds to wait for a free one."""

    def __init__(self, url: str, *, pool: int = 10, wait_s: float = 30.0) -> None:
        self.address = address_of(url)
        self.pool = ConnectionPool(self.address, most=pool, wait_s=wait_s, **CONNECT, options=_SESSION)

    async def close(self) -> None:
        """Close all connections."""
        await self.pool.close()

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
            async with self.pool.connection() as raw:
                try:
                    yield raw
                except BaseException as error:
                    await _undo(raw, error)
                    raise
        except (psycopg.Error, TimeoutError, OSError) as error:
            raise meaning(error) from error

    async def check(self) -> DatabaseFault | None:
        """None when the database answers, accepts writes and has this code's migration."""
        try:
            async with self.statement() as connection:
                found = await connection.execute(
                    "SELECT version_num, current_setting('transaction_read_only') FROM alembic_version"
                )
                ((version, read_only),) = await found.fetchall()
        except (Unavailable, psycopg.Error) as error:
            return fault_of(error)
        if read_only == "on":
            return DatabaseFault("read-only")
        if version == head():
            return None
        return DatabaseFault("not-migrated" if version in _known() else "newer")


def fault_of(error: Exception) -> DatabaseFault:
    """Why an error of the driver's, or of the operating system's, says that the database cannot be used."""
    original = (error.__cause__ if isinstance(error, Unavailable) else None) or error
    state = getattr(original, "sqlstate", None)
    if state in _WORDS:
        return DatabaseFault(_WORDS[state])
    return DatabaseFault("no-answer", " ".join(str(original).split())[:300])


async def _undo(raw: AsyncConnection[tuple[Any, ...]], error: BaseException) -> None:
    """Roll back; close the connection when its server failed, since a new connection may reach another server.

    Raises nothing, so that the exception that ended the transaction, such as a cancellation, is the one that is raised.
    """
    with contextlib.suppress(psycopg.Error, OSError):
        if raw.closed or (isinstance(error, Exception) and isinstance(meaning(error), Unavailable)):
            await raw.close()
        else:
            await raw.rollback()


_URL = re.compile(r"postgres(?:ql)?(?:\+psycopg)?://(?:([^:/@]*)(?::([^@]*))?@)?(.*)")


def address_of(url: str) -> str:
    """The address as PostgreSQL's own library reads it; settings may say ``postgres://``, or name the driver, and a password may hold
    what should be written as ``%…``. Raises ``Misconfigured`` when it is no address of PostgreSQL's.
    """
    if (found := _URL.fullmatch(url)) is not None:
        user, password, rest = found.groups()
        said = ":".join(quote(unquote(each), safe="") for each in (user, password) if each is not None)
        address = f"postgresql://{said}{'' if user is None else '@'}{rest}"
        with contextlib.suppress(psycopg.ProgrammingError):
            conninfo_to_dict(address)
            return address
    raise Misconfigured(
        "HUB_DATABASE_URL is no address of PostgreSQL: write it as postgresql://user:password@host:5432/name"
    )


def meaning(error: Exception) -> Exception:
    """What a database error means: ``Conflict`` when another transaction wrote the same rows; ``Unavailable`` when the server or
    the network failed, so that the same work succeeds later; else the error itself, which is a defect of the hub with this
    message.
    """
    if isinstance(error, psycopg.Error):
        state = error.sqlstate
        if state in _CONFLICTS:
            return Conflict(error.diag.constraint_name or state)
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return Unavailable("database") if (lost if state is None else state.startswith(_TRANSIENT)) else error
    # From the pool (no free connection in time), from the operating system, or a time-out of the hub's.
    return Unavailable("database") if isinstance(error, OSError | TimeoutError) else error


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
