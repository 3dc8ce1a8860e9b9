"""The HTTP application of a running hub: every way in and every question over HTTP, put together. Imports the hub and the ways in."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from hub.app import Hub
from hub.routers import cases as case_views
from hub.routers import (
    catalogue,
    citizens,
    dependencies,
    errors,
    health,
    messages,
    openapi,
    pull_inbox,
    reconciliation,
    self_service,
    subscriptions,
)
from hub.routers import fhir as fhir_in
from hub.routers.ops.api import ops_api
from hub.routers.ops.asking import OpsParts
from hub.web import console


def api_of(hub: Hub, workers: health.Workers = health.nobody) -> FastAPI:
    """The HTTP application, with its documentation under ``/docs``. ``workers``: the sockets of its workers, this process's first."""
    # The documentation page has its own scripts, because the hub may have no access to a CDN.
    api: FastAPI = FastAPIOffline(
        title="Samverkan hub",
        description="The message hub for Swedish discharge coordination. Authenticate with the system's bearer token.",
        version="1",
    )
    dependencies.wire(api, hub.intake, hub.directory)
    pull_inbox.wire(api, hub.pull_inbox)
    subscriptions.wire(api, hub.store, hub.allowed)
    self_service.wire(api, hub.store, hub.in_force.applied)
    case_views.wire(api, hub.store, hub.directory, hub.memory, hub.readers)
    asked = (
        messages.ROUTES,
        fhir_in.ROUTES,
        subscriptions.ROUTES,
        case_views.ROUTES,
        citizens.ROUTES,
        catalogue.ROUTES,
        pull_inbox.ROUTES,
        self_service.ROUTES,
        reconciliation.ROUTES,
    )
    for routes in (*(asked if "http" in hub.roles else ()), health.router(hub.readiness.checks, workers)):
        api.include_router(routes)
    if "http" in hub.roles:
        operations = ops_api(OpsParts(hub.store, hub.in_force, hub.sign_in, live=hub.live), hub.intake.process_pool)
        api.mount("/ops", operations)
        api.add_route("/console", console.first_page, include_in_schema=False)
        api.mount("/console", console.beside(operations, hub.settings.console_url, hub.settings.http_answer_s))
    errors.install(api, hub.intake.process_pool, hub.settings.http_answer_s)
    openapi.install(api)
    return api
