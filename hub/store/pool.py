"""The connections to PostgreSQL that a process keeps open: as many as were in use at once, and no more than it may have. Imports psycopg
only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus

Connection = AsyncConnection[tuple[Any, ...]]


class ConnectionPool:
    """The connection that was used last is given first: the server has its statements prepared and its caches warm."""

    def __init__(self, address: str, *, most: int, wait_s: float, **how: Any) -> None:
        """``most``: connections at once; ``wait_s``: seconds to wait for a free one; ``how``: the parameters of each."""
        self.address = address
        self._how = how
        self._wait_s = wait_s
        self._places = asyncio.Semaphore(most)
        self._idle: list[Connection] = []
        self._closed = False
        self.in_use = 0
        """Connections that are given out."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection that is in no transaction; it is kept for the next who asks if it is in none at the end.

        Raises ``TimeoutError`` when none comes free in time, psycopg's error when the server does not answer.
        """
        async with asyncio.timeout(self._wait_s):
            await self._places.acquire()
        self.in_use += 1
        try:
            connection = self._idle.pop() if self._idle else await AsyncConnection.connect(self.address, **self._how)
            try:
                yield connection
            finally:
                if self._closed or connection.info.transaction_status != TransactionStatus.IDLE:
                    await connection.close()
                else:
                    self._idle.append(connection)
        finally:
            self.in_use -= 1
            self._places.release()

    async def close(self) -> None:
        """Close the connections that nobody uses; the others are closed when they come back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()
