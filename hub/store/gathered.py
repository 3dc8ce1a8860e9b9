"""Small pieces of work that come at the same time and share a transaction. Imports the errors only.

Without a timer: a piece that comes alone is done at once, and what comes while a transaction is under way is done in the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from hub.errors import Unavailable
from hub.store.inbox import Connection

Piece = TypeVar("Piece")
Result = TypeVar("Result")

MOST = 500
"""Pieces in one transaction."""


class GatheredWork(Generic[Piece, Result]):
    """Pieces of one kind. ``work`` does several on a connection from ``within`` (``Store.transaction``, or ``Store.statement`` where one
    statement does them all), and returns the result of each, in their order.
    """

    def __init__(
        self,
        within: Callable[[], AbstractAsyncContextManager[Connection]],
        work: Callable[[Connection, Sequence[Piece]], Awaitable[Sequence[Result]]],
    ) -> None:
        self._within = within
        self._work = work
        self._waiting: list[tuple[Piece, asyncio.Future[Result]]] = []
        self._under_way: asyncio.Task[None] | None = None

    async def do(self, piece: Piece) -> Result:
        """The result of one piece, once its transaction is committed. Raises what the transaction raised: ``Unavailable`` for all that
        shared it; any other error for the piece that meets it when it is done by itself.
        """
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((piece, result))
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._go_on())
        return await result

    async def _go_on(self) -> None:
        some: list[tuple[Piece, asyncio.Future[Result]]] = []
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._settle(some)
        finally:
            self._under_way = None
            _raise_in(
                [*some, *self._waiting], Unavailable("stopping")
            )  # those that were settled keep what they were told
            self._waiting = []

    async def _settle(self, some: Sequence[tuple[Piece, asyncio.Future[Result]]]) -> None:
        try:
            await self._commit(some)
        except Exception as error:  # noqa: BLE001 - one piece's error must not be another's
            if len(some) == 1 or isinstance(error, Unavailable):
                _raise_in(some, error)
                return
            for one in some:
                await self._settle([one])

    async def _commit(self, some: Sequence[tuple[Piece, asyncio.Future[Result]]]) -> None:
        async with self._within() as connection:
            results = await self._work(connection, [piece for piece, _ in some])
        for (_, waiting), result in zip(some, results, strict=True):
            if not waiting.done():  # who waited may have been cancelled
                waiting.set_result(result)


def _raise_in(some: Sequence[tuple[Piece, asyncio.Future[Result]]], error: Exception) -> None:
    for _, waiting in some:
        if not waiting.done():
            waiting.set_exception(error)
