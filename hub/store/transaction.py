"""The connection to PostgreSQL: the pool, one transaction, what its failures mean, migrations. Imports sqlalchemy,
psycopg, alembic.

SQLAlchemy keeps the pool and serves the cold paths; the hot path speaks to the psycopg connection beneath it (COPY,
unnest).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import AsyncConnection, sql
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hub.errors import Misconfigured, Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
_CODES_OF_OUTAGE = ("08", "53", "57", "40", "25P03")
"""SQLSTATE classes that pass: connection, resources, operator's shutdown, serialization, idle time-out."""


_AT_THE_SAME_TIME = ("23505", "40001", "40P01")
"""SQLSTATE of a key that is there already, of transactions that cannot both be, of two that wait for each other."""


class Conflict(Exception):  # noqa: N818 - it is no fault: the work is simply done again
    """Another transaction was at the same at the same time; the batch is handled again and then sees what stands."""


class Store:
    """PostgreSQL. ``url``: ``postgresql+psycopg://…``; ``pool``: connections at the most."""

    def __init__(self, url: str, *, pool: int = 10) -> None:
        self.engine: AsyncEngine = create_async_engine(
            driven(url),
            pool_size=pool,
            max_overflow=0,
            pool_timeout=30,
            # Every hot question is a look-up by key; a plan made while the tables were small must not scan them when
            # they are large.
            connect_args={"options": "-c enable_seqscan=off -c jit=off"},
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
                except psycopg.OperationalError:
                    await outer.invalidate()
                    raise
                except BaseException:
                    if not raw.closed:
                        await raw.rollback()
                    raise
        except (psycopg.Error, DBAPIError, PoolTimeout, TimeoutError, OSError) as error:
            raise meaning(error) from error

    async def check(self) -> str | None:
        """None when the database answers and stands at this code's migration, else the reason in one word."""
        try:
            async with self.engine.connect() as connection:
                version = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
        except (DBAPIError, PoolTimeout, OSError, TimeoutError) as error:
            return "not-migrated" if "UndefinedTable" in type(getattr(error, "orig", error)).__name__ else "no-answer"
        return None if version == head() else "not-migrated"


def driven(url: str) -> str:
    """The URL with our driver: users write ``postgresql://`` or ``postgres://`` as everywhere else."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme in {"postgresql", "postgres"} else url


def meaning(error: Exception) -> Exception:
    """What a failure of the database means for the message in hand."""
    original = getattr(error, "orig", error)
    state = getattr(original, "sqlstate", None)
    if isinstance(original, psycopg.Error) and state in _AT_THE_SAME_TIME:
        return Conflict(original.diag.constraint_name or state)
    if state is None or state.startswith(_CODES_OF_OUTAGE):
        return Unavailable("database")
    return error


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
