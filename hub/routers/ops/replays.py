"""Replays (D-7): a dry run with its count, the beginning, how each stands, the undoing. Imports the operations, the store and the HTTP
edge.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, StrictInt

from hub.operations import replays
from hub.operations.rights import Right
from hub.routers.cases.question import Asked, body, in_body
from hub.routers.ops.acts import Number, WithReason
from hub.routers.ops.asking import PROBLEMS, READING_A_BODY, CanActOnOne, CanSee, TheStore, must_have
from hub.routers.ops.pages import PageAsked
from hub.routers.parameters import WrittenTime
from hub.store import replays as stored
from hub.store.replayable import RowFilter

ROUTES = APIRouter(tags=["replays"], responses=PROBLEMS)
_MOST_BYTES = 200_000


class Replay(BaseModel):
    """A replay as it stands."""

    id: int
    at: datetime
    who: str
    why: str
    system: str = Field(description="The receiving system.")
    own: bool = Field(description="Whether the system asked for it itself.")
    of: Literal["dead", "sent"] | None = Field(description="What it tells again; null where that was not noted.")
    target: Literal["as-was", "as-directory-now"]
    wanted: dict[str, Any] = Field(description="The filter by which its rows were found.")
    rate: float = Field(description="At most so many a second.")
    stop_after: int
    state: Literal["running", "done", "stopped", "undone"]
    ended_at: datetime | None
    ended: str | None = Field(description="Why it stopped, or was undone.")
    total: int
    sent: int
    failed: int
    passed_over: int = Field(
        description="Skipped by operations, moved to another system or emptied by gallring meanwhile."
    )
    put_back: int
    left: int = Field(description="Neither sent nor anything else yet.")


def shown(one: stored.Replay) -> Replay:
    """A replay as it is answered with."""
    return Replay.model_validate(
        {
            "id": one.id,
            "at": one.at,
            "who": one.who,
            "why": one.why,
            "system": one.system,
            "own": one.own,
            "of": one.of,
            "target": one.aim,
            "wanted": {name: value for name, value in one.wanted.items() if name != "of"},
            "rate": one.rate,
            "stop_after": one.stop_after,
            "state": one.state,
            "ended_at": one.ended_at,
            "ended": one.ended,
            "total": one.total,
            "sent": one.sent,
            "failed": one.failed,
            "passed_over": one.passed_over,
            "put_back": one.put_back,
            "left": one.open,
        }
    )


class WantedReplay(Asked):
    """Which notices are to be told again, to whom and how. Rows, or a filter; a group is its system and answer."""

    rows: list[StrictInt] | None = Field(default=None, min_length=1, max_length=10_000, description="These rows.")
    system: str | None = Field(default=None, max_length=40, description="What was to this system.")
    case: str | None = Field(default=None, max_length=36)
    kind: str | None = Field(default=None, max_length=60, description="As svu.inskrivning; or receipt, announcement.")
    answer: str | None = Field(default=None, max_length=200, description="Failed of this, as `/dead/groups` has it.")
    since: WrittenTime | None = Field(default=None, description="Accepted from this moment on; with `sent`: or sent.")
    until: WrittenTime | None = Field(default=None, description="Accepted before this moment.")
    as_of: WrittenTime | None = Field(
        default=None, description="Dead, or sent, at this moment already, as a dry run gave it."
    )
    sent: bool = Field(default=False, description="What the system was sent, instead of what is dead.")
    target: Literal["as-was", "as-directory-now"] = Field(
        default="as-was",
        description="To the system that each was to, or to the one that serves its unit now; by the way, format and address of now.",
    )
    to: str | None = Field(
        default=None, max_length=40, description="With `as-directory-now`: only what is this system's now."
    )
    rate: float = Field(default=replays.RATE, gt=0, le=replays.FASTEST, description="At most so many a second.")
    stop_after: int = Field(
        default=replays.STOP_AFTER,
        ge=1,
        le=replays.MOST,
        description="Stop when so many cases have failed and none went well.",
    )
    expected: int | None = Field(
        default=None, ge=1, description="The number that a dry run gave. Left out: a dry run, which only counts."
    )
    reason: str = Field(default="", description="Why; needed where it is no dry run.")


class Counts(BaseModel):
    """How many of what."""

    system: str
    answer: str
    count: int


class ReplayAnswer(BaseModel):
    """What a replay would send again, or sends."""

    begun: bool = Field(description="Whether it has begun; else it was a dry run.")
    replay: Replay | None
    count: int
    cases: int | None = Field(description="Of how many cases: the dry run says it.")
    behind: int | None = Field(description="How many notices wait behind the dead ones: the dry run says it.")
    systems: dict[str, int] = Field(description="System → how many, the largest first. A replay is to one.")
    groups: list[Counts] = Field(description="By system and what they failed of, the largest first.")
    removed: int = Field(description="Left out, since gallring has removed what they said.")
    unserved: int = Field(description="Left out, since no system serves their unit now.")
    as_of: datetime | None = Field(
        description="Give it with `expected`: what dies, or is sent, meanwhile changes no number then."
    )


@ROUTES.post(
    "/replays",
    summary="Tells notices again, marked `replay`; without `expected` a dry run with the count by system and group (D-7)",
    responses=READING_A_BODY,
    openapi_extra=body(WantedReplay),
)
async def replay(
    request: Request,
    operator: CanActOnOne,
    store: TheStore,
    asked: Annotated[WantedReplay, Depends(in_body(WantedReplay, _MOST_BYTES))],
) -> ReplayAnswer:
    rows = None if asked.rows is None else tuple(asked.rows)
    wanted = RowFilter(asked.system, asked.case, asked.kind, asked.answer, asked.since, asked.until, asked.as_of, rows)
    aim = replays.Aim(asked.target, asked.to)
    if asked.expected is None:
        found = await replays.count(store, wanted, of_sent=asked.sent, aim=aim)
        return ReplayAnswer(
            begun=False,
            replay=None,
            count=found.count,
            cases=found.cases,
            behind=found.behind,
            systems=found.systems,
            groups=[Counts(system=system, answer=answer, count=count) for system, answer, count in found.groups],
            removed=found.gallrade,
            unserved=found.unserved,
            as_of=found.as_of,
        )
    if rows is None or len(rows) > 1:
        await must_have(Right.ACT_ON_MANY, request, operator, store)
    begun = await replays.replay(
        store,
        wanted,
        operator.who,
        asked.reason,
        expected=asked.expected,
        limits=replays.Limits(asked.rate, asked.stop_after),
        of_sent=asked.sent,
        aim=aim,
    )
    return ReplayAnswer(
        begun=True,
        replay=shown(begun),
        count=begun.total,
        cases=None,
        behind=None,
        systems={begun.system: begun.total},
        groups=[],
        removed=0,
        unserved=0,
        as_of=asked.as_of,
    )


class ReplaysQuery(PageAsked):
    """Which of the replays."""

    system: str | None = Field(default=None, max_length=40, description="To this system.")
    state: Literal["running", "done", "stopped", "undone"] | None = None


class ReplayPage(BaseModel):
    """A page of replays, the newest first."""

    rows: list[Replay]
    next: str | None


@ROUTES.get("/replays", summary="The replays, the newest first: how each stands, who began it and why")
async def listed(_: CanSee, store: TheStore, asked: Annotated[ReplaysQuery, Query()]) -> ReplayPage:
    async with store.transaction() as connection:
        found = await stored.listed(
            connection, system=asked.system, state=asked.state, before=asked.before, limit=asked.limit + 1
        )
    rows, after = asked.cut(found)
    return ReplayPage(rows=[shown(one) for one in rows], next=after)


@ROUTES.get("/replays/{number}", summary="One replay as it stands")
async def one_replay(_: CanSee, store: TheStore, number: Number) -> Replay:
    async with store.transaction() as connection:
        found = await stored.one(connection, number)
    if found is None:
        raise replays.no_such_replay(number)
    return shown(found)


class ReplayedRow(BaseModel):
    """A row of a replay."""

    place: int
    row: int
    source: str | None = Field(description="Who sent the message that it tells of.")
    message: str | None
    name: str | None = Field(description="The message's name; of a receipt or an announcement its kind.")
    case: str | None
    sequence: int | None = Field(description="Its number in its case to the system.")
    outcome: Literal["sent", "dead", "skipped", "gone", "put-back"] | None = Field(
        description="Null: it is on its way, or waits."
    )
    told: bool = Field(description="Whether its turn has come.")
    answer: str | None = Field(
        description="What its last attempt in this replay came to; null until it has been tried in it."
    )


class ReplayedRows(BaseModel):
    """A page of a replay's rows, in the order in which they go."""

    rows: list[ReplayedRow]
    next: str | None


