"""A meeting as an iCalendar object, and a unit's calendar of what is to come (RFC 5545). Imports the desk, the views, the store and
the translator.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from hub.routers import openapi
from hub.routers.cases.asker import AskerOfUnit, AskerOnACase, TheDesk
from hub.routers.cases.desk import trace_of
from hub.routers.cases.names import views
from hub.routers.cases.question import PRIVATE, CaseId, InQuery, NoQuery, PlainPart, now
from hub.store import access_log, calendar
from hub.translators import ical
from hub.views.calendar import coming, meeting_of, names
from schemas.swedish_time import local_day

_MOST_CASES = 1000
_ICS: openapi.Said = {200: {"content": {ical.MEDIA_TYPE: {"schema": {"type": "string"}}}}}
ROUTES = views()


class CalendarQuery(InQuery):
    """How far ahead a calendar reaches."""

    days: int = Field(default=366, ge=1, le=1000, description="The number of days from today on.")


@ROUTES.get(
    "/cases/{id}/meetings/{meeting}.ics",
    summary="A meeting as an iCalendar object: REQUEST, or CANCEL when it stands in the calendar no more",
    responses=_ICS,
    response_class=Response,
)
async def one_meeting(desk: TheDesk, asker: AskerOnACase, case: CaseId, meeting: PlainPart, _: NoQuery) -> Response:
    async with desk.transaction() as connection:
        opened = await desk.open(connection, case, asker, f"kalender/{meeting}")
        entry = meeting_of(opened.case, asker.unit.hsa, meeting)
    made = ical.invitation(entry, asker.unit.hsa, names([entry], asker, desk.directory()))
    return _answer(made, ical.method(entry), "mote")


@ROUTES.get(
    "/units/{unit}/meetings.ics",
    summary="A unit's calendar: its meetings to come and its follow-ups, from today on",
    description=f"At the most the {_MOST_CASES} cases whose entries come soonest.",
    responses=_ICS,
    response_class=Response,
)
async def units_calendar(desk: TheDesk, asker: AskerOfUnit, asked: Annotated[CalendarQuery, Query()]) -> Response:
    first = local_day(now())
    last = first + timedelta(days=asked.days - 1)
    async with desk.transaction() as connection:
        found = await calendar.coming(connection, asker.unit.hsa, first, last, _MOST_CASES)
        by_case = {case.id: coming(case, asker, desk.directory(), first, last) for case in found}
        shown = [trace_of(asker, case, "kalender", "deltar") for case, entries in by_case.items() if entries]
        await access_log.write(connection, shown)
    entries = sorted((entry for each in by_case.values() for entry in each), key=lambda entry: (entry.day, entry.case))
    title = f"Möten och uppföljningar, {asker.unit.name}"
    made = await asyncio.to_thread(ical.feed, entries, title, names(entries, asker, desk.directory()))
    return _answer(made, "PUBLISH", "kalender")


def _answer(made: bytes, method: str, name: str) -> Response:
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}.ics"'}
    return Response(made, 200, headers, f"{ical.MEDIA_TYPE}; charset=utf-8; method={method}")
