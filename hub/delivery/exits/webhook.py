"""Way out: a CloudEvent over HTTP, signed by the Standard Webhooks scheme (delivery.md §3). Imports httpcore and the
outgoing only.

httpcore and not httpx: what the other side answers is nobody's to keep (cookies), to follow (redirects) or to unpack.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpcore
import httpx
from standardwebhooks import Webhook

from hub.delivery.exits.addresses import Allowed, CheckedConnections, Forbidden
from hub.delivery.outgoing import AttemptOutcome, BeforeSending, Outgoing
from hub.translators import native
from hub.translators.retry_after import retry_after
from schemas.directory import System
from schemas.ways_out import WebhookOut

_AGAIN = frozenset({408, 425, 429})
_OF_THE_NOTICE = frozenset({400, 409, 422})
_GONE = 410
_MOST_OF_A_BODY = 64 * 1024
_BODY_S = 0.5
"""An answer's body decides nothing. A short one is taken off the line, so that the connection can serve again; from one
that is longer than this in bytes or seconds the hub hangs up.
"""

_KEPT_S = 5.0


class _Line:
    """The connections of one system, and how many calls are under way on them."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self.pool, self.calls, self.used_at = pool, 0, 0.0


class WebhookExit:
    """Connections of each system's own: httpcore looks through a whole pool at each call and at its end, so that in one for
    all systems each call would cost what all the others have open. A system's concurrency is its lane's affair.
    """

    together = 1

    def __init__(self, allows: Allowed) -> None:
        self._allows = allows
        self._tls = httpx.create_ssl_context()
        self._lines: dict[str, _Line] = {}
        self._swept_at = 0.0

    def breaker(self, system: System) -> tuple[int, float]:
        """As the directory says of the system."""
        return system.delivery.breaker_failures, system.delivery.breaker_open_s

    async def send(self, system: System, parcels: Sequence[Outgoing], before_sending: BeforeSending) -> AttemptOutcome:
        """One call; what its answer says of notice or receiver is ``judged``."""
        assert isinstance(system.out, WebhookOut)
        (outgoing,) = parcels
        if not self._allows.plain and not system.out.url.startswith("https:"):
            return AttemptOutcome("receiver", "http-not-allowed")
        body = native.structured(outgoing.written.attributes, outgoing.written.body)
        now = datetime.now(UTC)
        try:
            signatures = [Webhook(s).sign(outgoing.id, now, body.decode()) for s in system.out.secrets]
        except ValueError:
            return AttemptOutcome("receiver", "secret-cannot-be-used")
        headers = [
            (b"content-type", native.STRUCTURED.encode()),
            (b"user-agent", b"samverkan-hub"),
            (b"accept-encoding", b"identity"),
            (b"webhook-id", outgoing.id.encode()),
            (b"webhook-timestamp", str(int(now.timestamp())).encode()),
            (b"webhook-signature", " ".join(signatures).encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        withheld: list[Exception] = []

        async def leaving() -> AsyncIterator[bytes]:
            """The body, asked for when the connection stands: making it may have taken seconds."""
            try:
                await before_sending()
            except Exception as error:
                withheld.append(error)
                raise
            yield body

        try:
            async with (
                self._line(system.id) as pool,
                asyncio.timeout(system.delivery.timeout_s) as whole,  # from the name's look-up to the head's end
                pool.stream("POST", _target(system.out.url), headers=headers, content=leaving()) as answer,
            ):
                whole.reschedule(None)
                await _take_off(answer)
        except (httpcore.TimeoutException, TimeoutError):
            return AttemptOutcome("retry", "timeout")
        except Forbidden:
            return AttemptOutcome("receiver", "address-not-allowed")
        except Exception as error:
            if error in withheld:
                raise
            # Whatever the other side does, it is a try that failed.
            return AttemptOutcome("retry", f"http:{type(error).__name__}")
        found = {name.lower(): value.decode("latin-1") for name, value in reversed(answer.headers)}
        return judged(answer.status, found.get(b"location"), retry_after(found.get(b"retry-after"), now))

    @asynccontextmanager
    async def _line(self, system: str) -> AsyncIterator[httpcore.AsyncConnectionPool]:
        await self._sweep()
        line = self._lines.get(system)
        if line is None:
            made = httpcore.AsyncConnectionPool(
                ssl_context=self._tls,
                max_connections=None,
                keepalive_expiry=_KEPT_S,
                network_backend=CheckedConnections(self._allows),
            )
            line = self._lines[system] = _Line(made)
        line.calls += 1
        try:
            yield line.pool
        finally:
            line.calls -= 1
            line.used_at = time.monotonic()

    async def _sweep(self) -> None:
        """Now and then gives up the connections of systems to which nothing has been sent for a while."""
        now = time.monotonic()
        if now - self._swept_at < _KEPT_S:
            return
        self._swept_at = now
        quiet = [id_ for id_, line in self._lines.items() if not line.calls and now - line.used_at > _KEPT_S]
        await _hang_up([self._lines.pop(id_) for id_ in quiet])

    async def close(self) -> None:
        """Gives up the connections."""
        lines, self._lines = list(self._lines.values()), {}
        await _hang_up(lines)


async def _hang_up(lines: Sequence[_Line]) -> None:
    for line in lines:
        with contextlib.suppress(Exception):  # whatever the other side does when it is left
            await line.pool.aclose()


def _target(url: str) -> httpcore.URL:
    parts = httpx.URL(url)
    return httpcore.URL(scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path)


async def _take_off(answer: httpcore.Response) -> None:
    """The head is there, and with it the outcome; nothing about the body changes it."""
    taken = 0
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_BODY_S):
            async for chunk in answer.aiter_stream():
                taken += len(chunk)
                if taken > _MOST_OF_A_BODY:
                    return


def judged(status: int, location: str | None, retry_after_s: float | None) -> AttemptOutcome:
    """D-6: whether an answer speaks of the notice, of the receiver or of now. No redirect is followed: the address is the
    directory's to say.
    """
    answer = f"http:{status}"
    if 200 <= status < 300:
        return AttemptOutcome("ok", answer)
    if status in _OF_THE_NOTICE:
        return AttemptOutcome("dead", answer)
    if status == _GONE:
        return AttemptOutcome("gone", answer)
    if 300 <= status < 400 and location is not None:
        answer += f" to {pointed(location)}"
    if status in _AGAIN or status >= 500:  # 600 and 999 are as good as 500: nobody knows what they say
        return AttemptOutcome("retry", answer, retry_after_s)
    return AttemptOutcome("receiver", answer, retry_after_s)


def pointed(location: str) -> str:
    """Where a redirect leads, for operations: without user, query and fragment, which may hold what is nobody's."""
    try:
        parts = httpx.URL(location[:500])
        told = str(parts.copy_with(username=None, password=None, query=None, fragment=None))
    except (httpx.InvalidURL, ValueError):
        return "an address that cannot be read"
    return "".join(sign for sign in told[:200] if sign.isascii() and sign.isprintable())
