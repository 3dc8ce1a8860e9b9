"""A unit's meetings over HTTP, on a real database: one by one, and as a calendar of what is to come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar, Event

from schemas.swedish_time import local_day
from tests.integration.test_views import (
    ANNA,
    CENTRE,
    EMIL,
    FOUND,
    KOMMUN,
    PRIVATE,
    TOLVAN,
    WARD,
    Place,
    directory,
    served,
)
from tests.toy.fixtures import register, with_duties

NOW = datetime.now(UTC).replace(microsecond=0)
SOON, LATER, PAST = NOW + timedelta(days=7), NOW + timedelta(days=40), NOW - timedelta(days=2)


class Meetings(Place):
    """Cases of the toy, whose meetings have a time."""

    async def case(self, person: str = TOLVAN) -> str:
        receipt = await self.say(f"ref:vk-{self.count}", "toy.start", {"patient": {"personnummer": person}})
        await self.own(receipt.case, "adressering", FOUND)
        return str(receipt.case)

    async def call(self, case: str, meeting: str, start: datetime | None = None, **more: Any) -> None:
        when = {"start": start.isoformat()} if start else {}
        await self.say(case, "toy.call", {"meeting": meeting, "receivers": [CENTRE], **when, **more})

    async def ics(self, case: str, meeting: str, unit: str = WARD) -> tuple[httpx.Response, Event]:
        answer = await self.ask(f"/cases/{case}/meetings/{meeting}.ics", unit)
        (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
        return answer, event

    async def feed(self, unit: str = WARD, query: str = "", **more: Any) -> list[Event]:
        answer = await self.ask(f"/units/{unit}/meetings.ics{query}", unit, **more)
        return Calendar.from_ical(answer.content).walk("VEVENT")


@pytest.fixture
async def place(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Meetings]:
    register(monkeypatch)
    async with served(database, with_duties(directory()), Meetings) as made:
        yield made


async def test_a_meeting_is_fetched_changed_and_recalled_as_an_icalendar_object(place):
    case = await place.case()
    await place.call(case, "m-1", SOON)
    answer, first = await place.ics(case, "m-1", CENTRE)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8; method=REQUEST"
    assert answer.headers["content-disposition"] == 'attachment; filename="mote.ics"'
    assert answer.headers["cache-control"] == "no-store"
    assert (first.start, first["sequence"], first["attendee"].params["CN"]) == (SOON, 0, "Vårdcentralen")
    await place.call(case, "m-1", LATER)
    _, second = await place.ics(case, "m-1", CENTRE)
    assert (second["uid"], second.start, second["sequence"]) == (first["uid"], LATER, 1)
    await place.call(case, "m-1", recalled=True)
    answer, third = await place.ics(case, "m-1", CENTRE)
    assert answer.headers["content-type"].endswith("method=CANCEL")
    assert (third["uid"], third["status"], third["sequence"]) == (first["uid"], "CANCELLED", 2)


async def test_the_case_shows_its_meetings_and_where_to_fetch_each(place):
    case = await place.case()
    await place.call(case, "m-1", SOON)
    shown = (await place.ask(f"/cases/{case}"))["calendar"]
    assert [one["title"] for one in shown] == ["Möte", "Efter mötet"]
    assert shown[0]["ics"] == f"/cases/{case}/meetings/m-1.ics"
    assert "ics" not in shown[1]
    assert (await place.ask(shown[0]["ics"])).status_code == 200


async def test_a_unit_that_may_not_see_the_case_gets_no_meeting_of_it(place):
    case = await place.case()
    await place.call(case, "m-1", SOON)
    there, not_there = f"/cases/{case}/meetings/m-1.ics", f"/cases/{case}/meetings/m-2.ics"
    assert (await place.ask(there, PRIVATE, status=403))["rule"] == "C-5"
    assert (await place.ask(not_there, status=404))["rule"] == "unknown-meeting"
    assert (await place.ask(f"/cases/{case}/meetings/m-1.efter.ics", status=404))["rule"] == "unknown-meeting"
    assert (await place.ask(f"/cases/{case[:-4]}0000/meetings/m-1.ics", status=404))["rule"] == "unknown-case"
    assert await place.feed(PRIVATE) == []


async def test_a_calendar_has_the_meetings_and_days_to_come_of_all_the_units_cases_and_what_is_recalled_or_ended_is_gone(
    place,
):
    first, second, third = [await place.case(person) for person in (TOLVAN, ANNA, EMIL)]
    await place.call(first, "m-1", LATER)
    await place.call(first, "m-2", SOON)
    await place.call(first, "m-3", PAST)
    await place.call(second, "m-1", SOON)
    await place.call(third, "m-1", SOON)
    meeting, day = "Möte", "Efter mötet"
    for unit in (WARD, CENTRE, KOMMUN):
        found = await place.feed(unit)
        assert sorted(event["summary"] for event in found) == sorted([meeting, day] * 4)
        assert len({event["uid"] for event in found}) == 8
        days = [local_day(event.start) if event["summary"] == meeting else event.start for event in found]
        assert days == sorted(days)
    await place.call(second, "m-1", recalled=True)
    await place.say(third, "toy.end", {})
    assert len(await place.feed(CENTRE)) == 4
    await place.call(first, "m-2", LATER + timedelta(days=1))
    assert {event.start for event in await place.feed(CENTRE) if event["summary"] == meeting} == {
        LATER,
        LATER + timedelta(days=1),
    }
    assert await place.feed(CENTRE, "?days=30") == []


async def test_a_unit_that_is_removed_has_nothing_of_the_case_in_its_calendar_any_more(place):
    case = await place.case()
    await place.call(case, "m-1", SOON)
    assert len(await place.feed(CENTRE)) == 2
    await place.say(case, "deltagare", {"unit": CENTRE, "change": "borttagen"})
    assert await place.feed(CENTRE) == []
    assert await place.sql("SELECT count(*) FROM calendar WHERE unit = %s", CENTRE) == [(0,)]
    assert len(await place.feed(WARD)) == 2


async def test_reading_a_meeting_and_a_calendar_is_in_the_trace_of_each_case_that_was_shown(place):
    shown, not_shown = await place.case(), await place.case(ANNA)
    await place.call(shown, "m-1", SOON)
    await place.call(not_shown, "m-1", PAST)
    await place.ics(shown, "m-1", CENTRE)
    await place.feed(CENTRE)
    assert [line[3] for line in await place.readings(shown)] == ["kalender/m-1", "kalender"]
    assert await place.readings(not_shown) == []
    await place.ask(f"/cases/{shown}/meetings/m-9.ics", CENTRE, status=404)
    assert len(await place.readings(shown)) == 2


async def test_a_calendar_names_nobody_and_is_asked_for_as_any_view(place):
    case = await place.case()
    await place.call(case, "m-1", SOON)
    answer = await place.ask(f"/units/{CENTRE}/meetings.ics", CENTRE)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    for personal in (TOLVAN, TOLVAN[2:], "Tolvan", "Storgatan", case):
        assert personal.encode() not in answer.content
    await place.ask(f"/units/{CENTRE}/meetings.ics", WARD, x_unit=None, status=403)
    await place.ask(f"/units/{CENTRE}/meetings.ics", CENTRE, role="kirurg", status=403)
    await place.ask(f"/units/{CENTRE}/meetings.ics?day=3", CENTRE, status=400)


async def test_edits_that_move_no_meeting_write_no_row_of_a_calendar(place):
    case = await place.case()
    await place.call(case, "m-1", SOON)
    before = await place.sql("SELECT xmin::text, ctid::text FROM calendar ORDER BY unit, key")
    await place.say(case, "toy.plan", {"edits": [{"element": "mal/1", "text": "gå till affären"}]})
    assert await place.sql("SELECT xmin::text, ctid::text FROM calendar ORDER BY unit, key") == before


async def test_a_sip_is_in_the_calendars_of_its_units_until_it_ends(place):
    data = {"patient": {"personnummer": TOLVAN}, "information": {"given": True}, "samtycke": {"outcome": "given"}}
    case = (await place.say("ref:sip-1", "sip.initiativ", data, KOMMUN)).case
    await place.own(case, "adressering", FOUND)
    meeting = {"id": "m-1", "form": "fysiskt", "start": SOON.isoformat(), "place": "Vårdcentralen;\nrum 3"}
    call = {"meeting": meeting, "initiator": {"code": "kommun"}, "reason": "Fall i hemmet"}
    await place.say(case, "sip.kallelse", call, KOMMUN)
    for unit in (CENTRE, KOMMUN):
        (event,) = await place.feed(unit)
        assert (event["summary"], event["location"]) == ("SIP-möte, fysiskt", "Vårdcentralen; rum 3")
        assert (event.start, event["organizer"].params["CN"]) == (SOON, "Kommunens mottagning")
    _, alone = await place.ics(case, "m-1", CENTRE)
    assert alone["uid"] == event["uid"]
    await place.say(case, "sip.avslut", {"reason": "Personen vill inte"}, KOMMUN)
    assert await place.feed(CENTRE) == []
    answer, _ = await place.ics(case, "m-1", CENTRE)
    assert answer.headers["content-type"].endswith("method=CANCEL")
