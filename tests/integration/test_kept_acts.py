"""An act that is kept to one unit (PR-1, LC-6), in every view over HTTP against a real PostgreSQL: others read what they read
before it, byte for byte.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdf
import pytest
from fastapi import FastAPI

from hub.processes.engine.process import PROCESSES
from hub.routers import cases
from tests.integration.test_views import CENTRE, TOLVAN, WARD, WARD2, Place, directory, served
from tests.toy.fixtures import register, with_duties
from tests.toy.process import TOY

SECRET = "HEMLIGT"
START = "2020-01-01T00:00:00Z"
CALLS: dict[tuple[str, str], tuple[str, dict[str, Any] | None]] = {
    ("get", "/units/{unit}/cases"): ("/units/{unit}/cases?archived=all", None),
    ("post", "/units/{unit}/cases"): ("/units/{unit}/cases", {"personnummer": TOLVAN}),
    ("get", "/units/{unit}/contacts/cases"): ("/units/{unit}/contacts/cases", None),
    ("get", "/units/{unit}/contacts/{person}/cases"): ("/units/{unit}/contacts/SE2321000255-P01/cases", None),
    ("post", "/search"): ("/search", {"personnummer": TOLVAN}),
    ("get", "/cases/{id}"): ("/cases/{case}", None),
    ("get", "/cases/{id}/trace"): ("/cases/{case}/trace?limit=200", None),
    ("get", "/cases/{id}/versions/{step}"): ("/cases/{case}/versions/plan", None),
    ("get", "/cases/{id}/versions/{step}/{n}"): ("/cases/{case}/versions/plan/2", None),
    ("get", "/cases/{id}/fields/{document}/{field}"): ("/cases/{case}/fields/plan/own", None),
    ("get", "/cases/{id}/plan"): ("/cases/{case}/plan", None),
    ("get", "/cases/{id}/plan/compare"): ("/cases/{case}/plan/compare", None),
    ("get", "/cases/{id}/plan/fields/{field}"): ("/cases/{case}/plan/fields/text?element=mal/own", None),
    ("get", "/cases/{id}/plan/keywords"): ("/cases/{case}/plan/keywords", None),
    ("get", "/cases/{id}/proposals"): ("/cases/{case}/proposals", None),
    ("get", "/cases/{id}/messages"): ("/cases/{case}/messages", None),
    ("get", "/cases/{id}/files/{message}"): ("/cases/{case}/files/note", None),
    ("get", "/cases/{id}/organisations"): ("/cases/{case}/organisations", None),
    ("get", "/cases/{id}/print/{document}"): ("/cases/{case}/print/plan", None),
    ("post", "/cases/{id}/print/{document}"): ("/cases/{case}/print/plan", {}),
    ("get", "/cases/{id}/meetings/{meeting}.ics"): ("/cases/{case}/meetings/own.ics", None),
    ("get", "/units/{unit}/meetings.ics"): ("/units/{unit}/meetings.ics", None),
}
"""Every view, as it would show the kept acts: a new view must be called here."""
SHOW_NOTHING_OF_ACTS = {"/cases/{id}/organisations", "/units/{unit}/contacts/cases"}
SHOW_NOTHING_OF_ACTS |= {"/units/{unit}/contacts/{person}/cases"}
SHOW_NOTHING_OF_ACTS |= {f"/cases/{{id}}/plan{rest}" for rest in ("", "/compare", "/fields/{field}", "/keywords")}
SHOW_NOTHING_OF_ACTS |= {"/cases/{id}/proposals"}
"""The toy has no plan as a document and makes no proposals; those of a SIP are in test_sip_views.py."""


@pytest.fixture
async def place(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    register(monkeypatch)
    async with served(database, with_duties(directory())) as made:
        yield made


async def shared(place: Place) -> str:
    """A case of the ward in which the health centre takes part and has written."""
    case = (await place.say("ref:toy", "toy.start", {"patient": {"personnummer": TOLVAN}})).case
    await place.say(case, "deltagare", {"unit": CENTRE, "change": "tillagd"})
    await place.say(case, "toy.plan", {"edits": [{"element": "mal/all", "text": "Gå ut"}]}, CENTRE)
    await place.say(case, "meddelande", {"text": "Hej"}, CENTRE)
    return case


async def keep(place: Place, case: str) -> None:
    """The health centre writes a goal and a note with a file, of which no other unit knows, and reads them."""
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    await place.say(case, "toy.draft", {"element": "mal/own", "text": SECRET, "start": soon}, CENTRE)
    file = {"name": "a.txt", "content": "SEVNTElHVA=="}
    await place.say(case, "meddelande", {"text": SECRET, "kvittera": [], "attachment": file}, CENTRE, id_="note")
    await place.ask(f"/cases/{case}/fields/plan/own", CENTRE)
    await place.ask(f"/cases/{case}/files/note", CENTRE)
    await place.ask(f"/cases/{case}/versions/plan/2", CENTRE)
    await place.ask(f"/cases/{case}/meetings/own.ics", CENTRE)


async def read(place: Place, case: str, unit: str) -> dict[tuple[str, str], Any]:
    """Every view as a unit sees it, or the status with which it is refused."""
    found: dict[tuple[str, str], Any] = {}
    for view, (path, body) in CALLS.items():
        headers = {"authorization": f"Bearer token-{'centre' if unit == CENTRE else 'ehr'}", "x-unit": unit}
        headers |= {"x-actor": "SE2321000255-P03", "x-ground": "aktivt_val"}
        headers["x-role"] = "distriktsskoterska" if unit == CENTRE else "sjukskoterska"
        url = path.format(unit=unit, case=case)
        answer = await place.client.request(view[0], url, headers=headers, **({} if body is None else {"json": body}))
        assert answer.status_code in {200, 403, 404}, answer.text
        if answer.status_code != 200:
            found[view] = answer.status_code
        elif "pdf" in answer.headers["content-type"]:
            pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
            found[view] = [line for page in pages for line in page.extract_text().splitlines() if SECRET in line]
        elif "json" in answer.headers["content-type"]:
            found[view] = answer.json()
        else:
            found[view] = answer.text
    trace = found["get", "/cases/{id}/trace"]["trace"]
    assert all(
        "/" not in line["what"] or line["what"].startswith("utskrift/") for line in trace if _of_another(line, unit)
    )
    # What is read meanwhile is in the trace; it must not tell what was read of what is kept.
    found["get", "/cases/{id}/trace"] = [line for line in trace if line["kind"] == "change"]
    return found


def _of_another(line: dict[str, Any], unit: str) -> bool:
    return line["kind"] == "read" and line["unit"] != unit and line["unit"] == CENTRE


def test_every_view_is_called_here():
    api = FastAPI()
    api.include_router(cases.ROUTES)
    views = {(method, path) for path, said in api.openapi()["paths"].items() for method in said}
    assert views == CALLS.keys()


@pytest.mark.parametrize("other", [WARD, WARD2])
async def test_no_view_shows_or_counts_an_act_that_is_kept_from_the_unit(place, other):
    """A unit that takes part, and one that reads on a ground (C-5)."""
    case = await shared(place)
    before, own = await read(place, case, other), await read(place, case, CENTRE)
    await keep(place, case)
    after, own_after = await read(place, case, other), await read(place, case, CENTRE)
    assert SECRET not in str(after)
    assert after == before
    same = {path for (method, path), shown in own_after.items() if shown == own[method, path]}
    assert same == SHOW_NOTHING_OF_ACTS, "its own unit sees them wherever acts are shown"


async def test_a_kept_act_moves_the_case_in_no_list_and_is_no_change(place):
    first = await shared(place)
    second = (await place.say("ref:two", "toy.start", {"patient": {"personnummer": "192002299861"}})).case
    ((until,),) = await place.sql("SELECT max(changed_at) FROM cases")
    await keep(place, first)
    assert await place.listed() == [second, first]
    changed = f"/units/{WARD}/cases?changed_since={until.isoformat().replace('+', '%2B')}"
    assert (await place.ask(changed))["count"] == 0
    await place.say(first, "toy.plan", {"edits": [{"element": "mal/two", "text": "Äta"}]}, CENTRE)
    assert (await place.ask(changed))["cases"] == [first]
    assert await place.listed() == [first, second]


async def test_who_acted_is_asked_of_hsa_without_a_word_in_the_case(place):
    """What HSA answers would stand in the trace that all read."""
    case = await shared(place)
    asked = "SELECT case_id::text FROM outbox WHERE kind = 'lookup' AND message = %s"
    draft = {"element": "mal/own", "text": SECRET}
    receipt = await place.say(case, "toy.draft", draft, CENTRE, role="rehabkoordinator")
    assert await place.sql(asked, receipt.message) == [(None,)]


async def test_a_part_that_belongs_to_another_unit_is_in_no_list_of_parts(place, monkeypatch):
    """Whatever lists elements asks the process."""
    case = await shared(place)
    file = {"name": "a.txt", "content": "SGVq"}
    await place.say(case, "meddelande", {"text": "Till alla", "attachment": file}, CENTRE, id_="all")
    shown = f"/cases/{case}/messages"
    assert [one["message"] for one in (await place.ask(shown))["messages"]][:1] == ["all"]
    await place.ask(f"/cases/{case}/files/all")
    of_centre = replace(TOY, shows_element=lambda _, unit, element: unit == element.state["unit"])
    monkeypatch.setitem(PROCESSES, TOY.name, of_centre)
    assert (await place.ask(shown))["messages"] == []
    await place.ask(f"/cases/{case}/files/all", status=404)
    assert [one["message"] for one in (await place.ask(shown, CENTRE))["messages"]][:1] == ["all"]
    await place.ask(f"/cases/{case}/files/all", CENTRE)
