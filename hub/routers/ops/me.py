"""Who is signed in, and what they may do. Imports the HTTP edge of operations."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from hub.operations.rights import Right
from hub.routers.ops.asking import PROBLEMS, TheOperator

ROUTES = APIRouter(tags=["me"], responses=PROBLEMS)


class Me(BaseModel):
    """Who is signed in."""

    who: str
    rights: list[Right]


@ROUTES.get("/me", summary="Who is signed in, and what they may do")
async def me(operator: TheOperator) -> Me:
    return Me(who=operator.who, rights=sorted(operator.rights))
