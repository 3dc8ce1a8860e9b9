"""How the national registers answer. Imports the HTTP edge of operations."""

from __future__ import annotations

from fastapi import APIRouter

from hub.operations import registers
from hub.operations.registers import RegisterList
from hub.routers.ops.asking import PROBLEMS, CanSee, TheStore, TheWatch
from hub.routers.ops.overview import NoQuery

ROUTES = APIRouter(tags=["registers"], responses=PROBLEMS)


@ROUTES.get(
    "/registers",
    summary="Each register: how it answers, how fast, how much from the cache, what waits for it, who asks",
)
async def listed(_: CanSee, store: TheStore, watch: TheWatch, _query: NoQuery) -> RegisterList:
    return await registers.registers(store, await watch.now())
