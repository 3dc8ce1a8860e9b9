"""The HTTP connections themselves: a client that does not finish its request, or does not take its answer, is cut off, and
there are never more connections than a number. Imports uvicorn, the HTTP edge and FHIR's answers.

uvicorn's own limits begin when a request is whole. Here the time runs from the connection's first moment. When all places
are taken, the connection that has been longest without a whole request is closed for the new one: clients that send whole
requests are served, however many others do not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub import clock
from hub.errors import Refused
from hub.routers import http
from hub.translators import fhir

BACKLOG: Final = 100
"""Connections that the system keeps ready to be accepted, and that are accepted in one turn."""
_KEEP_ALIVE_S: Final = 120
"""Seconds that an idle connection stays open. Longer than clients keep theirs (5 to 100 seconds in the common libraries): if the
server closes first, a request that the client is writing at that moment is lost. An idle connection costs no other client
its place: it is the first to give way.
"""
_SLOWEST: Final = 16_000
"""Bytes a second that a body must come with, once its first time is over."""
_LONGEST_HEAD: Final = 64_000
"""Bytes of a request's head."""
_REASONS: Final = {
    400: ("Bad Request", "Begäran är inte HTTP: rätta raden och rubrikerna.", "It is not HTTP: correct the line and the headers."),
    408: ("Request Timeout", "Begäran kom inte hel inom tiden. Sänd den igen.", "The request did not come whole in time. Send it again."),
    431: ("Request Header Fields Too Large", "Rubrikerna är för stora.", "The headers are too large."),
    503: ("Service Unavailable", "Alla anslutningar är upptagna. Sänd igen.", "All connections are busy. Send again."),
}  # fmt: skip


class Config(uvicorn.Config):
    """uvicorn's, with what a connection may take."""

    def __init__(self, app: Any, *, request_s: float, connections: int, **how: Any) -> None:
        """``request_s``: seconds for a request to come whole, a body's size apart; ``connections``: at the most."""
        super().__init__(app, http=Connection, backlog=BACKLOG, **how)
        self.request_s = request_s
        self.most = connections
        self.unfinished: dict[Connection, None] = {}
        """The connections with no whole request in hand, the longest so first."""


class Connection(HttpToolsProtocol):
    """One connection."""

    config: Config

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._due = 0.0
        """When the request must be whole, by the loop's clock."""
        self._timer: asyncio.TimerHandle | None = None
        self._head = 0
        """Bytes of the head so far; -1 while a body comes."""

    # --- uvicorn's own, with the time and the places
    # ----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        super().connection_made(transport)
        self._begin()
        if len(self.connections) > self.config.most:
            oldest = next(iter(self.config.unfinished))
            if oldest is self:
                self._refuse(503)
            else:
                oldest.give_way()

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head >= 0:
            self._head += len(data)
            if self._head > _LONGEST_HEAD + len(data):
                self._refuse(431)
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._head = -1

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._due += len(body) / _SLOWEST

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._finish()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._timer is None and not self.transport.is_closing():
            self._head = 0
            self.config.unfinished[self] = None  # it waits for its next request; uvicorn's keep-alive ends that

    def pause_writing(self) -> None:
        super().pause_writing()
        self._due = self.loop.time() + self.config.request_s
        if self._timer is None:
            self._timer = self.loop.call_later(self.config.request_s, self._look)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._head < 0 and self not in self.config.unfinished:
            self._stop_timer()

    # --- time
    # -------------------------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._head = max(self._head, 0)
        self._due = self.loop.time() + self.config.request_s
        self.config.unfinished.pop(self, None)
        self.config.unfinished[self] = None
        if self._timer is None:
            self._timer = self.loop.call_later(self.config.request_s, self._look)

    def _finish(self) -> None:
        self.config.unfinished.pop(self, None)
        self._head = -1
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """The time is over: more of it where the body has come steadily, or where it is the hub that does not read."""
        self._timer = None
        if self.transport.is_closing():
            return
        left = self._due - self.loop.time()
        if self.flow.read_paused:
            left = self.config.request_s
        if left > 0:
            self._timer = self.loop.call_later(left, self._look)
        elif self.flow.write_paused:
            self.transport.abort()
        else:
            self._refuse(408)

    def give_way(self) -> None:
        """Closes this connection for a new one, while it has no whole request in hand."""
        self._finish()
        self.transport.abort()

    def _refuse(self, status: int) -> None:
        """Answers, where no answer has begun, and closes."""
        self._finish()
        if self.cycle is None or not self.cycle.response_started or self.cycle.response_complete:
            reason = _REASONS[status][0]
            media, body = self._said(status)
            head = f"HTTP/1.1 {status} {reason}\r\ncontent-type: {media}\r\ncontent-length: {len(body)}\r\n"
            self.transport.write(head.encode() + b"connection: close\r\n\r\n" + body)
        self.transport.close()

    def _said(self, status: int) -> tuple[str, bytes]:
        """(media type, body): a problem, or for an address of FHIR an OperationOutcome in JSON."""
        _, sv, en = _REASONS[status]
        refused = Refused(f"http-{status}", sv, en, "/", status)
        if getattr(self, "url", b"").startswith(b"/fhir/"):
            return fhir.JSON, fhir.write_response(http.receipt_of(refused), None, created=clock.now())
        return http.PROBLEM, bytes(http.problem(refused).body)

    def send_400_response(self, msg: str) -> None:
        _ = msg  # uvicorn's own words
        self._refuse(400)


class HttpServer(uvicorn.Server):
    """Leaves the signals to the process it runs in, which stops its parts in an order of its own, and closes an idle connection
    after its client.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        config.timeout_keep_alive = _KEEP_ALIVE_S
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
