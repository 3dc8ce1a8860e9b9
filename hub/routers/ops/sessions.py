"""Who of operations is and was signed in, and an end to a session. Imports the operations, the store and the HTTP edge of operations."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from hub.operations import operators
from hub.routers.cases.question import body, in_body
from hub.routers.ops.acts import Number, WithReason
from hub.routers.ops.asking import PROBLEMS, READING_A_BODY, CanAudit, TheStore
from hub.routers.ops.pages import PageAsked
from hub.store import operator_sessions

ROUTES = APIRouter(tags=["sessions"], responses=PROBLEMS)


class WhichSessions(PageAsked):
    """Which of them."""

    in_force: bool | None = Field(default=None, description="Those in force, or those that are not. Left out: all.")


class Session(BaseModel):
    """A session, without its token."""

    id: int
    who: str
    roles: list[str]
    kind: Literal["person", "program"]
    begun_at: datetime
    used_at: datetime = Field(description="When it was last used.")
    until: datetime = Field(description="When it ends at the latest.")
    ended_at: datetime | None
    ended_why: str | None
    in_force: bool = Field(description="Whether it has neither ended nor stood idle.")


class Sessions(BaseModel):
    """A page of them, the newest first."""

    rows: list[Session]
    next: str | None = Field(description="`after` of the next page; null where there is none.")


@ROUTES.get("/sessions", summary="Who is and was signed in, people and programs, with which roles")
async def sessions(_: CanAudit, store: TheStore, asked: Annotated[WhichSessions, Query()]) -> Sessions:
    async with store.transaction() as connection:
        found = await operator_sessions.listed(
            connection, in_force=asked.in_force, before=asked.before, limit=asked.limit + 1
        )
    page, after = asked.cut(found)
    return Sessions(rows=[Session(**asdict(one)) for one in page], next=after)


class EndedSession(BaseModel):
    """A session that has been ended."""

    id: int
    who: str = Field(description="Whose it was.")


@ROUTES.post(
    "/sessions/{session}/end",
    summary="Ends a session now, a person's or a program's: its token is no longer known",
    responses=READING_A_BODY,
    openapi_extra=body(WithReason),
)
async def end(
    operator: CanAudit, store: TheStore, session: Number, act: Annotated[WithReason, Depends(in_body(WithReason))]
) -> EndedSession:
    async with store.transaction() as connection:
        ended = await operators.end(connection, session, operator.who, act.reason)
    return EndedSession(id=ended.id, who=ended.who)
