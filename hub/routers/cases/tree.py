"""Whom a case may be widened to (C-10). Imports the desk and the views."""

from __future__ import annotations

from fastapi.responses import Response

from hub.errors import Refused
from hub.routers.cases.asker import AskerOnACase, TheDesk
from hub.routers.cases.names import views
from hub.routers.cases.question import CaseId, NoQuery, answer
from hub.views.tree import tree

ROUTES = views()


@ROUTES.get(
    "/cases/{id}/organisations",
    summary="Regions, their organisations and units with party and roles; ingar: the unit is in the case already",
)
async def organisations(desk: TheDesk, asker: AskerOnACase, case: CaseId, _: NoQuery) -> Response:
    async with desk.transaction() as connection:
        opened = await desk.open(connection, case, asker, "organisationer")
        if not opened.reach.takes_part:
            raise Refused(
                "C-10",
                "Bara en enhet som deltar i ärendet lägger till andra. Läs ärendet i stället.",
                "Only a unit that takes part in the case adds others. Read the case instead.",
                "/X-Unit",
                403,
            )
    return answer({"case": opened.case.id, "regions": tree(opened.case, desk.directory())})
