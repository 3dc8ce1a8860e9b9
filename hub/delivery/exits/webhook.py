"""Way out: a CloudEvent, or a FHIR Bundle alone, over HTTP, signed by the Standard Webhooks scheme (delivery.md §3). Imports httpcore and
what an exit is given only.

httpcore, not httpx: the exit must keep no cookies, follow no redirects and unpack no bodies.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import httpcore
import httpx
from standardwebhooks import Webhook

from hub.delivery.exits import answer_start, no_answer
from hub.delivery.exits.addresses import Allowed, CheckedConnections, Forbidden
from hub.delivery.outgoing import AttemptOutcome, BeforeSending, Outgoing
from hub.translators import native
from hub.translators.retry_after import retry_after
from schemas.directory import System
from schemas.ways_out import WebhookOut

_TRANSIENT = frozenset({408, 425, 429})
_NOTICE_REFUSED = frozenset({400, 409, 422})
_GONE = 410
_BODY_BYTES = 64 * 1024
_BODY_S = 0.5
"""The body of an answer decides nothing. It is read up to this many bytes and seconds, so that the connection can be used again;
with a longer body the connection is closed. Of an answer that is no acknowledgement its start is kept for operations.
"""

_KEEPALIVE_S = 4.0
"""Many servers close a connection that has been idle for five seconds. A call that is written at that moment is lost, so ours
let go of it before.
"""


class _Pool:
    """The connections of one system, and how many calls are using them."""

    def __init__(self, connections: httpcore.AsyncConnectionPool) -> None:
        self.connections, self.calls, self.used_at = connections, 0, 0.0


class WebhookExit:
    """A pool of connections for each system: httpcore searches its whole pool at every call, so with one pool for all systems each
    call would pay for the others' connections. The lane limits the number of calls at once.
    """

    together = 1

    def __init__(self, allows: Allowed, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """``now``: the time that is signed."""
        self._allows = allows
        self._now = now
        self._tls = httpx.create_ssl_context()
        self._pools: dict[str, _Pool] = {}
        self._swept_at = 0.0

    def breaker(self, system: System) -> tuple[int, float]:
        """As the directory says."""
        return system.delivery.breaker_failures, system.delivery.breaker_open_s

    async def send(self, system: System, batch: Sequence[Outgoing], before_sending: BeforeSending) -> AttemptOutcome:
        """Make one call; ``judged`` says what its status means."""
        assert isinstance(system.out, WebhookOut)
        (outgoing,) = batch
        if not self._allows.plain and not system.out.url.startswith("https:"):
            return AttemptOutcome("receiver", "http-not-allowed")
        body, media_type = carried(system.out, outgoing)
        now = self._now()
        try:
            signatures = [Webhook(s).sign(outgoing.id, now, body.decode()) for s in system.out.secrets]
        except ValueError:
            return AttemptOutcome("receiver", "secret-cannot-be-used")
        headers = [
            (b"content-type", media_type.encode()),
            (b"user-agent", b"samverkan-hub"),
            (b"accept-encoding", b"identity"),
            (b"webhook-id", outgoing.id.encode()),
            (b"webhook-timestamp", str(int(now.timestamp())).encode()),
            (b"webhook-signature", " ".join(signatures).encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        refusals: list[Exception] = []

        async def body_when_connected() -> AsyncIterator[bytes]:
            """The body; httpcore asks for it once the connection is open, which may have taken seconds."""
            try:
                await before_sending()
            except Exception as error:
                refusals.append(error)
                raise
            yield body

        try:
            async with (
                self._pool(system.id) as connections,
                asyncio.timeout(
                    system.delivery.timeout_s
                ) as deadline,  # from the name's look-up to the end of the answer's headers
                connections.stream(
                    "POST", _target(system.out.url), headers=headers, content=body_when_connected()
                ) as answer,
            ):
                deadline.reschedule(None)
                body = await _read_body(answer)
        except (httpcore.TimeoutException, TimeoutError):
            return AttemptOutcome("retry", "timeout")
        except Forbidden:
            return AttemptOutcome("receiver", "address-not-allowed")
        except Exception as error:
            if error in refusals:
                raise
            # Whatever else the receiver does makes this a failed attempt.
            return AttemptOutcome("retry", no_answer.in_words(error))
        found = {name.lower(): value.decode("latin-1") for name, value in reversed(answer.headers)}
        outcome = judged(answer.status, found.get(b"location"), retry_after(found.get(b"retry-after"), now))
        if outcome.result == "ok" or found.get(b"content-encoding", "identity") != "identity":
            return outcome
        return replace(outcome, said=answer_start.start_of(body))

    @asynccontextmanager
    async def _pool(self, system: str) -> AsyncIterator[httpcore.AsyncConnectionPool]:
        await self._sweep()
        own = self._pools.get(system)
        if own is None:
            connections = httpcore.AsyncConnectionPool(
                ssl_context=self._tls,
                max_connections=None,
                keepalive_expiry=_KEEPALIVE_S,
                network_backend=CheckedConnections(self._allows),
            )
            own = self._pools[system] = _Pool(connections)
        own.calls += 1
        try:
            yield own.connections
        finally:
            own.calls -= 1
            own.used_at = time.monotonic()

    async def _sweep(self) -> None:
        """At most every ``_KEEPALIVE_S`` seconds, close the connections of systems that have had no call for that time."""
        now = time.monotonic()
        if now - self._swept_at < _KEEPALIVE_S:
            return
        self._swept_at = now
        unused = [id_ for id_, own in self._pools.items() if not own.calls and now - own.used_at > _KEEPALIVE_S]
        await _close([self._pools.pop(id_) for id_ in unused])

    async def close(self) -> None:
        """Close the connections."""
        pools, self._pools = list(self._pools.values()), {}
        await _close(pools)


async def _close(pools: Sequence[_Pool]) -> None:
    for own in pools:
        with contextlib.suppress(Exception):  # whatever the receiver does while its connection is closed
            await own.connections.aclose()


def carried(out: WebhookOut, outgoing: Outgoing) -> tuple[bytes, str]:
    """(body, its media type): the Bundle alone, which says everything itself, or the event around the content."""
    if out.body == "bundle":
        return outgoing.encoded.body, outgoing.encoded.media_type
    return native.structured(outgoing.encoded.attributes, outgoing.encoded.body), native.STRUCTURED


def _target(url: str) -> httpcore.URL:
    parts = httpx.URL(url)
    return httpcore.URL(scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path)


async def _read_body(answer: httpcore.Response) -> bytes:
    """Read the body and return its start; nothing about it changes the outcome, which the status has decided."""
    start, taken = b"", 0
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_BODY_S):
            async for chunk in answer.aiter_stream():
                start += chunk[: answer_start.READ - len(start)]
                taken += len(chunk)
                if taken > _BODY_BYTES:
                    break
    return start


def judged(status: int, location: str | None, retry_after_s: float | None) -> AttemptOutcome:
    """D-6: whether a status concerns the notice, the receiver, or this moment only. No redirect is followed: only the directory
    says where a system is.
    """
    answer = f"http:{status}"
    if 200 <= status < 300:
        return AttemptOutcome("ok", answer)
    if status in _NOTICE_REFUSED:
        return AttemptOutcome("dead", answer)
    if status == _GONE:
        return AttemptOutcome("gone", answer)
    if 300 <= status < 400 and location is not None:
        answer += f" to {without_secrets(location)}"
    if status in _TRANSIENT or status >= 500:  # also 600 and 999, which mean nothing
        return AttemptOutcome("retry", answer, retry_after_s)
    return AttemptOutcome("receiver", answer, retry_after_s)


def without_secrets(location: str) -> str:
    """The address of a redirect for operations, without user, query and fragment, which may hold secrets or personal data."""
    try:
        parts = httpx.URL(location[:500])
        shown = str(parts.copy_with(username=None, password=None, query=None, fragment=None))
    except (httpx.InvalidURL, ValueError):
        return "an address that cannot be read"
    return "".join(sign for sign in shown[:200] if sign.isascii() and sign.isprintable())
