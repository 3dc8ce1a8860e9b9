"""Way out: a CloudEvent over HTTP, signed by the Standard Webhooks scheme (delivery.md §3). Imports httpx and the
parcel only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from standardwebhooks import Webhook

from hub.delivery.parcel import MayLeave, Outcome, Parcel
from hub.translators import native
from schemas.directory import System, WebhookOut

_TRY_AGAIN = frozenset({408, 425, 429})
_LONGEST_RETRY_AFTER_S = 24 * 3600.0


class WebhookExit:
    """One pool of connections for all systems; each system's concurrency is its lane's affair."""

    together = 1

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        self._client = client or httpx.AsyncClient(follow_redirects=False, limits=httpx.Limits(max_connections=None))

    def breaker(self, system: System) -> tuple[int, float]:
        """As the directory says of the system."""
        return system.delivery.breaker_failures, system.delivery.breaker_open_s

    async def send(self, system: System, parcels: Sequence[Parcel], may_leave: MayLeave) -> Outcome:
        """2xx is the acknowledgement; 408, 429 and 5xx are tried again, any other answer is final (D-6)."""
        assert isinstance(system.out, WebhookOut)
        (parcel,) = parcels
        body = native.structured(parcel.written.attributes, parcel.written.body)
        now = datetime.now(UTC)
        headers = {
            "content-type": native.STRUCTURED,
            "content-length": str(len(body)),
            "webhook-id": parcel.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(Webhook(s).sign(parcel.id, now, body.decode()) for s in system.out.secrets),
        }
        try:
            async with asyncio.timeout(system.delivery.timeout_s):  # in all: httpx's own counts from byte to byte
                content = _leaving(body, may_leave)
                answer = await self._client.post(system.out.url, content=content, headers=headers, timeout=None)
        except (httpx.TimeoutException, TimeoutError):
            return Outcome("retry", "timeout")
        except httpx.HTTPError as error:
            return Outcome("retry", f"http:{type(error).__name__}")
        if answer.is_success:
            return Outcome("ok", f"http:{answer.status_code}")
        if answer.status_code in _TRY_AGAIN or answer.is_server_error:
            return Outcome("retry", f"http:{answer.status_code}", retry_after(answer.headers.get("retry-after"), now))
        return Outcome("dead", f"http:{answer.status_code}")

    async def close(self) -> None:
        """Gives up the connections."""
        await self._client.aclose()


async def _leaving(body: bytes, may_leave: MayLeave) -> AsyncIterator[bytes]:
    """The body, asked for when the connection stands: making it may have taken seconds."""
    await may_leave()
    yield body


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds of a ``Retry-After`` (a number or an HTTP date), a day at the most; None when it is absent or
    unreadable.
    """
    if header is None:
        return None
    try:
        seconds = float(header) if header.strip().isdigit() else (parsedate_to_datetime(header) - now).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER_S)
