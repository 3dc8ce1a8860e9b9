"""The connected systems: a list by their trouble, and all of one. Imports the HTTP edge of operations."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from hub.catalogue import ids
from hub.operations import queued, systems
from hub.operations.systems import SystemDetail, SystemPage, Trouble, WantedSystems
from hub.routers.cases.question import CODE, Asked
from hub.routers.ops.asking import PROBLEMS, CanSee, TheDirectory, TheStore, TheWatch
from hub.routers.ops.overview import NoQuery, unknown_system
from hub.routers.ops.pages import PageAsked
from hub.routers.ops.queue import Queue, cut

ROUTES = APIRouter(tags=["systems"], responses=PROBLEMS)


class SystemsAsked(Asked):
    """Which systems."""

    trouble: Trouble | Literal["any"] | None = Field(
        default=None, description="Only those with this trouble; `any`: with any that is a fault."
    )
    text: str = Field(default="", description="Part of the id or the name.", max_length=100)
    way: Literal["kafka", "webhook", "fhir", "subscription", "inbox"] | None = Field(
        default=None, description="Its way out."
    )
    organisation: str | None = Field(default=None, description="Its organisationsnummer.", pattern=r"^[0-9]{10}$")
    region: str | None = Field(default=None, pattern=CODE)
    after: str | None = Field(default=None, description="`next` of the page before.", max_length=60)
    limit: int = Field(default=50, ge=1, le=200)


@ROUTES.get("/systems", summary="The connected systems, each with its trouble and how it was last heard; by id")
async def listed(
    _: CanSee,
    store: TheStore,
    watch: TheWatch,
    asked: Annotated[SystemsAsked, Query()],
) -> SystemPage:
    wanted = WantedSystems(asked.trouble, asked.text, asked.way, asked.organisation, asked.region)
    return await systems.page(store, await watch.now(), wanted, asked.after, asked.limit)


@ROUTES.get(
    "/systems/{id}",
    summary="One system: its ways, queue, figures of the day, refusals by rule, credentials' age, what it may do",
)
async def one(
    _: CanSee,
    store: TheStore,
    watch: TheWatch,
    directory: TheDirectory,
    id_: Annotated[str, Path(alias="id", description="The system's id.")],
    _query: NoQuery,
) -> SystemDetail:
    seen = await watch.now()
    applied = directory.applied()
    if id_ not in seen.systems or id_ not in applied.system_by_id:
        raise unknown_system()
    return await systems.detail(store, seen, applied, id_)


@ROUTES.get(
    "/systems/{id}/queue",
    summary="What waits for a system: each row with its message, since when, its last attempt and why it waits",
)
async def queue(
    _: CanSee,
    store: TheStore,
    directory: TheDirectory,
    id_: Annotated[str, Path(alias="id", description="The system's id.")],
    asked: Annotated[PageAsked, Query()],
) -> Queue:
    if id_ not in directory.now().system_by_id:
        raise unknown_system()
    async with store.transaction() as connection:
        return cut(asked, await queued.queued(connection, id_, asked.above, asked.limit + 1), ids.of_delivery)
