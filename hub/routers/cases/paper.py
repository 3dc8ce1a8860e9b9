"""A document of a case as PDF (C-55): for whom and why, and a trace of it. Imports the desk, the views and the printing."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.responses import Response
from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from hub.printing import Printed, render
from hub.processes.engine.documents import PrintedSelection, person
from hub.processes.registry import printable
from hub.routers import openapi
from hub.routers.cases.asker import AskerOnACase, TheDesk
from hub.routers.cases.case import shown
from hub.routers.cases.desk import Desk
from hub.routers.cases.names import views
from hub.routers.cases.plan import load_the_plan
from hub.routers.cases.question import PRIVATE, Asked, CaseId, CodePart, InQuery, NoQuery, body, in_body, now
from hub.store import case_reads
from hub.views.access import Asker
from hub.views.paper import needs_the_plan, no_document, paper, with_the_plan
from schemas.parts import Code, Line
from schemas.sip_parts import Eid

_Version = Annotated[int | None, Field(ge=0, le=999_999_999)]


class Purpose(Asked):
    """For whom and why, and which part of the document."""

    for_whom: Line | None = None
    why: Line | None = None
    meeting: Eid | None = None
    version: _Version = None
    from_version: _Version = None
    ended: bool = True


def _code(text: Any, check: ValidatorFunctionWrapHandler) -> Any:
    try:
        return check(text)
    except ValidationError:
        raise PydanticCustomError("not_a_code", "{en}", _NOT_A_CODE) from None


_NOT_A_CODE = {
    "sv": "Ange en kod utan namn eller nummer; ord sänds med POST",
    "en": "Give a code without names or numbers; words go with POST",
}
_PurposeCode = Annotated[Code | None, WrapValidator(_code)]


class PurposeQuery(InQuery):
    """For whom and why, as codes."""

    for_whom: _PurposeCode = Field(default=None, description="A code; names go with POST.")
    why: _PurposeCode = Field(default=None, description="A code; names go with POST.")
    meeting: Eid | None = Field(default=None, description="Of a call: the id of its meeting; absent: the last.")
    version: _Version = Field(
        default=None, description="Of a plan; absent: the current one. Of a comparison: the later."
    )
    from_version: _Version = Field(default=None, description="Of a comparison: the earlier; absent: the one before.")
    ended: bool = Field(default=True, description="Whether parts of the plan that have ended are printed (LC-10).")


_PDF: openapi.Said = {200: {"content": {"application/pdf": {}}}}
ROUTES = views()


@ROUTES.get(
    "/cases/{id}/print/{document}",
    summary="A document as PDF; for_whom and why as codes, required where the profile says so",
    responses=_PDF,
    response_class=Response,
)
async def by_code(
    desk: TheDesk, asker: AskerOnACase, case: CaseId, document: CodePart, asked: Annotated[PurposeQuery, Query()]
) -> Response:
    return await _printed(desk, asker, case, document, Purpose(**asked.model_dump(exclude={*InQuery.model_fields})))


@ROUTES.post(
    "/cases/{id}/print/{document}",
    summary="The same, with for_whom and why in words, which must not stand in a URL",
    responses=_PDF | openapi.READING_A_BODY,
    openapi_extra=body(Purpose),
    response_class=Response,
)
async def in_words(
    desk: TheDesk,
    asker: AskerOnACase,
    case: CaseId,
    document: CodePart,
    _: NoQuery,
    purpose: Annotated[Purpose, Depends(in_body(Purpose))],
) -> Response:
    return await _printed(desk, asker, case, document, purpose)


async def _printed(desk: Desk, asker: Asker, id_: str, document: str, purpose: Purpose) -> Response:
    if document not in printable():
        raise no_document()
    said = {"for_whom": purpose.for_whom, "why": purpose.why}
    async with desk.transaction() as connection:
        case, content = await shown(desk, connection, asker, id_, f"utskrift/{document}", **said)
        by = Printed(
            person(asker.actor, desk.known.name), asker.unit.name, purpose.for_whom or "", purpose.why or "", now()
        )
        selection = PrintedSelection(purpose.meeting, purpose.version, purpose.from_version, purpose.ended)
        acts = []
        if needs_the_plan(document, case):
            await load_the_plan(connection, case)
            acts = await case_reads.acts(connection, id_, asker.unit.hsa)
        content = with_the_plan(document, case, asker.unit.hsa, acts, content, selection)
        made = paper(document, case, content, desk.directory(), by, desk.known.name)
    pdf = await asyncio.to_thread(render, made)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{document}.pdf"'}
    return Response(pdf, 200, headers, "application/pdf")
