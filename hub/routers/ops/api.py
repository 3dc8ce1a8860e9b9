"""The operations API as an application of its own, mounted at ``/ops``: its document is operations' own, ``/ops/openapi.json``. Imports its
routes and the HTTP edge.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from hub.intake.process_pool import ProcessPool
from hub.operations.live import Live
from hub.routers import errors
from hub.routers.ops import (
    average,
    bodies,
    credentials,
    dead,
    directory,
    directory_versions,
    error_catalogue,
    events,
    gallring,
    glass,
    held,
    held_acts,
    manual_queue,
    me,
    messages,
    overview,
    reconciliation,
    registers,
    replays,
    sessions,
    sign_in,
    steering,
    systems,
    timeline,
    trail,
    units,
)
from hub.routers.ops.asking import OpsParts, rights_of_route

ROUTERS: Final = (
    me.ROUTES,
    sign_in.ROUTES,
    glass.ROUTES,
    overview.ROUTES,
    events.ROUTES,
    systems.ROUTES,
    registers.ROUTES,
    held.ROUTES,
    held_acts.ROUTES,
    dead.ROUTES,
    replays.ROUTES,
    steering.ROUTES,
    manual_queue.ROUTES,
    messages.ROUTES,
    timeline.ROUTES,
    units.ROUTES,
    directory.ROUTES,
    directory_versions.ROUTES,
    credentials.ROUTES,
    sessions.ROUTES,
    trail.ROUTES,
    error_catalogue.ROUTES,
    bodies.ROUTES,
    reconciliation.ROUTES,
    average.ROUTES,
    gallring.ROUTES,
)


def ops_api(parts: OpsParts, process_pool: ProcessPool) -> FastAPI:
    """The application; everything that it answers is JSON, every refusal a problem in Swedish and English."""
    api: FastAPI = FastAPIOffline(
        title="Samverkan hub, operations",
        description="What operations sees and steers. Sign in at `/ops/sign-in`; metadata only, where nothing else is said."
        " `x-rights` of an operation are the rights that it needs: `GET /ops/me` names yours.",
        version="1",
    )
    api.state.parts = parts
    api.state.live = parts.live or Live(parts.store, parts.in_force)
    for routes in ROUTERS:
        _say_rights(routes)
        api.include_router(routes)
    errors.install(api, process_pool)
    return api


def _say_rights(routes: APIRouter) -> None:
    """Write into the document which right each operation needs."""
    for route in routes.routes:
        if isinstance(route, APIRoute) and (rights := rights_of_route(route.dependant)):
            route.openapi_extra = {**(route.openapi_extra or {}), "x-rights": sorted(rights)}
