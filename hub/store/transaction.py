"""The connection to PostgreSQL: the pool, one transaction, what its failures mean, migrations. Imports sqlalchemy,
psycopg, alembic.

SQLAlchemy keeps the pool and serves the cold paths; the hot path speaks to the psycopg connection beneath it (COPY,
unnest).
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import AsyncConnection, sql
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection as AsyncConnection_
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hub.errors import Misconfigured, Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
_PASSES = ("08", "0A000", "25", "26", "28", "3D", "40", "42501", "42P05", "53", "55", "57", "58", "F0", "XX")
"""SQLSTATEs (or their first two) that speak of the server and not of the message in hand: connection, a plan that a migration
made stale, a server that is read-only during a switch-over, statements prepared on another connection, log-in and rights,
serialization, resources, locks, the operator's shutdown, the disk, the server's own configuration and faults.
"""
CONNECT: dict[str, Any] = {
    "application_name": "samverkan-hub",
    "connect_timeout": 10,
    # A machine that lost its power says nothing: after some 20 s either side knows that the other is gone.
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How every connection of the hub is made."""
_SESSION = (
    # Every hot question is a look-up by key; a plan made while the tables were small must not scan them when they are large.
    "-c enable_seqscan=off -c jit=off"
    # What a hub that is gone, or stopped in mid-work, still holds is given free: its row locks, and with them its cases.
    " -c idle_in_transaction_session_timeout=15s -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5"
    " -c tcp_keepalives_count=3 -c tcp_user_timeout=20s"
)


_AT_THE_SAME_TIME = ("23505", "40001", "40P01")
"""SQLSTATE of a key that is there already, of transactions that cannot both be, of two that wait for each other."""


class Conflict(Exception):  # noqa: N818 - it is no fault: the work is simply done again
    """Another transaction was at the same at the same time; the batch is handled again and then sees what stands."""


class Store:
    """PostgreSQL. ``url``: ``postgresql+psycopg://…``; ``pool``: connections at the most; ``wait_s``: seconds until it is
    said that none came free.
    """

    def __init__(self, url: str, *, pool: int = 10, wait_s: float = 30.0) -> None:
        self.engine: AsyncEngine = create_async_engine(
            driven(url),
            pool_size=pool,
            max_overflow=0,
            pool_timeout=wait_s,
            connect_args=CONNECT | {"options": _SESSION},
        )

    async def close(self) -> None:
        """Gives the connections back to the server."""
        await self.engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection[tuple[Any, ...]]]:
        """One transaction on a psycopg connection: committed at the end, rolled back when anything is raised.

        Raises ``Unavailable`` when the database does not answer now and ``Conflict`` where another was at the same.
        """
        try:
            async with self.engine.connect() as outer:
                pooled = await outer.get_raw_connection()
                raw = cast("AsyncConnection[tuple[Any, ...]]", pooled.driver_connection)
                try:
                    yield raw
                    await raw.commit()
                except BaseException as error:
                    await _undo(outer, raw, error)
                    raise
        except (psycopg.Error, SQLAlchemyError, TimeoutError, OSError) as error:
            raise meaning(error) from error

    async def check(self) -> str | None:
        """None when the database answers, takes writes and stands at this code's migration, else the reason in one word."""
        try:
            async with self.engine.connect() as connection:
                found = await connection.execute(
                    text("SELECT version_num, current_setting('transaction_read_only') FROM alembic_version")
                )
                version, read_only = found.one()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            return "not-migrated" if "UndefinedTable" in type(getattr(error, "orig", error)).__name__ else "no-answer"
        if read_only == "on":
            return "read-only"
        return None if version == head() else "not-migrated"


async def _undo(outer: AsyncConnection_, raw: AsyncConnection[tuple[Any, ...]], error: BaseException) -> None:
    """Rolls back; a connection whose server is not well is given up, since a new one may reach another that is.

    Raises nothing: what ended the transaction, above all a cancellation, must come through as what it was.
    """
    with contextlib.suppress(psycopg.Error, SQLAlchemyError, OSError):
        if raw.closed or (isinstance(error, Exception) and isinstance(meaning(error), Unavailable)):
            await outer.invalidate()
        else:
            await raw.rollback()


def driven(url: str) -> str:
    """The URL with our driver: users write ``postgresql://`` or ``postgres://`` as everywhere else."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme in {"postgresql", "postgres"} else url


def meaning(error: Exception) -> Exception:
    """What a failure of the database means for the message in hand: ``Conflict`` when another was at the same,
    ``Unavailable`` when the server or the way to it is at fault and the same will do later, else the error itself: a
    defect of ours in just this message.
    """
    original = getattr(error, "orig", None) or error
    if isinstance(original, psycopg.Error):
        state = original.sqlstate
        if state in _AT_THE_SAME_TIME:
            return Conflict(original.diag.constraint_name or state)
        lost = isinstance(original, psycopg.OperationalError | psycopg.InterfaceError)
        return Unavailable("database") if (lost if state is None else state.startswith(_PASSES)) else error
    # What the pool says (no connection came free in time), the system, and a time-out of ours.
    return Unavailable("database") if isinstance(original, SQLAlchemyError | OSError | TimeoutError) else error


async def copy(
    connection: AsyncConnection[tuple[Any, ...]],
    table: str,
    columns: Sequence[str],
    types: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> None:
    """Writes rows with one binary COPY; ``types`` are PostgreSQL's names of the columns' types."""
    if not rows:
        return
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    async with connection.cursor().copy(statement) as out:
        out.set_types(types)
        for row in rows:
            await out.write_row(row)


def array(parts: Iterable[str]) -> str:
    """PostgreSQL's text form of an array of parts that need no quoting, or bring their own: psycopg's is slow for
    long ones.
    """
    return "{" + ",".join(parts) + "}"


def keys(parts: Iterable[str]) -> str:
    """Texts as an array; their quotes and backslashes are escaped."""
    return array('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def head() -> str:
    """The newest migration that this code knows."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    if found is None:
        raise Misconfigured("there is no migration in the package")
    return found


async def migrate(url: str) -> None:
    """Brings the database up to this code's migration; two at a time wait for each other."""
    from alembic import command

    def upgrade(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(2017612)"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    engine = create_async_engine(driven(url))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    except (DBAPIError, OSError) as error:
        raise meaning(error) from error
    finally:
        await engine.dispose()
