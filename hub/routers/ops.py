"""Health and metrics over HTTP, for operations (delivery.md §4). Imports the metrics only; nothing here is
about a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from hub import metrics

Checks = Callable[[], Awaitable[tuple[dict[str, str], dict[str, Any]]]]
"""Check → ``ok`` or the reason; and facts shown beside them that do not make the hub unready."""


def router(ready: Checks) -> APIRouter:
    """``/health/live``, ``/health/ready``, ``/metrics``."""
    routes = APIRouter(tags=["operations"])

    @routes.get("/health/live", summary="The process runs and its loop turns")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get(
        "/health/ready",
        summary="Store, migrations, broker with real progress, intake, every loop: 200 when all are well, else 503;"
        " beside them the partitions that wait and the loops that were restarted",
        responses={503: {"description": "Not ready.", "content": {"application/json": {}}}},
    )
    async def is_ready() -> JSONResponse:
        checks, beside = await ready()
        well = all(state == "ok" for state in checks.values())
        return JSONResponse({"status": "ok" if well else "not-ready", "checks": checks, **beside}, 200 if well else 503)

    @routes.get("/metrics", summary="Prometheus metrics", response_class=PlainTextResponse)
    async def exposition() -> Response:
        # Of ten thousand systems it takes a second, for which nobody else should wait.
        written = await asyncio.to_thread(metrics.exposition)
        return Response(written, media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes
