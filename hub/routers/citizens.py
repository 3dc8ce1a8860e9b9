"""What a person may be shown of the own plans, for a citizen service such as 1177 (P-17, C-7, D-10). Imports the desk and the store.

A citizen service has a credential of its own and reaches nothing else; which person is logged in there it vouches for.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Security
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hub.processes.engine.process import process_of_case
from hub.routers import http, openapi
from hub.routers.cases.asker import TheDesk
from hub.routers.cases.question import Asked, answer, body, in_body
from hub.routers.dependencies import DirectoryInForce
from hub.store import access_log, case_reads, lists
from hub.store.access_log import Reading
from hub.views.citizen import of_person
from schemas.directory import CitizenService
from schemas.identity_types import KnownPerson

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="citizen_service",
    description="The citizen service's token; its hash is in the directory.",
)
PERSON, SHOWN, GROUND = "personen", "visning", "1177"
"""Who read, what and on which ground, as the trace has it."""
ROUTES = APIRouter(tags=["citizens"], responses=openapi.READING)


async def _service(
    request: Request,
    directory: DirectoryInForce,
    _: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],  # for the documentation
) -> CitizenService:
    return http.authenticate_citizen_service(http.authorization(request), directory)


CallingCitizenService = Annotated[CitizenService, Depends(_service)]
"""The citizen service behind the bearer token; refused 401 before anything else of the request is read."""


class Citizen(Asked):
    """Who is logged in at the citizen service."""

    personnummer: KnownPerson


@ROUTES.post(
    "/citizens/plans",
    summary="The plans that a person may be shown: per region, approved or ongoing; no more than the plan itself (P-17)",
    responses=openapi.READING_A_BODY,
    openapi_extra=body(Citizen),
)
async def plans(
    service: CallingCitizenService, desk: TheDesk, asked: Annotated[Citizen, Depends(in_body(Citizen))]
) -> Response:
    shown: list[dict[str, Any]] = []
    async with desk.transaction() as connection:
        for found in await lists.of_person(connection, asked.personnummer):
            if process_of_case(found.case).shown_to_person is not None:
                acts = await case_reads.acts(connection, found.case.id, "")
                plan = of_person(found.case, acts, desk.directory())
                shown += [] if plan is None else [plan]
        readings = [Reading(one["case"], service.id, PERSON, "", SHOWN, GROUND) for one in shown]
        await access_log.write(connection, readings)
    return answer({"plans": shown})
