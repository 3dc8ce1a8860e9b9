"""The operations API as an application of its own, mounted at ``/ops``: its document is operations' own, ``/ops/openapi.json``. Imports its
routes and the HTTP edge.
"""

from __future__ import annotations

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from hub.intake.process_pool import ProcessPool
from hub.operations.live import Live
from hub.routers import errors
from hub.routers.ops import (
    dead,
    events,
    glass,
    held,
    held_acts,
    manual_queue,
    me,
    messages,
    overview,
    replays,
    sessions,
    sign_in,
    steering,
    systems,
    trail,
    units,
)
from hub.routers.ops.asking import Parts


def ops_api(parts: Parts, process_pool: ProcessPool) -> FastAPI:
    """The application; everything that it answers is JSON, every refusal a problem in Swedish and English."""
    api: FastAPI = FastAPIOffline(
        title="Samverkan hub, operations",
        description="What operations sees and steers. Sign in at `/ops/sign-in`; metadata only, where nothing else is said.",
        version="1",
    )
    api.state.parts = parts
    api.state.live = parts.live or Live(parts.store, parts.in_force)
    for routes in (
        me.ROUTES,
        sign_in.ROUTES,
        glass.ROUTES,
        overview.ROUTES,
        events.ROUTES,
        systems.ROUTES,
        held.ROUTES,
        held_acts.ROUTES,
        dead.ROUTES,
        replays.ROUTES,
        steering.ROUTES,
        manual_queue.ROUTES,
        messages.ROUTES,
        units.ROUTES,
        sessions.ROUTES,
        trail.ROUTES,
    ):
        api.include_router(routes)
    errors.install(api, process_pool)
    return api
