"""Which hub does what, when there are several: advisory locks that die with their connection. Imports psycopg and the
transaction only.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import AsyncConnection

from hub.errors import Unavailable
from hub.store.transaction import Store


class Ownership:
    """Locks by name, held on one connection of their own; losing the connection loses them all."""

    def __init__(self, store: Store, purpose: str) -> None:
        self._store = store
        self._purpose = purpose
        self._connection: AsyncConnection[tuple[Any, ...]] | None = None
        self._held: set[str] = set()

    async def hold(self, names: set[str]) -> set[str]:
        """Keeps the locks it has, takes those that are free, gives up those not named; returns what is held now.

        Raises ``Unavailable`` when the connection is lost; then nothing is held.
        """
        try:
            if self._connection is None:
                self._connection = await self._connect()
            for name in names - self._held:
                row = await (await self._connection.execute(_TRY, (self._purpose, name))).fetchone()
                if row is not None and row[0]:
                    self._held.add(name)
            for name in self._held - names:
                await self._connection.execute(_UNLOCK, (self._purpose, name))
                self._held.discard(name)
            if names <= self._held:
                await self._connection.execute("SELECT 1")  # is it still there?
        except (psycopg.Error, OSError) as error:
            await self.close()
            raise Unavailable("database") from error
        return set(self._held)

    async def paused(self) -> set[str]:
        """Systems that operations has paused."""
        assert self._connection is not None
        try:
            found = await (await self._connection.execute("SELECT system FROM paused")).fetchall()
        except (psycopg.Error, OSError) as error:
            await self.close()
            raise Unavailable("database") from error
        return {row[0] for row in found}

    async def _connect(self) -> AsyncConnection[tuple[Any, ...]]:
        url = self._store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        return await AsyncConnection.connect(url, autocommit=True)

    async def close(self) -> None:
        """Gives everything up."""
        self._held.clear()
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


_TRY = "SELECT pg_try_advisory_lock(hashtext(%s), hashtext(%s))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext(%s), hashtext(%s))"
