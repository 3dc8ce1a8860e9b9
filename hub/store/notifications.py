"""What other processes tell by NOTIFY, over one connection of its own. Imports psycopg, the advisory locks' connection and the errors."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import AsyncConnection, sql

from hub.errors import Unavailable
from hub.store.advisory_locks import connect
from hub.store.transaction import Store


class Notifications:
    """Listens on a channel while it is asked; opened when it is first asked, and again after it was lost."""

    def __init__(self, store: Store, channel: str) -> None:
        self._store = store
        self._channel = channel
        self._connection: AsyncConnection[tuple[Any, ...]] | None = None

    async def within(self, seconds: float) -> set[str]:
        """What is told first, with all that is there by then; empty when nothing comes in so many seconds, and where the connection
        was just opened, so that something may have been missed. Raises ``Unavailable``.
        """
        try:
            if self._connection is None:
                self._connection = await connect(self._store)
                await self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
                return set()
            return {one.payload async for one in self._connection.notifies(timeout=seconds, stop_after=1)}
        except (psycopg.Error, OSError) as error:
            await self.aclose()
            raise Unavailable("database") from error

    async def aclose(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
