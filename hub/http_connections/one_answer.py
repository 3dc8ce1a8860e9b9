"""What is taken for the answer to a call over HTTP. Imports aiohttp only.

By itself aiohttp takes whatever comes on a connection for the answer to the next call, also before that is written: a notice that
nobody received would be acknowledged.
"""

from __future__ import annotations

import asyncio
import re
import select
from typing import cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import StreamReader

HEAD_BYTES = 128 * 1024
"""Of the head of an answer, at the most."""
_BEGIN = b"HTTP/1."
_HEAD_END = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(rb"\ncontent-length:([^\r\n]*)\r?", re.IGNORECASE)
_CHUNKED = re.compile(rb"\ntransfer-encoding:", re.IGNORECASE)
_FIRST, _SWITCHES, _FINAL = 100, 101, 200


class Stray(aiohttp.ClientConnectionError):
    """More than its answers has come on a connection that was kept. Nothing has been sent: take another."""


class OneAnswer(ResponseHandler):
    """Takes one answer to each call. Whatever else comes ends the connection: before a call is written, between two, or after the
    answer. It does not take from the answer that was whole before.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._awaits = self._was_asked = False
        self._head = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Who waits for what is written waits for all of it."""
        super().connection_made(transport)
        cast("asyncio.Transport", transport).set_write_buffer_limits(0)

    def check(self) -> None:
        """Before a call is written. Raises ``Stray`` when something has come on a kept connection that answers no call, or what was wrong
        with a new one. What lies unread in the socket counts: the loop may have had no time for it. A new connection over TLS has
        something to read by itself.
        """
        broken = self.exception()
        transport = self.transport
        socket = None if transport is None else transport.get_extra_info("socket")
        if broken is None and socket is not None and (self._was_asked or not _is_tls(transport)):
            unread = select.poll()
            unread.register(socket.fileno(), select.POLLIN)
            if unread.poll(0):
                broken = HttpProcessingError(message="something came before it was asked for")
        if broken is not None:
            raise Stray if self._was_asked else broken

    def asked(self) -> None:
        """A call is being written."""
        self._awaits = self._was_asked = True

    def data_received(self, data: bytes) -> None:
        """A head goes to the parser when it is whole, and apart from what follows: the parser forgets what it has read of an answer
        when what follows is none. Without data: the library reads on in what it has kept.
        """
        if not data or not self._awaits:
            if not data or (self._payload is not None and not self._payload.is_eof()):
                super().data_received(data)
            else:
                self._end("more than the answer came")
            return
        looked_at = max(0, len(self._head) - 2)
        self._head += data
        while self._awaits:
            end = _HEAD_END.search(self._head, looked_at)
            if not self._head.startswith(_BEGIN[: len(self._head)]) or (end is None and len(self._head) > HEAD_BYTES):
                self._end("no head of HTTP came")
            if end is None or not self._awaits:
                return
            head, looked_at = bytes(self._head[: end.end()]), 0
            del self._head[: end.end()]
            super().data_received(_with_one_length(head))
        rest, self._head = bytes(self._head), bytearray()
        if rest:
            self.data_received(rest)

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """A head has been read, perhaps of more than the answer: the connection may already wait for its next call."""
        code, coding = data[0].code, data[0].headers.get("transfer-encoding", "chunked")
        if not self._awaits:
            self._end("more than the answer came")
        elif code < _FIRST or code == _SWITCHES or coding.lower() != "chunked":
            self._end("nobody asked for another protocol or coding")
        else:
            self._awaits = code < _FINAL
            super().feed_data(data, size)

    def _end(self, why: str) -> None:
        self._awaits, self._head = False, bytearray()
        self.abort()
        self.set_exception(HttpProcessingError(message=why))


def _is_tls(transport: asyncio.BaseTransport | None) -> bool:
    return transport is not None and transport.get_extra_info("sslcontext") is not None


def _with_one_length(head: bytes) -> bytes:
    """A head that says the body's length once: some servers say it twice, or beside chunks, which then count (RFC 9112 §6.3). The
    parser would refuse it.
    """
    said, chunked = _LENGTH.findall(head), _CHUNKED.search(head)
    if not chunked and len(said) < 2 and not (said and b"," in said[0]):
        return head
    lengths = {length.strip() for each in said for length in each.split(b",")}
    if not chunked and len(lengths) != 1:
        return head
    status, _, rest = _LENGTH.sub(b"", head).partition(b"\n")
    return status + b"\n" + (b"" if chunked else b"content-length: %s\r\n" % lengths.pop()) + rest
