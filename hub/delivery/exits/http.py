"""A call over HTTP to a system: connections, time limits, addresses, and what its status means (D-5, D-6). What the exits over HTTP
share. Imports httpcore and what an exit is given only.

httpcore, not httpx: an exit must keep no cookies, follow no redirects and unpack no bodies.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

import httpcore
import httpx

from hub.delivery.exits import answer_start, no_answer
from hub.delivery.exits.addresses import Allowed, CheckedConnections, Forbidden
from hub.delivery.outgoing import AttemptOutcome, BeforeSending
from hub.translators.retry_after import retry_after
from schemas.directory import System

_TRANSIENT = frozenset({408, 425, 429})
_NOTICE_REFUSED = frozenset({400, 409, 422})
_GONE = 410
_BODY_BYTES = 64 * 1024
_BODY_S = 0.5
"""A body that decides nothing is read up to this many bytes and seconds, so that the connection can be used again; with a longer
body the connection is closed. Of an answer that is no acknowledgement its start is kept for operations.
"""

_KEEPALIVE_S = 4.0
"""Many servers close a connection that has been idle for five seconds. A call that is written at that moment is lost, so ours
let go of it before.
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a system answered to a call."""

    status: int
    headers: Mapping[bytes, str]
    """By their names in small letters; of a repeated one the first."""
    body: bytes
    """Its start, or all of it where the call asked for it."""
    whole: bool
    """Whether ``body`` is all of it."""

    @property
    def packed(self) -> bool:
        """Whether the body is compressed, which the hub did not accept."""
        return self.headers.get(b"content-encoding", "identity") != "identity"


class _Pool:
    """The connections of one system, and how many calls are using them."""

    def __init__(self, connections: httpcore.AsyncConnectionPool) -> None:
        self.connections, self.calls, self.used_at = connections, 0, 0.0


@cache
def _tls() -> ssl.SSLContext:
    """The authorities that are trusted, read once: it takes 20 ms, and every exit over HTTP trusts the same."""
    return httpx.create_ssl_context()


class HttpExit:
    """A pool of connections for each system: httpcore searches its whole pool at every call, so with one pool for all systems each
    call would pay for the others' connections. The lane limits the number of calls at once.
    """

    together = 1

    def __init__(self, allows: Allowed) -> None:
        self._allows = allows
        self._tls = _tls()
        self._pools: dict[str, _Pool] = {}
        self._swept_at = 0.0

    def breaker(self, system: System) -> tuple[int, float]:
        """As the directory says."""
        return system.delivery.breaker_failures, system.delivery.breaker_open_s

    async def post(
        self,
        system: System,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        before_sending: BeforeSending,
        *,
        answer_bytes: int | None = None,
        timeout_s: float | None = None,
    ) -> Answered | AttemptOutcome:
        """Make one call; an outcome when it was not answered, or may not be made.

        ``answer_bytes``: the body of the answer counts, and is read to its end within the call's time, up to this many bytes.
        None: it decides nothing, and the answer counts by its head. ``timeout_s``: less time than the directory gives.
        What ``before_sending`` raises is passed on.
        """
        if not self._allows.plain and not url.startswith("https:"):
            return AttemptOutcome("receiver", "http-not-allowed")
        all_headers = [
            *((name.encode(), value.encode()) for name, value in headers),
            (b"user-agent", b"samverkan-hub"),
            (b"accept-encoding", b"identity"),
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
                    min(timeout_s or system.delivery.timeout_s, system.delivery.timeout_s)
                ) as deadline,  # from the name's look-up to the end of the headers
                connections.stream("POST", _target(url), headers=all_headers, content=body_when_connected()) as answer,
            ):
                until = deadline.when() or 0.0
                deadline.reschedule(None)
                if answer_bytes is None:
                    until = asyncio.get_running_loop().time() + _BODY_S
                said, whole = await _read(
                    answer, kept=answer_bytes or answer_start.READ, most=answer_bytes or _BODY_BYTES, until=until
                )
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
        return Answered(answer.status, found, said, whole)

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
            for one in own.connections.connections:
                if _has_more(one):
                    await one.aclose()

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


def _has_more(connection: httpcore.AsyncConnectionInterface) -> bool:
    """Whether more has come on an idle connection than the answer: the next call would take it for its own answer, and a notice that
    nobody has received would count as acknowledged. httpcore looks at the socket before it uses it again, but not at what it has read.
    """
    state = getattr(getattr(connection, "_connection", None), "_h11_state", None)
    return state is not None and connection.is_idle() and state.trailing_data[0] != b""


def _target(url: str) -> httpcore.URL:
    parts = httpx.URL(url)
    return httpcore.URL(scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path)


async def _read(answer: httpcore.Response, *, kept: int, most: int, until: float) -> tuple[bytes, bool]:
    """(the first ``kept`` bytes of the body, whether they are all of it): read up to ``most`` bytes, at the latest ``until``. An
    error while it is read means that it is not whole.
    """
    start, taken = bytearray(), 0
    with contextlib.suppress(Exception):
        async with asyncio.timeout_at(until):
            async for chunk in answer.aiter_stream():
                start += chunk[: kept - len(start)]
                taken += len(chunk)
                if taken > most:
                    return bytes(start), False
        return bytes(start), taken <= kept
    return bytes(start), False


def by_status(answered: Answered, now: datetime) -> AttemptOutcome:
    """What an answer means by its status, with the start of what it says where it is no acknowledgement."""
    again = retry_after(answered.headers.get(b"retry-after"), now)
    outcome = judged(answered.status, answered.headers.get(b"location"), again)
    if outcome.result == "ok" or answered.packed:
        return outcome
    return replace(outcome, said=answer_start.start_of(answered.body))


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
