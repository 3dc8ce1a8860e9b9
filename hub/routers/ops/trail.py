"""The trail: who of operations did what, with what, and why (D-7). Imports the store and the HTTP edge of operations."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from hub.routers.ops.asking import PROBLEMS, CanAudit, TheStore
from hub.routers.ops.pages import PageAsked
from hub.routers.parameters import WrittenTime
from hub.store import operator_log

ROUTES = APIRouter(tags=["trail"], responses=PROBLEMS)


class WhichActs(PageAsked):
    """Which of the acts; those that are asked for together narrow each other."""

    who: str | None = Field(default=None, max_length=200, description="By this name, whole.")
    what: str | None = Field(default=None, max_length=200, description="This act, as `sign in`, `pause` or `refused`.")
    target: str | None = Field(
        default=None, max_length=500, description="With this, whole: a system, a message, a row."
    )
    since: WrittenTime | None = Field(default=None, description="Not before this moment.")
    until: WrittenTime | None = Field(default=None, description="Before this moment.")


class TrailRow(BaseModel):
    """One act, a sign-in, or a refusal for want of a right."""

    id: int
    at: datetime
    who: str
    what: str
    target: str
    reason: str


class TrailPage(BaseModel):
    """A page of them, the newest first."""

    rows: list[TrailRow]
    next: str | None = Field(description="`after` of the next page; null where there is none.")


@ROUTES.get("/trail", summary="Who did what, with what, and why; sign-ins, and refusals for want of a right, too")
async def trail(_: CanAudit, store: TheStore, asked: Annotated[WhichActs, Query()]) -> TrailPage:
    async with store.transaction() as connection:
        found = await operator_log.page(
            connection,
            who=asked.who,
            what=asked.what,
            target=asked.target,
            since=asked.since,
            until=asked.until,
            before=asked.before,
            limit=asked.limit + 1,
        )
    page, after = asked.cut(found)
    return TrailPage(rows=[TrailRow(**asdict(one)) for one in page], next=after)
