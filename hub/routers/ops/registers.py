"""How the national registers answer. Imports the HTTP edge of operations."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from hub.catalogue import ids
from hub.errors import Refused
from hub.operations import queued, registers
from hub.operations.registers import CONTRACTS, QUEUES, RegisterList
from hub.routers.ops.asking import PROBLEMS, CanSee, TheStore, TheWatch
from hub.routers.ops.overview import NoQuery
from hub.routers.ops.pages import PageAsked
from hub.routers.ops.queue import Queue, cut

ROUTES = APIRouter(tags=["registers"], responses=PROBLEMS)


@ROUTES.get(
    "/registers",
    summary="Each register: how it answers, how fast, how much from the cache, what waits for it, who asks",
)
async def listed(_: CanSee, store: TheStore, watch: TheWatch, _query: NoQuery) -> RegisterList:
    return await registers.registers(store, await watch.now())


class LookupsAsked(PageAsked):
    """Which questions."""

    queue: Literal["registers", "verifications", "licences"] | None = Field(
        default=None,
        description="Of one queue: about where a person lives and is listed, about who acted, about licences.",
    )


@ROUTES.get("/registers/waiting", summary="The questions that wait for any register, or in one of their queues")
async def all_waiting(_: CanSee, store: TheStore, asked: Annotated[LookupsAsked, Query()]) -> Queue:
    queues = QUEUES if asked.queue is None else (asked.queue,)
    async with store.transaction() as connection:
        return cut(asked, await queued.lookups(connection, queues, asked.above, asked.limit + 1), ids.of_register)


@ROUTES.get(
    "/registers/{register}/waiting",
    summary="The questions that wait for a register: each with its case, since when, its last answer and why it waits",
)
async def waiting(
    _: CanSee,
    store: TheStore,
    register: Annotated[str, Path(description="Its name, as `/registers` has it.")],
    asked: Annotated[PageAsked, Query()],
) -> Queue:
    if register not in CONTRACTS:
        raise Refused(
            "not-found",
            "Det finns inget sådant register. Se vilka som finns (GET /ops/registers).",
            "There is no such register. See which there are (GET /ops/registers).",
            "/register",
            404,
        )
    async with store.transaction() as connection:
        return cut(
            asked,
            await queued.lookups(connection, CONTRACTS[register], asked.above, asked.limit + 1),
            ids.of_register,
        )
