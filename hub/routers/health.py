"""Health and metrics over HTTP, for operations (delivery.md §4). Imports the metrics only; nothing here is
about a person.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import get_ident
from typing import Any

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from hub import metrics
from hub.metrics import together

Checks = Callable[[], Awaitable[tuple[dict[str, str], dict[str, Any]]]]
"""Check → ``ok`` or the reason; and facts shown beside them that do not make the hub unready."""

Workers = Callable[[], Sequence[Path]]
"""The sockets of the workers of this hub, its own first; none where the process is the whole hub."""

_WORKER_S = 1.0
"""Seconds that another worker's metrics may take; of one that hangs those count that were written last."""


def nobody() -> Sequence[Path]:
    """The process is the whole hub."""
    return ()


def router(ready: Checks, workers: Workers = nobody) -> APIRouter:
    """``/health/live``, ``/health/ready``, ``/metrics``. Of several workers any answers: for its own health, and with the metrics
    of all.
    """
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
    async def exposition(request: Request) -> Response:
        # Of ten thousand systems it takes a second, for which nobody else should wait.
        written = await asyncio.to_thread(metrics.exposition)
        if "worker" not in request.query_params and (sockets := workers()):
            own, *others = sockets
            told = dict(zip(others, await asyncio.gather(*map(_of_worker, others)), strict=True)) | {own: written}
            written = await asyncio.to_thread(_of_all, told)
        return Response(written, media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes


async def _of_worker(socket: Path) -> bytes | None:
    """Another worker's own metrics; None where it does not answer, or is not there at the moment."""
    try:
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(socket)), timeout=_WORKER_S) as client:
            return (await client.get("http://worker/metrics?worker")).raise_for_status().content
    except httpx.HTTPError:
        return None


def _of_all(told: Mapping[Path, bytes | None]) -> bytes:
    """The metrics of the workers together. Each one's lie beside its socket, for whichever worker is asked when that one hangs."""
    former = []
    for socket, written in told.items():
        kept = socket.with_suffix(".metrics")
        with suppress(FileNotFoundError):  # it has just died
            if written is None:
                former.append(kept.read_bytes())
            else:
                whole = socket.with_suffix(f".{os.getpid()}-{get_ident()}")
                whole.write_bytes(written)
                whole.replace(kept)
    return together([one for one in told.values() if one is not None], former)
