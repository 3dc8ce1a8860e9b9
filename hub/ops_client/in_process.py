"""Calls an application of this process as if it were over HTTP, and hands on its answer while it comes. Imports httpx and the log.

httpx's own ``ASGITransport`` gives an answer when it has ended, which a stream of events never does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
from starlette.types import ASGIApp, Message, Scope

from hub.errors import kind_and_place
from hub.log import log

_AHEAD = 16
"""Pieces of an answer that may be made before the first is read."""


class InProcess(httpx.AsyncBaseTransport):
    """A transport to an application that is mounted at ``root``. One that has not begun its answer within the client's ``timeout`` is left
    to itself, since it may be in the midst of a commit, and its caller is told so.
    """

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app = app
        self._root = root
        self._left: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One call; the answer's body can be read while the application writes it."""
        answer = _AnswerUnderWay(self._app, self._scope(request), await request.aread())
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("read")):
                status, headers = await asyncio.shield(answer.begun)
        except TimeoutError:
            self._leave(answer)
            raise httpx.ReadTimeout("no answer in time", request=request) from None
        except asyncio.CancelledError:
            self._leave(answer)
            raise
        return httpx.Response(status, headers=headers, stream=answer)

    def _leave(self, answer: _AnswerUnderWay) -> None:
        """Its answer is thrown away when it comes."""
        work = answer.leave()
        self._left.add(work)
        work.add_done_callback(self._left.discard)

    def _scope(self, request: httpx.Request) -> Scope:
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": request.url.raw_path.split(b"?")[0],
            "root_path": self._root,
            "query_string": request.url.query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "server": (request.url.host, request.url.port),
            "client": (visitor, 0) if (visitor := request.headers.get("x-forwarded-for")) else None,
        }


class _AnswerUnderWay(httpx.AsyncByteStream):
    """What the application answers, piece by piece."""

    def __init__(self, app: ASGIApp, scope: Scope, body: bytes) -> None:
        self.begun: asyncio.Future[tuple[int, Any]] = asyncio.get_running_loop().create_future()
        """(status, headers), when the answer has begun."""
        self._asked = body
        self._given = False
        self._left = asyncio.Event()
        self._unread = False
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)
        self._work = asyncio.create_task(self._run(app, scope))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            yield piece

    async def aclose(self) -> None:
        """The caller reads no more: an application that still writes is ended."""
        self._left.set()
        self._work.cancel()
        await asyncio.gather(self._work, return_exceptions=True)

    def leave(self) -> asyncio.Task[None]:
        """Nobody reads the answer; return the work, which goes on."""
        self._left.set()
        self._unread = True
        return self._work

    async def _run(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller is answered
            log.error("operations_api_failed", error=kind_and_place(error))
        if not self.begun.done():
            self.begun.set_result((500, []))
        if not self._unread:
            await self._pieces.put(None)

    async def _receive(self) -> Message:
        if not self._given:
            self._given = True
            return {"type": "http.request", "body": self._asked, "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun.set_result((message["status"], message.get("headers", [])))
        elif message["type"] == "http.response.body" and message.get("body") and not self._unread:
            await self._pieces.put(message["body"])
