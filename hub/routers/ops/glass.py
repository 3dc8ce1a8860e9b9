"""Breaking the glass, and whose is broken. Imports the operations and the HTTP edge of operations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from hub.operations import glass
from hub.operations.glass import About
from hub.routers.cases.question import Asked, body, in_body
from hub.routers.ops.asking import PROBLEMS, READING_A_BODY, CanAudit, CanSeeBodies, TheStore
from hub.routers.ops.pages import PageAsked
from hub.store import glass as glasses

ROUTES = APIRouter(tags=["glass"], prefix="/glass", responses=PROBLEMS)
_UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class ToBreak(Asked):
    """Why the glass is broken, and for what."""

    reason: str = Field(description="Why, in words that name no person: it stands in the trail.")
    case: str | None = Field(default=None, pattern=_UUID, description="The case that is to be read.")
    message: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9\-._:]{0,127}$", description="The message that is to be read."
    )
    person: bool = Field(default=False, description="Whether somebody is to be searched for. Who, is not said here.")


class BrokenGlass(BaseModel):
    """A glass that is or was broken."""

    id: int
    who: str
    reason: str
    case: str | None
    message: str | None
    person: bool
    broken_at: datetime
    until: datetime = Field(description="When it closes by itself.")
    closed_at: datetime | None = Field(description="When who broke it closed it before that.")
    open: bool
    uses: int = Field(description="Readings and searches behind it; each is in the trail.")


def shown(one: glasses.Glass) -> BrokenGlass:
    """A glass as it is answered with."""
    return BrokenGlass(
        id=one.id,
        who=one.who,
        reason=one.reason,
        case=one.about.get("case"),
        message=one.about.get("message"),
        person=bool(one.about.get("person")),
        broken_at=one.broken_at,
        until=one.until,
        closed_at=one.closed_at,
        open=one.is_open,
        uses=one.uses,
    )


@ROUTES.post(
    "",
    summary="Breaks the glass: what messages say can be read, and persons searched for, in this session, for 30 minutes",
    responses=READING_A_BODY,
    openapi_extra=body(ToBreak),
)
async def break_glass(
    operator: CanSeeBodies, store: TheStore, asked: Annotated[ToBreak, Depends(in_body(ToBreak))]
) -> BrokenGlass:
    about = About(asked.case, asked.message, asked.person)
    async with store.transaction() as connection:
        return shown(await glass.break_glass(connection, operator, asked.reason, about))


class GlassClosed(BaseModel):
    """What came of closing."""

    closed: bool = Field(description="Whether one was open.")


@ROUTES.delete("/current", summary="Closes this session's glass before its time")
async def close(operator: CanSeeBodies, store: TheStore) -> GlassClosed:
    async with store.transaction() as connection:
        return GlassClosed(closed=await glass.close(connection, operator))


class WhichGlasses(PageAsked):
    """Which of them."""

    open: bool | None = Field(
        default=None, description="Those that are open now, or those that are not. Left out: all."
    )


class BrokenGlasses(BaseModel):
    """A page of them, the newest first."""

    rows: list[BrokenGlass]
    next: str | None = Field(description="`after` of the next page; null where there is none.")


@ROUTES.get("", summary="Whose glass is and was broken, why, and how often it was used")
async def listed(_: CanAudit, store: TheStore, asked: Annotated[WhichGlasses, Query()]) -> BrokenGlasses:
    async with store.transaction() as connection:
        found = await glasses.listed(connection, is_open=asked.open, before=asked.before, limit=asked.limit + 1)
    page, after = asked.cut(found)
    return BrokenGlasses(rows=[shown(one) for one in page], next=after)
