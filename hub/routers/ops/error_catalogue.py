"""The error catalogue for operations: the same entries as everybody is told. Imports the HTTP edge of operations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from hub.catalogue.entry import CatalogueEntry
from hub.routers import catalogue
from hub.routers.catalogue import ErrorId, ErrorLines, WhichErrors
from hub.routers.ops.asking import PROBLEMS, CanSee

ROUTES = APIRouter(tags=["errors"], responses=PROBLEMS)


@ROUTES.get("/errors", summary="The error catalogue: every rule that refuses, every reason to wait, every warning")
async def listed(_: CanSee, which: Annotated[WhichErrors, Query()]) -> ErrorLines:
    return catalogue.lines(which)


@ROUTES.get("/errors/{error}", summary="One error: what it means, its cause, what to do, who must act")
async def one(_: CanSee, error: ErrorId) -> CatalogueEntry:
    return catalogue.entry(error)
