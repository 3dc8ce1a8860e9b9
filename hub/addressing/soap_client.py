"""One SOAP call over HTTP: rate, time-outs, size, and what a failure means (law-and-lookups.md §3).

Imports aiohttp, tenacity, ``rate_limit`` beside it, the translators' ``soap.envelope`` and ``retry_after``, ``hub.errors`` and the
hub's connections. It logs nothing.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt

from hub import clock
from hub.addressing.rate_limit import RateLimit
from hub.errors import Misconfigured, Unavailable
from hub.http_connections.calls import Body, session
from hub.http_connections.one_answer import Stray
from hub.translators.retry_after import retry_after
from hub.translators.soap.envelope import MAX_BYTES, SoapFault, SoapRequest, Unreadable, in_utf8

_CONNECTIONS: Final = 100
"""To one register at once."""
_NO_ANSWER: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerDisconnectedError,
    Stray,
)
"""No connection, or one that ended before anything had come."""


class Parked(Exception):  # noqa: N818 - its name says what happened to the question
    """The register does not answer this question until somebody has corrected a setting: tell operations, do not retry.

    ``vp_number``: VP001–VP007, VP010–VP015; ``None`` for a producer's own Client fault and for HTTP 4xx. ``reason``: a
    code without personal data.
    """

    def __init__(self, reason: str, vp_number: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.vp_number = vp_number


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerSettings:
    """How one register is reached. Times in seconds, the rate in calls per second and producer (LogicalAddress)."""

    url: str
    logical_address: str = ""
    """The producer that the question is for. Unused for listing, whose address is the two-digit länskod."""
    connect_timeout: float = 5.0
    read_timeout: float = 32.0
    """A little above the 30 s after which the platform itself answers VP009."""
    rate: float = 10.0
    """1 for listing, which must carry no more; 10 for folkbokföring and HSA."""
    burst: int = 1
    max_wait: float = 60.0
    attempts: int = 2
    """In all, and only where there was no answer at all."""
    ttl_positive: float = 3600.0
    ttl_negative: float = 300.0
    fault_pause: float = 300.0
    """After a fault the same question is not asked again sooner: a rule of the register."""
    consumer_hsa_id: str | None = None
    """``x-rivta-original-serviceconsumer-hsaid``, where the platform requires it."""
    cert_file: str | None = None
    key_file: str | None = None
    ca_file: str | None = None


class Caller:
    """Sends questions to one register. Use as an async context manager, or ``aclose`` it."""

    def __init__(
        self, settings: CallerSettings, rate_limit: RateLimit | None = None, *, keeps_connections: bool = True
    ) -> None:
        """``keeps_connections``: False gives each question a connection of its own, on which nothing else can come than its answer."""
        self.settings = settings
        # As many may wait for a slow producer as for one that takes a call a second.
        longest_wait = settings.max_wait / min(1.0, settings.rate)
        self._rate_limit = rate_limit or RateLimit(settings.rate, settings.burst, longest_wait)
        self._keeps_connections = keeps_connections
        headers = {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml", "User-Agent": "samverkan-hub"}
        # A few compressed bytes can become gigabytes before anybody counts them.
        headers["Accept-Encoding"] = "identity"
        if settings.consumer_hsa_id:
            headers["x-rivta-original-serviceconsumer-hsaid"] = settings.consumer_hsa_id
        self._headers = headers
        self._tls = _tls(settings)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _connections(self) -> aiohttp.ClientSession:
        """Those of this register; begun at the first call, on the loop that calls."""
        if self._session is None:
            self._session = session(
                self._tls,
                most=_CONNECTIONS,
                keeps=self._keeps_connections,
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(
                    sock_connect=self.settings.connect_timeout, sock_read=self.settings.read_timeout
                ),
            )
        return self._session

    async def ask(self, producer: str, question: SoapRequest, *, routine: bool = False) -> bytes:
        """The bytes of the answer or of the fault. Raises ``Unavailable``, ``Parked`` or ``Unreadable`` (too large).
        ``routine``: nobody waits for the answer, other questions go first.

        The question is sent again at once only where nothing came back. After a read time-out it is not: the platform's own
        answer comes before that, and the same question twice does not help a slow producer.
        """
        no_answer = retry_if_exception_type(_NO_ANSWER)
        attempts = AsyncRetrying(retry=no_answer, stop=stop_after_attempt(self.settings.attempts), reraise=True)
        try:
            return await attempts(self._once, producer, question, routine=routine)
        except TimeoutError:
            raise Unavailable("time-out") from None
        except (aiohttp.ClientError, HttpProcessingError):
            # Its text may quote what was sent or received.
            raise Unavailable("no-answer") from None

    async def _once(self, producer: str, question: SoapRequest, *, routine: bool) -> bytes:
        await self._rate_limit.turn(producer, routine=routine)
        headers = {"SOAPAction": f'"{question.soap_action}"'}
        whole = self.settings.connect_timeout + self.settings.read_timeout
        body = bytearray()
        # A producer that sends a byte now and then never reaches the read time-out: this one is for the whole call.
        async with (
            asyncio.timeout(whole),
            self._connections().post(
                self.settings.url, data=Body(question.body), headers=headers, allow_redirects=False
            ) as response,
        ):
            async for part in response.content.iter_any():
                body += part
                if len(body) > MAX_BYTES:
                    raise Unreadable("too-large")
        status = response.status
        # Answers come with 200, faults with 500. A SOAP body counts with every status: proxies change codes.
        if status == HTTPStatus.OK or b"Envelope" in body[:4096]:
            return in_utf8(bytes(body), response.charset)
        if (
            status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
            or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            raise Unavailable(f"http-{status}", retry_after(response.headers.get("retry-after"), clock.now()))
        raise Parked(f"http-{status}")


def failure_of(error: SoapFault | Unreadable) -> Unavailable | Parked:
    """Classifies a fault or an unreadable answer (§3, the table of VP numbers)."""
    if isinstance(error, Unreadable):
        return Unavailable(f"unreadable-{error.code}")
    return Unavailable(error.code) if error.retryable else Parked(error.code, error.vp_number)


def _tls(settings: CallerSettings) -> ssl.SSLContext:
    """Mutual TLS where certificates are set. Raises ``Misconfigured``: a file is missing or no certificate."""
    try:
        return _context(settings.ca_file, settings.cert_file, settings.key_file)
    except OSError as error:
        raise Misconfigured(f"The certificates for {settings.url} cannot be read: {error}") from None


@cache
def _context(ca_file: str | None, cert_file: str | None, key_file: str | None) -> ssl.SSLContext:
    """Shared by registers with the same certificates: reading the system's authorities takes tens of milliseconds."""
    context = ssl.create_default_context(cafile=ca_file)
    if cert_file:
        context.load_cert_chain(cert_file, key_file)
    return context
