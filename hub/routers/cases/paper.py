"""A document of a case as PDF (C-55): for whom and why, and a trace of it. Imports the desk, the views and the printing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from hub.errors import Refused
from hub.printing import Printed, render
from hub.processes.profiles.profile import PROFILES
from hub.processes.shared.people import for_whom_and_why_are_given
from hub.routers.cases.case import shown
from hub.routers.cases.desk import ON_A_CASE, Desk, body
from hub.routers.cases.question import PRIVATE, bad, now, of_body, only
from hub.views.access import Asker
from hub.views.paper import KINDS, paper, person
from schemas.parts import Code, Line


class Purpose(BaseModel):
    """For whom, and why."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    for_whom: Line | None = None
    why: Line | None = None


_CODE: TypeAdapter[str] = TypeAdapter(Code)
_NO_DOCUMENT = Refused(
    "C-55",
    f"Dokumentet finns inte, eller är inte påbörjat. Det är ett av {', '.join(KINDS)}.",
    f"There is no such document, or it is not begun. It is one of {', '.join(KINDS)}.",
    "/document",
    404,
)
_QUERY = [
    {
        "name": name,
        "in": "query",
        "required": False,
        "schema": {"type": "string"},
        "description": "A code; names go with POST.",
    }
    for name in ("for_whom", "why")
]


def add(routes: APIRouter, desk: Desk) -> None:
    """``/cases/{id}/print/{document}``."""

    @routes.get(
        "/cases/{id}/print/{document}",
        summary="A document as PDF; for_whom and why as codes, required where the profile says so",
        openapi_extra={"parameters": [*ON_A_CASE["parameters"], *_QUERY]},
        response_class=Response,
    )
    async def by_code(request: Request, id: str, document: str) -> Response:  # noqa: A002 - the name in the path
        asker = desk.asker(request)
        only(request, "for_whom", "why")
        return await _printed(
            desk, asker, id, document, Purpose(for_whom=_code(request, "for_whom"), why=_code(request, "why"))
        )

    @routes.post(
        "/cases/{id}/print/{document}",
        summary="The same, with for_whom and why in words, which must not stand in a URL",
        openapi_extra={**ON_A_CASE, **body(Purpose)},
        response_class=Response,
    )
    async def in_words(request: Request, id: str, document: str) -> Response:  # noqa: A002
        asker = desk.asker(request)
        only(request)
        return await _printed(desk, asker, id, document, await of_body(request, Purpose))


async def _printed(desk: Desk, asker: Asker, id_: str, document: str, purpose: Purpose) -> Response:
    if document not in KINDS:
        raise replace(_NO_DOCUMENT)
    said = {"for_whom": purpose.for_whom, "why": purpose.why}
    async with desk.transaction() as connection:
        case, content = await shown(desk, connection, asker, id_, f"utskrift/{document}", **said)
        if PROFILES[case.profile].printing_has_a_reason and None in said.values():
            rule = for_whom_and_why_are_given
            raise Refused(rule.rule, rule.sv, rule.en, "/for_whom", 409)
        by = Printed(
            person(asker.actor, desk.known.name), asker.unit.name, purpose.for_whom or "", purpose.why or "", now()
        )
        made = paper(document, case, content, desk.directory(), by, desk.known.name)
        if made is None:
            raise replace(_NO_DOCUMENT)
    pdf = await asyncio.to_thread(render, made)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{document}.pdf"'}
    return Response(pdf, 200, headers, "application/pdf")


def _code(request: Request, name: str) -> str | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return _CODE.validate_python(text)
    except ValidationError:
        raise bad(
            name, "en kod utan namn eller nummer; ord sänds med POST", "a code without names; words go with POST"
        ) from None
