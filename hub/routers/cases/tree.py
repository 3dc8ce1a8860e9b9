"""Whom a case may be widened to (C-10). Imports the desk and the views."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from hub.errors import Refused
from hub.routers.cases.desk import HEADERS, Desk
from hub.routers.cases.question import answer, only
from hub.views.tree import tree


def add(routes: APIRouter, desk: Desk) -> None:
    """``/cases/{id}/organisations``."""

    @routes.get(
        "/cases/{id}/organisations",
        summary="Regions, their organisations and units with party and roles; ingar: the unit is in the case already",
        openapi_extra={"parameters": HEADERS},
    )
    async def organisations(request: Request, id: str) -> Response:  # noqa: A002 - the name in the path
        asker = desk.asker(request)
        only(request)
        async with desk.transaction() as connection:
            opened = await desk.open(connection, id, asker, "organisationer")
            if not opened.reach.takes_part:
                raise Refused(
                    "C-10",
                    "Bara en enhet som deltar i ärendet lägger till andra. Läs ärendet i stället.",
                    "Only a unit that takes part in the case adds others. Read the case instead.",
                    "/X-Unit",
                    403,
                )
        return answer({"case": opened.case.id, "regions": tree(opened.case, desk.directory())})
