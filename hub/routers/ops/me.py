"""Who is signed in, and what they may do. Imports the store and the HTTP edge of operations."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from hub.operations.rights import Right
from hub.routers.ops.asking import PROBLEMS, TheOperator, TheStore
from hub.routers.ops.glass import BrokenGlass, shown
from hub.store import glass as glasses

ROUTES = APIRouter(tags=["me"], responses=PROBLEMS)


class Me(BaseModel):
    """Who is signed in."""

    who: str
    rights: list[Right]
    until: datetime | None = Field(description="When the session ends at the latest; null at the machine itself.")
    glass: BrokenGlass | None = Field(description="The glass of this session, while it is open.")


@ROUTES.get("/me", summary="Who is signed in, what they may do, and whether their glass is broken")
async def me(operator: TheOperator, store: TheStore) -> Me:
    async with store.transaction() as connection:
        glass = await glasses.open_of(connection, operator.session, operator.who)
    return Me(
        who=operator.who,
        rights=sorted(operator.rights),
        until=operator.until,
        glass=None if glass is None else shown(glass),
    )
