"""Records what passes between the kit and the vendor's system, as it is on the wire, without tokens and signatures. Imports the
webhook's exit, what an exit is given and the record.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from aiohttp import ClientResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from yarl import URL

from hub.delivery.exits.addresses import Allowed
from hub.delivery.exits.webhook import WebhookExit
from hub.delivery.outgoing import BeforeSending
from hub.kit.faults.mark import MADE
from hub.kit.record import Direction, Exchange, Way

_SECRET = frozenset({"authorization", "webhook-signature"})


_LONGEST_BODY = 256 * 1024
"""Bytes that are kept of a body."""
_MOST_KEPT = 64 * 1024 * 1024
"""Bytes that are kept of a run. A system that calls without end takes no more of the kit's memory than this."""
_HEAD = 1024
"""Bytes, about, that the head of a call takes."""

Answered = Callable[[str, int | None, bytes], None]
"""(request, status or None where no answer was given, body of the answer)."""


class Wire:
    """Everything that has passed since the run began."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._kept = 0
        self._began = time.monotonic()

    @property
    def ms(self) -> int:
        """Milliseconds since the run began."""
        return round((time.monotonic() - self._began) * 1000)

    def add(
        self,
        moment: int,
        direction: Direction,
        way: Way,
        request: str,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
        status: int | None = None,
        answer: str = "",
    ) -> None:
        """One call, or one record on a topic. Of a long body its start is kept; after ``_MOST_KEPT`` bytes nothing is."""
        if self._kept > _MOST_KEPT:
            return
        named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
        head = {"request": request} | {name: value for name, value in named.items() if name not in _SECRET}
        text = _start_of(body)
        self._kept += len(text) + len(answer) + _HEAD
        if self._kept > _MOST_KEPT:
            head, text, answer = {"request": "more than can be kept: what passed from now on is not shown"}, "", ""
        self.exchanges.append(Exchange(moment, direction, way, head, text, status, answer, MADE.get()))


def _start_of(body: bytes) -> str:
    text = body[:_LONGEST_BODY].decode("utf-8", "replace")
    return text if len(body) <= _LONGEST_BODY else f"{text}… (its start: there was more)"


class RecordingWebhook(WebhookExit):
    """The hub's own exit; what it sends is recorded with the status that came back."""

    def __init__(self, allows: Allowed, wire: Wire, now: Callable[[], datetime]) -> None:
        super().__init__(allows, now)
        self._wire = wire

    @asynccontextmanager
    async def _call(
        self, system: str, url: URL, headers: Sequence[tuple[str, str]], body: bytes, before_sending: BeforeSending
    ) -> AsyncIterator[ClientResponse]:
        """A call; it is recorded when it is over."""
        moment, sent, status, answer = self._wire.ms, b"", None, "no answer came"

        async def when_connected() -> None:
            nonlocal sent
            await before_sending()
            sent = body

        try:
            async with super()._call(system, url, headers, body, when_connected) as call:
                status, answer = call.status, ""
                yield call
        finally:
            encoded = [(name.encode(), value.encode()) for name, value in headers]
            self._wire.add(moment, "to_vendor", "webhook", f"POST {url.raw_path_qs}", encoded, sent, status, answer)


class RecordedCalls:
    """An ASGI application whose calls are recorded."""

    def __init__(self, app: ASGIApp, wire: Wire, answered: Answered) -> None:
        self._app, self._wire, self._answered = app, wire, answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        moment, body, answer = self._wire.ms, bytearray(), bytearray()
        status: int | None = None
        whole = broken = False

        async def received() -> Message:
            nonlocal whole, broken
            part = await receive()
            whole |= part["type"] == "http.request" and not part.get("more_body", False)
            broken |= part["type"] == "http.disconnect" and not whole
            if len(body) <= _LONGEST_BODY:
                body.extend(part.get("body", b"")[: _LONGEST_BODY + 1])
            return part

        async def sent(part: Message) -> None:
            nonlocal status
            status = part.get("status", status)
            answer.extend(part.get("body", b""))
            await send(part)

        try:
            await self._app(scope, received, sent)
        finally:
            if broken:  # whatever the hub would have said, nobody heard it
                status = None
            request, told = f"{scope['method']} {scope['path']}", _start_of(bytes(answer))
            way: Way = "fhir" if scope["path"].startswith("/fhir") else "http"
            self._wire.add(moment, "from_vendor", way, request, scope["headers"], bytes(body), status, told)
            if MADE.get() is None:
                self._answered(request, status, bytes(answer))
