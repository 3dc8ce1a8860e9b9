"""The connected systems: a list by their trouble, and all of one. Imports the HTTP edge of operations."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from hub.catalogue import ids
from hub.operations import queued, systems
from hub.operations.queued import Queued
from hub.operations.systems import SystemDetail, SystemPage, Trouble, WantedSystems
from hub.routers.cases.question import CODE, Asked
from hub.routers.ops.asking import PROBLEMS, CanSee, TheDirectory, TheStore, TheWatch
from hub.routers.ops.overview import NoQuery, unknown_system
from hub.routers.ops.pages import PageAsked
from schemas.messages import BilingualText

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


class QueuedNotice(BaseModel):
    """A row that is not sent yet."""

    id: int
    kind: str
    name: str = Field(description="The message's name; of a receipt or an announcement its kind.")
    case_id: str | None
    sequence: int | None
    source: str
    message: str = Field(description="The id of the message.")
    accepted_at: datetime
    due_at: datetime
    attempts: int
    answer: str | None
    error: str | None = Field(description="The answer's id in the error catalogue; null before the first attempt.")
    behind: bool = Field(description="It waits for a dead one of its case.")
    why: BilingualText = Field(description="Why it is not sent yet.")


class Queue(BaseModel):
    """What waits for a system, in the order of writing."""

    rows: list[QueuedNotice]
    next: str | None


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
        found = await queued.queued(connection, id_, asked.above, asked.limit + 1)
    page, following = asked.cut([_queued(one) for one in found])
    return Queue(rows=page, next=following)


def _queued(one: Queued) -> QueuedNotice:
    error = None if one.row.answer is None else ids.of_delivery(one.row.answer)
    why = BilingualText(sv=one.why.sv, en=one.why.en)
    return QueuedNotice(**asdict(one.row), error=error, why=why)
