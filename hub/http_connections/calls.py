"""Calls over HTTP on connections that are kept between them, and what is taken for their answers. Imports aiohttp and ``one_answer``
beside it only.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, cast

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest, ClientResponse
from aiohttp.connector import Connection

from hub.http_connections.one_answer import HEAD_BYTES, OneAnswer

KEEPALIVE_S = 4.0
"""Many servers close a connection that has been idle for five seconds. A call that is written at that moment is lost, so ours
let go of it before.
"""
_READ_BYTES = 64 * 1024
"""About so much of an answer is read before somebody takes it."""


def session(
    tls: ssl.SSLContext,
    *,
    most: int = 0,
    keeps: bool = True,
    headers: Mapping[str, str] | None = None,
    timeout: aiohttp.ClientTimeout | None = None,
    **connecting: Any,
) -> aiohttp.ClientSession:
    """Connections, at the ``most`` so many (0: as many as are asked for), each kept for ``KEEPALIVE_S`` seconds after its last answer;
    not ``keeps``: closed after its first. No cookie is kept, nothing is unpacked, and the environment names no proxy and no password.
    ``connecting``: how connections are made, as ``aiohttp.TCPConnector`` takes it. Give each call a ``Body``.
    """
    kept: dict[str, Any] = {"keepalive_timeout": KEEPALIVE_S} if keeps else {"force_close": True}
    return aiohttp.ClientSession(
        connector=_Connector(ssl=tls, limit=most, **kept, **connecting),
        cookie_jar=_NoCookies(),
        request_class=_Call,
        headers=headers,
        skip_auto_headers=("accept",),
        timeout=timeout or aiohttp.ClientTimeout(),
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


async def _at_once() -> None:
    return


class Body(aiohttp.Payload):
    """What is sent once ``before_sending`` allows it."""

    def __init__(self, value: bytes, before_sending: Callable[[], Awaitable[None]] = _at_once) -> None:
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
        """Raises what ``before_sending`` raises, or ``Stray``; nothing has been sent then. What has not been sent to its end is not
        answered.
        """
        body, protocol = self.body, conn.protocol
        assert isinstance(body, Body)
        assert isinstance(protocol, OneAnswer)
        await body.before_sending()
        protocol.check()
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
