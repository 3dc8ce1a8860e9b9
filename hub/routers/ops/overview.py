"""How everything is, what to see to first, and the figures over time. Imports the HTTP edge of operations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from hub import clock
from hub.errors import Refused
from hub.intake.arrival import is_case_id
from hub.operations import figures
from hub.operations.overview import Overview, overview
from hub.operations.standing import HubStanding, MissingRole
from hub.routers.cases.question import CODE, Asked, moment, of_moment
from hub.routers.ops.asking import PROBLEMS, CanSee, TheDirectory, TheStore, TheWatch
from hub.routers.parameters import bad
from hub.store import deadline

ROUTES = APIRouter(tags=["overview"], responses=PROBLEMS)


class Nothing(Asked):
    """A query without parameters."""


NoQuery = Annotated[Nothing, Query()]


@ROUTES.get(
    "/overview", summary="How everything is: is all well, what to see to first, and how much of everything there is"
)
async def everything(_: CanSee, watch: TheWatch, _query: NoQuery) -> Overview:
    return overview(await watch.now())


class Hubs(BaseModel):
    """The processes of the hub."""

    hubs: list[HubStanding]
    missing_roles: list[MissingRole]


@ROUTES.get(
    "/hubs",
    summary="The processes of the hub that run, or fell silent within an hour (ten minutes where replaced), and the roles that none has",
)
async def hubs(_: CanSee, watch: TheWatch, _query: NoQuery) -> Hubs:
    seen = await watch.now()
    return Hubs(hubs=seen.hubs, missing_roles=seen.missing_roles)


class RatesAsked(Asked):
    """Of whom, and of how long."""

    system: str | None = Field(default=None, description="Left out: everything.", max_length=60)
    span: Literal["24h", "14d"] = Field(
        default="24h", description="24h: by the minute; 14d: by the quarter of an hour."
    )


@ROUTES.get("/rates", summary="What came, was refused, held, sent, delivered on time and failed, over time")
async def rates(
    _: CanSee,
    store: TheStore,
    directory: TheDirectory,
    asked: Annotated[RatesAsked, Query()],
) -> figures.Rates:
    if asked.system is not None and asked.system not in directory.now().system_by_id:
        raise unknown_system()
    return await figures.rates(store, asked.system, asked.span)


def unknown_system() -> Refused:
    """404: there is no such system."""
    return Refused(
        "unknown-system",
        "Det finns inget sådant system i katalogen. Se vilka som finns (GET /ops/systems).",
        "There is no such system in the directory. See which there are (GET /ops/systems).",
        "/system",
        404,
    )


class PassedDeadline(BaseModel):
    """A deadline that has passed and is left untold."""

    case: str
    name: str
    key: str
    due: datetime
    again: datetime | None
    """When it is tried next, where it could not be told."""


class PassedList(BaseModel):
    """Deadlines that have passed and are left untold, the oldest first."""

    rows: list[PassedDeadline]
    next: str | None


class DeadlinesAsked(Asked):
    """Which of them."""

    name: str | None = Field(default=None, pattern=CODE)
    after: str | None = Field(default=None, description="``next`` of the page before.", max_length=200)
    limit: int = Field(default=100, ge=1, le=500)


@ROUTES.get(
    "/deadlines",
    summary="Deadlines that passed 30 seconds ago or more and of which nobody has been told, the oldest first",
)
async def deadlines(_: CanSee, store: TheStore, asked: Annotated[DeadlinesAsked, Query()]) -> PassedList:
    after = None
    if asked.after is not None:
        at, case, key = (*asked.after.split("~", 2), "", "")[:3]
        due = of_moment(at)
        if due is None or not is_case_id(case) or not key.isprintable() or not key:
            raise bad("after", "ange next från sidan före", "give the next of the page before")
        after = due, case, key
    async with store.transaction() as connection:
        found = await deadline.passed(connection, clock.now(), asked.name, after, asked.limit + 1)
    page = found[: asked.limit]
    return PassedList(
        rows=[
            PassedDeadline(
                case=one.case_id, name=one.key.partition("/")[0], key=one.key, due=one.due_at, again=one.put_off
            )
            for one in page
        ],
        next=f"{moment(page[-1].due_at)}~{page[-1].case_id}~{page[-1].key}" if len(found) > len(page) else None,
    )
