"""The search of a person, and whether the unit may open a case (C-5, C-31). Imports the desk, the lists and the rules."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends
from fastapi.responses import Response

from hub.errors import Refused
from hub.processes.shared.registers import protected_or_deceased
from hub.processes.svu.process import SVU
from hub.routers import openapi
from hub.routers.cases.asker import AskerAnywhere, TheDesk
from hub.routers.cases.desk import Desk, trace_of
from hub.routers.cases.lists import is_own, rows
from hub.routers.cases.names import views
from hub.routers.cases.question import Asked, NoQuery, answer, body, in_body
from hub.store import access_log, lists
from hub.views.access import Asker, may_be_known
from schemas.identity_types import KnownPerson


class SearchedPerson(Asked):
    """Whom a search is about."""

    personnummer: KnownPerson


ROUTES = views()


@ROUTES.post(
    "/search",
    summary="A person's cases, active and archived, and whether the unit may open one",
    responses=openapi.READING_A_BODY,
    openapi_extra=body(SearchedPerson),
)
async def search(
    desk: TheDesk, asker: AskerAnywhere, _: NoQuery, asked: Annotated[SearchedPerson, Depends(in_body(SearchedPerson))]
) -> Response:
    person = asked.personnummer
    async with desk.transaction() as connection:
        found = [f for f in await lists.of_person(connection, person) if may_be_known(f.case, asker.unit)]
        await access_log.write(
            connection,
            [trace_of(asker, f.case.id, "sok", "deltar" if is_own(f, asker) else "sok") for f in found],
        )
    return answer({"cases": rows(desk, asker, found), "may_open": {"svu": _may_open(desk, asker, person)}})


def _may_open(desk: Desk, asker: Asker, person: str) -> dict[str, Any]:
    """C-31: from the process's table, and from what the registers have said of the person."""
    refused = None
    if not any(row.opens and asker.unit.party in row.parties for row in SVU.rules):
        refused = Refused(
            SVU.opening_rule, "Bara slutenvården öppnar ett SVU-ärende.", "Only inpatient care opens an SVU case."
        )
    else:
        said = desk.known.person(person, desk.directory().region_of(asker.unit.hsa).county)
        refused = None if said is None else protected_or_deceased(said.outcome)
    if refused is None:
        return {"allowed": True}
    return {"allowed": False, "rule": refused.rule, "text": {"sv": refused.sv, "en": refused.en}}
