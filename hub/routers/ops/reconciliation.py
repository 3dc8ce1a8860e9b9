"""Reconciliation as operations sees it: a system's hours, and what its last own list differed in. Imports the operations and the HTTP edge
of operations.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from hub.errors import Refused
from hub.operations import reconciliation
from hub.operations.reason import shown
from hub.routers.ops.acts import Named
from hub.routers.ops.asking import PROBLEMS, CanSee, TheDirectory, TheStore
from hub.routers.reconciliation import ReconciledSpan
from hub.store import reconciliation as stored

ROUTES = APIRouter(tags=["reconciliation"], prefix="/reconciliation", responses=PROBLEMS)


class HourShown(BaseModel):
    """An hour."""

    since: datetime
    until: datetime
    open: bool = Field(description="Something accepted in it may still be under way.")
    sent: dict[str, int] = Field(description="accepted, refused, held → how many messages the system sent.")
    told: dict[str, int] = Field(description="waiting, sent, dead, skipped → how many notices to it.")


class LastListShown(BaseModel):
    """What the system's last own list and the hub's books differed in."""

    at: datetime
    since: datetime
    until: datetime
    settled_until: datetime
    sent: dict[str, Any] = Field(
        description="matched, open, counts; and the first of repeated, missing_here, missing_there, differing."
    )
    taken: dict[str, Any] = Field(description="The same of the notices that it has taken.")
    replay: dict[str, Any] = Field(description="count, gallrade, and begun: the number of the replay that it began.")


class Reconciled(BaseModel):
    """A system's hours, and its last own list."""

    system: str
    since: datetime
    until: datetime
    settled_until: datetime
    windows: list[HourShown]
    last_list: LastListShown | None = Field(description="Null where it never posted one.")


@ROUTES.get("/{system}", summary="What a system sent and was told by hour, and what its last own list differed in")
async def of_system(
    _: CanSee, store: TheStore, in_force: TheDirectory, system: Named, asked: Annotated[ReconciledSpan, Query()]
) -> Reconciled:
    since, until = reconciliation.spanned(asked.since, asked.until)
    async with store.transaction() as connection:
        last = await stored.last(connection, system)
        if system not in in_force.now().system_by_id and last is None:
            raise Refused(
                "unknown-system",
                f"Katalogen har inget system {shown(system)}.",
                f"There is no system {shown(system)} in the directory.",
                "/system",
                404,
            )
        books = await reconciliation.books(connection, system, since, until)
    return Reconciled(
        system=system,
        since=since,
        until=until,
        settled_until=books.settled_until,
        windows=[
            HourShown(since=one.since, until=one.until, open=one.open, sent=one.sent, told=one.told)
            for one in books.windows
        ],
        last_list=None
        if last is None
        else LastListShown.model_validate({"at": last.at, "since": last.since, "until": last.until, **last.found}),
    )
