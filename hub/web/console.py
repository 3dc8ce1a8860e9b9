"""The console as an application: in the hub's process, mounted at ``/console``, or by itself on another host. Imports its pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from hub.ops_client.in_process import InProcess
from hub.web import live, sign_in
from hub.web.pages import (
    catalogue,
    directory,
    glass,
    manual_queue,
    overview,
    reconciliation,
    registers,
    replays,
    search,
    systems,
    timeline,
    trail,
    waiting,
)
from hub.web.seen_at import SeenAt
from hub.web.served_files import serve_file
from hub.web.visit import Visit, page

PAGES = (
    overview,
    search,
    timeline,
    waiting,
    replays,
    manual_queue,
    systems,
    registers,
    directory,
    reconciliation,
    catalogue,
    trail,
    glass,
)
"""Each has its ``ROUTES``."""


_SOONER: Final = 0.75


def beside(ops: ASGIApp, url: str | None = None, answer_s: float | None = None) -> ASGIApp:
    """The console of a hub in the same process, to be mounted; ``ops``: its operations API; ``url``: as ``SeenAt`` has it. ``answer_s``:
    in so many seconds the hub answers in any case, and not by a page: the console says sooner that the API does not answer.
    """
    timeout = None if answer_s is None else answer_s * _SOONER
    asked = httpx.AsyncClient(transport=InProcess(ops, "/ops"), base_url="http://hub/ops", timeout=timeout)
    return SeenAt(console(asked), url)


def alone(ops: httpx.AsyncClient, url: str | None = None) -> Starlette:
    """The console by itself, at ``/console`` too: what names its pages does so wherever it is served."""
    pages = console(ops)
    whole = Starlette(routes=[Route("/console", first_page), Mount("/console", SeenAt(pages, url))])
    whole.state.stops = pages.state.stops
    return whole


def console(ops: httpx.AsyncClient) -> Starlette:
    """The console; ``ops`` reaches the operations API that it asks: its ``base_url`` is where that is mounted."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await ops.aclose()

    routes = [route for module in PAGES for route in module.ROUTES]
    app = Starlette(
        routes=[
            *routes,
            *sign_in.ROUTES,
            Route("/live", live.live),
            Route("/assets/{name}", serve_file),
            page("/{rest:path}", _nowhere),
        ],
        lifespan=lifespan,
    )
    app.state.http = ops
    app.state.stops = asyncio.Event()
    """Set when the process that serves it is to end: who listens to what is live is let go, or it would wait for open pages."""
    app.state.paths = frozenset(route.path for route in routes)
    return app


async def first_page(request: Request) -> Response:
    """The address of the console without the slash at its end; the rest of the address stays, whatever a proxy made of it."""
    _ = request
    return RedirectResponse("console/", 303)


async def _nowhere(visit: Visit) -> Response:
    """An address that no page has."""
    return visit.show(
        "refused.html",
        404,
        title=visit.t("refused.no_page"),
        rule="",
        said=visit.t("refused.nowhere"),
        element=None,
        about={},
    )
