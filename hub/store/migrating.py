"""Brings the database up to this version. Imports alembic, which only this act needs, and the connection."""

from __future__ import annotations

from functools import partial

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg import AsyncConnection
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from hub.errors import Misconfigured, Unavailable
from hub.store.transaction import CONNECT, MIGRATIONS, DatabaseFault, address_of, fault_of, meaning


async def migrate(url: str) -> None:
    """Bring the database to this code's newest migration; a lock keeps two hubs from doing so at the same time.

    Raises ``Misconfigured`` when the database does not answer, or is of a newer version.
    """
    connect = partial(AsyncConnection.connect, address_of(url), **CONNECT)
    engine = create_async_engine("postgresql+psycopg://", async_creator=connect)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    except CommandError as error:  # alembic does not know the migration at which the database stands
        raise Misconfigured(str(DatabaseFault("newer"))) from error
    except (DBAPIError, OSError) as error:
        original = getattr(error, "orig", None) or error
        if isinstance(meaning(original), Unavailable):
            raise Misconfigured(str(fault_of(original))) from error
        raise meaning(original) from error
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(2017612)"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