class RowsQuery(PageAsked):
    """Which of its rows."""

    outcome: Literal["sent", "dead", "skipped", "gone", "put-back", "open", "passed-over"] | None = Field(
        default=None, description="`open`: those that are left. `passed-over`: those that were skipped, or gone."
    )


@ROUTES.get(
    "/replays/{number}/rows", summary="The rows of a replay in the order in which they go, each with what came of it"
)
async def rows_of(_: CanSee, store: TheStore, number: Number, asked: Annotated[RowsQuery, Query()]) -> ReplayedRows:
    async with store.transaction() as connection:
        if await stored.one(connection, number) is None:
            raise replays.no_such_replay(number)
        found = await stored.rows_of(connection, number, asked.outcome, asked.above, asked.limit + 1)
    rows, after = asked.cut(found, "place")
    return ReplayedRows(
        rows=[
            ReplayedRow.model_validate(
                {
                    "place": one.place,
                    "row": one.row,
                    "source": one.source,
                    "message": one.message,
                    "name": one.name,
                    "case": one.case_id,
                    "sequence": one.sequence,
                    "outcome": one.outcome,
                    "told": one.told,
                    "answer": one.answer,
                }
            )
            for one in rows
        ],
        next=after,
    )


@ROUTES.post(
    "/replays/{number}/undo",
    summary="Puts back what a running replay has not sent yet, as it was; answers when nothing more of it begins to be sent",
    responses=READING_A_BODY,
    openapi_extra=body(WithReason),
)
async def undo(
    operator: CanActOnOne, store: TheStore, number: Number, act: Annotated[WithReason, Depends(in_body(WithReason))]
) -> Replay:
    return shown(await replays.undo(store, number, operator.who, act.reason))
