"""What is live: an open page hears which lists have changed, and asks for itself again. Imports the visit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from hub.ops_client.client import OpsAway, OpsRefused
from hub.web.visit import visitor


async def live(request: Request) -> Response:
    """``/live``: server-sent events while the page is open and the hub runs: ``changed`` with the names of lists, ``end`` with why."""
    async with AsyncExitStack() as opened:
        try:
            ops = replace((await visitor(request)).ops, by_itself=True)
            events = await opened.enter_async_context(ops.listen("/events", only="lists"))
        except OpsRefused as refused:
            return PlainTextResponse("", refused.status)
        except OpsAway:
            return PlainTextResponse("", 503)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        told = _told(events, opened.pop_all(), request.app.state.stops)
        return StreamingResponse(told, media_type="text/event-stream", headers=headers)


async def _told(events: httpx.Response, opened: AsyncExitStack, stops: asyncio.Event) -> AsyncIterator[str]:
    async with opened:
        name = ""
        try:
            async for line in _lines(events, stops):
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield _event(name, line.removeprefix("data: "))
                elif line.startswith(":"):
                    yield ": still here\n\n"
        except httpx.TransportError:  # the hub is gone: the page asks again by itself
            return


async def _lines(events: httpx.Response, stops: asyncio.Event) -> AsyncIterator[str]:
    """What comes, until there is no more or the console stops."""
    lines = aiter(events.aiter_lines())
    stopping = asyncio.ensure_future(stops.wait())
    try:
        while True:
            line = asyncio.ensure_future(anext(lines, None))
            await asyncio.wait({line, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not line.done() or (came := line.result()) is None:
                return
            yield came
    finally:
        stopping.cancel()
        line.cancel()
        await asyncio.wait({line})


def _event(name: str, data: str) -> str:
    """An event of the operations API as a page's script takes it."""
    said = json.loads(data)
    if name == "lists":
        return f"event: changed\ndata: {' '.join(said['changed'])}\n\n"
    return f"event: {name}\ndata: {said.get('why', '')}\n\n"
