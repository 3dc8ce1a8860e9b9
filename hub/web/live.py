"""What is live: the operations API's events, handed on to the open pages. Imports the visit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from hub.ops_client.client import OpsAway, OpsRefused
from hub.web.visit import visitor


async def live(request: Request) -> Response:
    """``/live``: server-sent events, as long as the page is open and the hub runs."""
    async with AsyncExitStack() as opened:
        try:
            ops = replace((await visitor(request)).ops, by_itself=True)
            events = await opened.enter_async_context(ops.listen("/events"))
        except OpsRefused as refused:
            return PlainTextResponse("", refused.status)
        except OpsAway:
            return PlainTextResponse("", 503)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_told(events, opened.pop_all()), media_type="text/event-stream", headers=headers)


async def _told(events: httpx.Response, opened: AsyncExitStack) -> AsyncIterator[bytes]:
    async with opened:
        try:
            async for piece in events.aiter_raw():
                yield piece
        except httpx.TransportError:  # the hub is gone: the page asks again by itself
            return
