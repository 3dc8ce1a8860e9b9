"""What gallring is about to remove, and what it passes over. Imports the operations and the HTTP edge of operations."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from pydantic import BaseModel, Field

from hub.operations import due_gallring
from hub.routers.ops.asking import PROBLEMS, CanSee, TheDirectory, TheStore
from hub.store.gallring_counts import OLDEST

ROUTES = APIRouter(tags=["gallring"], responses=PROBLEMS)


class MonthDue(BaseModel):
    """The closed cases of a process that are due, and that changed last in a month."""

    process: str
    month: str = Field(description="As `2026-03`, in Swedish time.")
    cases: int
    messages: int


class GallringDue(BaseModel):
    """What the regions' rules are about to remove; nothing is removed by asking."""

    rules: dict[str, dict[str, int]] = Field(
        description="Region → process → days after a closed case changed last. A region without a rule keeps everything."
    )
    months: list[MonthDue]
    asked: int = Field(description="So many of the oldest cases that are due were asked whether they are settled.")
    unsettled: int = Field(
        description="Of those, the ones that are passed over: something in them waits, is held or dead."
    )
    open_as_long: dict[str, int] = Field(
        description="Process → cases that are unchanged for as long and still open: only their units can end them."
    )


@ROUTES.get(
    "/gallring",
    summary="What is due to be removed by the regions' rules, by process and month, and what is passed over",
)
async def due(operator: CanSee, store: TheStore, known: TheDirectory) -> GallringDue:
    directory = known.now()
    found = await due_gallring.counted(store, directory, operator)
    return GallringDue(
        rules={region.id: dict(region.gallring) for region in directory.regions if region.gallring},
        months=[MonthDue(**asdict(one)) for one in found.months],
        asked=OLDEST,
        unsettled=found.unsettled,
        open_as_long=found.open_as_long,
    )
