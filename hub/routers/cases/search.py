"""The search of a person, and whether the unit may open a case (C-5, C-31). Imports the desk, the lists and the rules."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from hub.errors import Refused
from hub.processes.shared.registers import protected_or_deceased
from hub.processes.svu import SVU
from hub.routers.cases.desk import HEADERS, Desk, body, trace_of
from hub.routers.cases.lists import is_own, rows
from hub.routers.cases.question import answer, of_body, only
from hub.store import access_log, lists
from hub.views.access import Asker, may_be_known
from schemas.identities import KNOWN_REGIONAL_PATTERNS, IdentityError, parse_person_id


class SearchedPerson(BaseModel):
    """Whom a search is about."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    personnummer: str


def add(routes: APIRouter, desk: Desk) -> None:
    """``/search``."""

    @routes.post(
        "/search",
        summary="A person's cases, active and archived, and whether the unit may open one",
        openapi_extra={"parameters": HEADERS, **body(SearchedPerson)},
    )
    async def search(request: Request) -> Response:
        asker = desk.asker(request)
        only(request)
        asked = await of_body(request, SearchedPerson)
        try:
            person = parse_person_id(asked.personnummer, KNOWN_REGIONAL_PATTERNS).value
        except IdentityError as error:
            raise Refused(error.code, error.sv, error.en, "/personnummer", 400) from None
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
    if not any(row.opens and asker.unit.party in row.parties for row in SVU.rows):
        refused = Refused(
            SVU.opening_rule, "Bara slutenvården öppnar ett SVU-ärende.", "Only inpatient care opens an SVU case."
        )
    else:
        said = desk.known.person(person, desk.directory().region_of(asker.unit.hsa).county)
        refused = None if said is None else protected_or_deceased(said.outcome)
    if refused is None:
        return {"allowed": True}
    return {"allowed": False, "rule": refused.rule, "text": {"sv": refused.sv, "en": refused.en}}
