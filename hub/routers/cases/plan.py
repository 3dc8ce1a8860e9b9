"""The plan of a case: any version, the differences between two, the history of a field, the latest text per keyword (C-50, C-51).
Imports the desk, the store and the views.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from hub.processes.engine.case import Case
from hub.processes.engine.process import process_of_case
from hub.routers.cases.asker import AskerOnACase, TheDesk
from hub.routers.cases.names import views
from hub.routers.cases.question import CaseId, CodePart, InQuery, NoQuery, answer
from hub.store import case_reads, cases
from hub.store.case_reads import Connection
from hub.views.plan import compared, current_version, field_history, keywords, shown_plan
from schemas.sip_parts import Address

_LAST = 999_999_999
_Version = Annotated[int | None, Field(ge=0, le=_LAST)]
ROUTES = views()


class PlanQuery(InQuery):
    """Which version is read, and how much of it."""

    version: _Version = Field(default=None, description="The number of an archived version; absent: the current one.")
    ended: bool = Field(default=True, description="false leaves out what has ended (LC-10).")


class ComparisonQuery(InQuery):
    """Which versions are compared."""

    from_: _Version = Field(default=None, alias="from", description="Absent: the version before.")
    to: _Version = Field(default=None, description="Absent: the current version.")


class FieldQuery(InQuery):
    """Which element's field, and which page of its history, the newest first."""

    element: Address = Field(default="plan", description="The address of the element: delmal/5f3a, or plan.")
    before: int = Field(default=_LAST, ge=1, le=_LAST, description="next_before of the page before")
    limit: int = Field(default=50, ge=1, le=200)


@ROUTES.get(
    "/cases/{id}/plan", summary="The plan as it stands, or an archived version of it; an old one names the current one"
)
async def plan(desk: TheDesk, asker: AskerOnACase, case: CaseId, asked: Annotated[PlanQuery, Query()]) -> Response:
    unit = asker.unit.hsa
    async with desk.transaction() as connection:
        which = "" if asked.version is None else f"/{asked.version}"
        opened = await desk.open(connection, case, asker, f"plan{which}")
        stands = asked.version in {None, current_version(opened.case)}
        if stands:
            await load_the_plan(connection, opened.case)
        acts = [] if stands else await case_reads.acts(connection, case, unit)
        shown = shown_plan(opened.case, unit, acts, asked.version, ended=asked.ended)
    return answer(shown)


@ROUTES.get(
    "/cases/{id}/plan/compare",
    summary="What has changed between two versions of the plan, element by element and field by field",
)
async def compare(
    desk: TheDesk, asker: AskerOnACase, case: CaseId, asked: Annotated[ComparisonQuery, Query()]
) -> Response:
    unit = asker.unit.hsa
    async with desk.transaction() as connection:
        opened = await desk.open(connection, case, asker, "plan/jamforelse")
        current_version(opened.case)
        acts = await case_reads.acts(connection, case, unit)
        shown = compared(opened.case, unit, acts, asked.from_, asked.to)
    return answer(shown)


@ROUTES.get(
    "/cases/{id}/plan/fields/{field}",
    summary="Who wrote what in a field of an element and when, the newest first (C-51)",
)
async def history(
    desk: TheDesk, asker: AskerOnACase, case: CaseId, field: CodePart, asked: Annotated[FieldQuery, Query()]
) -> Response:
    async with desk.transaction() as connection:
        opened = await desk.open(connection, case, asker, f"plan/falthistorik/{asked.element}")
        current_version(opened.case)
        acts = await case_reads.acts(connection, case, asker.unit.hsa)
        shown = field_history(opened.case, acts, asked.element, field, asked.before, asked.limit)
    return answer(shown)


@ROUTES.get(
    "/cases/{id}/plan/keywords",
    summary="The latest text of each keyword, over all versions of the plan (P-11)",
)
async def latest_texts(desk: TheDesk, asker: AskerOnACase, case: CaseId, _: NoQuery) -> Response:
    async with desk.transaction() as connection:
        opened = await desk.open(connection, case, asker, "plan/sokord")
        current_version(opened.case)
        await load_the_plan(connection, opened.case)
    return answer(keywords(opened.case, asker.unit.hsa))


async def load_the_plan(connection: Connection, case: Case) -> None:
    """Load every element of the plan."""
    wanted = [(case.id, beginning) for beginning in process_of_case(case).plan.beginnings]
    case.elements = {one.address: one for _, one in await cases.elements(connection, wanted)}
