"""What operations asks over HTTP: health and metrics (delivery.md §4). Imports the metrics only; nothing here is
about a person.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from hub import metrics

Checks = Callable[[], Awaitable[dict[str, str]]]
"""name → ``ok`` or why not."""


def router(ready: Checks) -> APIRouter:
    """``/health/live``, ``/health/ready``, ``/metrics``."""
    routes = APIRouter(tags=["operations"])

    @routes.get("/health/live", summary="The process runs and its loop turns")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get(
        "/health/ready", summary="Store, migrations, broker with real progress, intake: 200 when all are well, else 503"
    )
    async def is_ready() -> JSONResponse:
        checks = await ready()
        well = all(state == "ok" for state in checks.values())
        return JSONResponse({"status": "ok" if well else "not-ready", "checks": checks}, 200 if well else 503)

    @routes.get("/metrics", summary="Prometheus metrics")
    async def exposition() -> Response:
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes
