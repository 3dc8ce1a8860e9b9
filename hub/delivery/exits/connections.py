"""The connections of the exits over HTTP, and how a call is written on one. Imports aiohttp, what an exit is given, ``addresses`` and
``one_answer`` beside it only.
"""

from __future__ import annotations

import ssl
from functools import partial
from typing import Any, cast

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest, ClientResponse
from aiohttp.connector import Connection

from hub.delivery.exits.addresses import Allowed, AllowedNames, allowed_socket
from hub.delivery.exits.one_answer import HEAD_BYTES, OneAnswer
from hub.delivery.outgoing import BeforeSending

_READ_BYTES = 64 * 1024
"""About so much of an answer is read before somebody takes it."""


def session(allows: Allowed, tls: ssl.SSLContext, keepalive_s: float) -> aiohttp.ClientSession:
    """Connections to allowed addresses, as many as are asked for, each kept for ``keepalive_s`` seconds after its last answer. No
    cookie is kept, nothing is unpacked, and the environment names no proxy and no password.
    """
    return aiohttp.ClientSession(
        connector=_Connector(
            resolver=AllowedNames(allows),
            use_dns_cache=False,
            socket_factory=partial(allowed_socket, allows),
            ssl=tls,
            keepalive_timeout=keepalive_s,
            limit=0,
        ),
        cookie_jar=_NoCookies(),
        request_class=_Call,
        skip_auto_headers=("accept",),
        timeout=aiohttp.ClientTimeout(),
        auto_decompress=False,
        trust_env=False,
        read_bufsize=_READ_BYTES,
        max_line_size=HEAD_BYTES,
        max_field_size=HEAD_BYTES,
        max_headers=HEAD_BYTES,
    )


class _NoCookies(aiohttp.DummyCookieJar):
    def update_cookies_from_headers(self, headers: Any, response_url: Any) -> None:
        """They are not read either."""


class Body(aiohttp.Payload):
    """What is sent once ``before_sending`` allows it."""

    def __init__(self, value: bytes, before_sending: BeforeSending) -> None:
        super().__init__(value)
        self._size = len(value)
        self.before_sending = before_sending
        self.is_sent = False

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """As text."""
        return str(self._value, encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """All of it, until the machine's network has it."""
        await writer.write(self._value)
        await writer.drain()
        self.is_sent = True


class _Call(ClientRequest):
    """A call that is allowed when its connection is open, and whose answer is read when it is written."""

    async def send(self, conn: Connection) -> ClientResponse:
        """Raises what ``before_sending`` raises; nothing has been sent then. What has not been sent to its end is not answered."""
        body, protocol = self.body, conn.protocol
        assert isinstance(body, Body)
        assert protocol is not None
        await body.before_sending()
        if (broken := protocol.exception()) is not None:
            raise broken
        answer = await super().send(conn)
        await self.close()  # until the body is written
        if not body.is_sent:
            raise protocol.exception() or aiohttp.ClientConnectionError
        return answer

    async def write_bytes(
        self, writer: AbstractStreamWriter, conn: Connection, content_length: int | None = None
    ) -> None:
        """From here on what comes is an answer: nothing is awaited before the first bytes are written."""
        assert isinstance(conn.protocol, OneAnswer)
        conn.protocol.asked()
        await super().write_bytes(writer, conn, content_length)

    def update_expect_continue(self, expect: bool = False) -> None:
        """A header that a system has named is sent as it is; nothing waits for an answer to it."""


class _Connector(aiohttp.TCPConnector):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._factory = cast("partial[ResponseHandler]", partial(OneAnswer, loop=self._loop))
