"""What is dead (D-6): notices, receipts and announcements that are tried no more. Imports the operations, the store and the HTTP edge."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from hub.catalogue import ids
from hub.operations import delivery, replays
from hub.routers.cases.question import Asked, body, in_body
from hub.routers.ops.acts import Number, WithReason
from hub.routers.ops.asking import PROBLEMS, READING_A_BODY, CanActOnOne, CanSee, TheStore
from hub.routers.ops.pages import PageAsked
from hub.routers.ops.replays import Replay, shown
from hub.routers.parameters import WrittenTime
from hub.store import dead_list, replayable
from hub.store.dead_list import DeadLetter
from hub.store.replayable import Group, RowFilter

ROUTES = APIRouter(tags=["dead"], responses=PROBLEMS)


class DeadRow(BaseModel):
    """A dead row of the outbox, without what it tells."""

    row: int = Field(description="Its number, by which it is replayed or skipped.")
    kind: str
    name: str = Field(description="The message's name; of a receipt or an announcement its kind.")
    system: str = Field(description="The receiver.")
    case: str | None
    sequence: int | None
    message: str = Field(description="The id of the message.")
    answer: str | None = Field(description="What the last attempt came to.")
    error: str = Field(description="Its id in the error catalogue.")
    group: str = Field(description="The kind of that answer, as `/dead/groups` has it.")
    said: str | None = Field(description="The start of what the receiver said, without what is personal or secret.")
    attempts: int
    accepted_at: datetime
    first_tried_at: datetime | None
    tried_at: datetime | None
    behind: int = Field(description="How many notices of its case wait for it.")
    behind_since: datetime | None
    replayed: int = Field(description="How often it has been told again.")
    replay: int | None = Field(description="The running replay that is to tell it.")


class DeadRows(BaseModel):
    """A page of what is dead."""

    rows: list[DeadRow]
    next: str | None


class DeadQuery(PageAsked):
    """Which of the dead rows."""

    system: str | None = Field(default=None, max_length=40, description="To this system.")
    answer: str | None = Field(default=None, max_length=200, description="Failed of this, as `/dead/groups` has it.")
    kind: str | None = Field(
        default=None, max_length=60, description="Of this message, as svu.inskrivning; or receipt, announcement."
    )
    case: str | None = Field(default=None, max_length=36, description="Of this case.")
    since: WrittenTime | None = Field(default=None, description="Accepted from this moment on.")
    until: WrittenTime | None = Field(default=None, description="Accepted before this moment.")


@ROUTES.get("/dead", summary="The rows that are tried no more, those that came first first")
async def dead(_: CanSee, store: TheStore, asked: Annotated[DeadQuery, Query()]) -> DeadRows:
    wanted = RowFilter(asked.system, asked.case, asked.kind, asked.answer, asked.since, asked.until)
    async with store.transaction() as connection:
        found = await dead_list.listed(connection, wanted, asked.above, asked.limit + 1)
    rows, after = asked.cut(found)
    return DeadRows(rows=[_row(one) for one in rows], next=after)


def _row(one: DeadLetter) -> DeadRow:
    return DeadRow(
        row=one.id,
        kind=one.kind,
        name=one.name,
        system=one.system,
        case=one.case_id,
        sequence=one.sequence,
        message=one.message,
        answer=one.answer,
        error=ids.of_delivery(one.answer or ""),
        group=one.group,
        said=one.said,
        attempts=one.attempts,
        accepted_at=one.accepted_at,
        first_tried_at=one.first_tried_at,
        tried_at=one.tried_at,
        behind=one.behind,
        behind_since=one.behind_since,
        replayed=one.replayed,
        replay=one.replay,
    )


class DeadGroup(BaseModel):
    """Dead rows of one system that failed alike."""

    system: str
    answer: str
    error: str = Field(description="Its id in the error catalogue.")
    count: int
    cases: int
    behind: int = Field(description="How many notices wait behind them.")
    oldest: datetime = Field(description="When the first of them was accepted.")
    newest: datetime
    first_failed: datetime | None = Field(description="When the first of them was tried last.")
    last_failed: datetime | None
    replayed: int = Field(description="How many of them were told again before, and failed again.")
    example: int = Field(description="The row that came first.")
    said: str | None = Field(
        description="The start of what the receiver said to the newest of them, without what is personal or secret."
    )
    query: str = Field(description="The query of `/dead` that has them.")


class DeadGroups(BaseModel):
    """All that is dead, by system and what it failed of."""

    rows: list[DeadGroup]


class DeadGroupsQuery(Asked):
    """Of which system."""

    system: str | None = Field(default=None, max_length=40, description="To this system.")


@ROUTES.get(
    "/dead/groups",
    summary="What is dead by receiver and what it failed of, the largest first, with how many failed again",
)
async def groups(_: CanSee, store: TheStore, asked: Annotated[DeadGroupsQuery, Query()]) -> DeadGroups:
    async with store.transaction() as connection:
        found = await replayable.groups(connection, asked.system)
    return DeadGroups(rows=[_group(one) for one in found])


def _group(one: Group) -> DeadGroup:
    return DeadGroup(
        system=one.system,
        answer=one.answer,
        error=ids.of_delivery(one.answer),
        count=one.count,
        cases=one.cases,
        behind=one.behind,
        oldest=one.oldest,
        newest=one.newest,
        first_failed=one.first_failed,
        last_failed=one.last_failed,
        replayed=one.replayed,
        example=one.example,
        said=one.said,
        query=urlencode({"system": one.system, "answer": one.answer}),
    )


class SkippedRow(BaseModel):
    """A dead row that is given up; what waited behind it goes on."""

    row: int


@ROUTES.post(
    "/dead/{number}/skip",
    summary="Gives up a dead row, so that the case's later notices to that system are sent",
    responses=READING_A_BODY,
    openapi_extra=body(WithReason),
)
async def skip(
    operator: CanActOnOne, store: TheStore, number: Number, act: Annotated[WithReason, Depends(in_body(WithReason))]
) -> SkippedRow:
    return SkippedRow(row=(await delivery.skip(store, number, operator.who, act.reason)).row)


@ROUTES.post(
    "/dead/{number}/retry",
    summary="Sends one dead row again, marked `replay`: a replay of it alone",
    responses=READING_A_BODY,
    openapi_extra=body(WithReason),
)
async def retry(
    operator: CanActOnOne, store: TheStore, number: Number, act: Annotated[WithReason, Depends(in_body(WithReason))]
) -> Replay:
    return shown(await replays.replay(store, RowFilter(rows=(number,)), operator.who, act.reason, expected=1))
