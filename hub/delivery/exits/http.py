"""A call over HTTP to a system: connections, time limits, addresses, and what its status means (D-5, D-6). What the exits over HTTP
share. Imports aiohttp, httpx and yarl (URLs), what an exit is given, and the hub's calls over HTTP only.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache, partial

import aiohttp
import httpx
from yarl import URL

from hub.delivery.exits import answer_start, no_answer
from hub.delivery.exits.addresses import Allowed, AllowedNames, Forbidden, allowed_socket
from hub.delivery.outgoing import AttemptOutcome, BeforeSending
from hub.http_connections.calls import KEEPALIVE_S, Body, session
from hub.http_connections.one_answer import Stray
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

_CLOSE_S = 1.0
"""Connections that are let go are closed within so many seconds, whatever the receiver does meanwhile."""


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

    def __init__(self, connections: aiohttp.ClientSession) -> None:
        self.connections, self.calls, self.used_at = connections, 0, 0.0


@cache
def _tls() -> ssl.SSLContext:
    """The authorities that are trusted, read once: it takes 20 ms, and every exit over HTTP trusts the same."""
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class HttpExit:
    """Each system has connections of its own, and the lane limits the number of its calls at once: no receiver takes what another's
    calls go by.
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
        spelled: dict[str, str] = {}  # aiohttp takes names in other capitals for one header, and the last of them only
        all_headers = [
            *((spelled.setdefault(name.lower(), name), value) for name, value in headers),
            ("user-agent", "samverkan-hub"),
            ("accept-encoding", "identity"),
            ("content-length", str(len(body))),
        ]
        refusals: list[Exception] = []

        async def when_connected() -> None:
            """The connection is open, which may have taken seconds."""
            try:
                await before_sending()
            except Exception as error:
                refusals.append(error)
                raise

        try:
            async with (
                asyncio.timeout(
                    min(timeout_s or system.delivery.timeout_s, system.delivery.timeout_s)
                ) as deadline,  # from the name's look-up to the end of the headers
                self._call(system.id, _target(url), all_headers, body, when_connected) as answer,
            ):
                until = deadline.when() or 0.0
                deadline.reschedule(None)
                if answer_bytes is None:
                    until = asyncio.get_running_loop().time() + _BODY_S
                said, whole = await _read(
                    answer, kept=answer_bytes or answer_start.READ, most=answer_bytes or _BODY_BYTES, until=until
                )
        except Exception as error:  # noqa: BLE001 - whatever the receiver does makes this a failed attempt
            if refusals:
                raise refusals[0] from None
            if isinstance(error, TimeoutError):
                return AttemptOutcome("retry", "timeout")
            if isinstance(error, Forbidden):
                return AttemptOutcome("receiver", "address-not-allowed")
            return AttemptOutcome("retry", no_answer.in_words(error))
        found = {name.lower(): value.decode("latin-1") for name, value in reversed(answer.raw_headers)}
        return Answered(answer.status, found, said, whole)

    @asynccontextmanager
    async def _call(
        self, system: str, url: URL, headers: Sequence[tuple[str, str]], body: bytes, before_sending: BeforeSending
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A call, to the head of its answer."""
        await self._sweep()
        own = self._pools.get(system)
        if own is None:
            own = self._pools[system] = _Pool(
                session(
                    self._tls,
                    resolver=AllowedNames(self._allows),
                    use_dns_cache=False,
                    socket_factory=partial(allowed_socket, self._allows),
                )
            )
        own.calls += 1
        try:
            async with await self._answered(own, url, headers, body, before_sending) as answer:
                yield answer
        finally:
            own.calls -= 1
            own.used_at = time.monotonic()

    async def _answered(
        self, own: _Pool, url: URL, headers: Sequence[tuple[str, str]], body: bytes, before_sending: BeforeSending
    ) -> aiohttp.ClientResponse:
        """The head of the answer. A connection on which something else has come is no failure of this call: another is taken."""
        while True:
            try:
                return await own.connections.post(
                    url, data=Body(body, before_sending), headers=headers, allow_redirects=False
                )
            except Stray:
                continue  # that connection is closed: each kept one is met once, and a new one is none

    async def _sweep(self) -> None:
        """At most every ``KEEPALIVE_S`` seconds, forget the systems that have had no call for that time."""
        now = time.monotonic()
        if now - self._swept_at < KEEPALIVE_S:
            return
        self._swept_at = now
        unused = [id_ for id_, own in self._pools.items() if not own.calls and now - own.used_at > KEEPALIVE_S]
        await _close([self._pools.pop(id_) for id_ in unused])

    async def close(self) -> None:
        """Close the connections."""
        pools, self._pools = list(self._pools.values()), {}
        await _close(pools)


async def _close(pools: Sequence[_Pool]) -> None:
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_CLOSE_S):
            await asyncio.gather(*(own.connections.close() for own in pools), return_exceptions=True)


@lru_cache(maxsize=4096)
def _target(url: str) -> URL:
    """As httpx reads it, which is how it was checked; no sign of it is written otherwise afterwards."""
    parts = httpx.URL(url)
    host = parts.raw_host.decode("ascii")
    if host.replace(".", "").isdigit():
        host = socket.inet_ntoa(socket.inet_aton(host))  # aiohttp calls no IPv4 address that is written in another way
    elif ":" in host:
        host = f"[{host}]"
    port = "" if parts.port is None else f":{parts.port}"
    return URL(f"{parts.scheme}://{host}{port}{parts.raw_path.decode('ascii')}", encoded=True)


async def _read(answer: aiohttp.ClientResponse, *, kept: int, most: int, until: float) -> tuple[bytes, bool]:
    """(the first ``kept`` bytes of the body, whether they are all of it): read up to ``most`` bytes, at the latest ``until``. An
    error while it is read means that it is not whole.
    """
    start, taken = bytearray(), 0
    with contextlib.suppress(Exception):
        async with asyncio.timeout_at(until):
            async for chunk in answer.content.iter_any():
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
