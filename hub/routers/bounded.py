"""No caller waits longer than a bound for an answer, also when what the hub needs stands still. Imports Starlette only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOOK_S: Final = 0.5


class Bounded:
    """Answers in the route's place when that has not begun its answer in time.

    The route is not cancelled: it may be in the midst of a commit, and a connection to a server that stands still cannot be cancelled.
    What it does later is done; a sender that sends the same again is told so as of a repeat (D-2).
    """

    def __init__(self, app: ASGIApp, seconds: float, answer: Callable[[Request], Awaitable[Response]]) -> None:
        """``seconds``: counted while the hub works, not while it reads the request; ``answer``: what the caller is told."""
        self._app = app
        self._seconds = seconds
        self._answer = answer
        self._left: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reads, begun, over = False, False, False

        async def received() -> Message:
            nonlocal reads
            reads = True
            try:
                return await receive()
            finally:
                reads = False

        async def sent(message: Message) -> None:
            nonlocal begun
            if not over:
                begun = True
                await send(message)

        task = asyncio.ensure_future(self._app(scope, received, sent))
        try:
            worked = 0.0
            while not (await asyncio.wait({task}, timeout=_LOOK_S))[0] and not begun:
                worked += 0.0 if reads else _LOOK_S
                if worked >= self._seconds:
                    over = True
                    self._leave(task)
                    await (await self._answer(Request(scope)))(scope, receive, send)
                    return
            await task
        except asyncio.CancelledError:
            task.cancel()
            raise

    def _leave(self, task: asyncio.Task[None]) -> None:
        self._left.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._left.discard(task)
        if not task.cancelled():
            task.exception()  # it was answered, so nobody else asks how it ended
