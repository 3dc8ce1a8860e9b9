"""FHIR Subscriptions over HTTP: a system's own, by its own credential (fhir.md "Subscriptions"). Imports its routes.

Errors are answered with an OperationOutcome, as everywhere under ``/fhir``.
"""

from __future__ import annotations

from fastapi import APIRouter

from hub.routers.fhir import PATH
from hub.routers.subscriptions import own, told
from hub.routers.subscriptions.parts import wire

ROUTES = APIRouter(tags=["fhir"], prefix=PATH)
ROUTES.include_router(told.ROUTES)  # before the others: $status is no id
ROUTES.include_router(own.ROUTES)

__all__ = ["ROUTES", "wire"]
