"""The views of a SIP over HTTP on a real database: the plan in its versions, proposals, the person's own view; and what nobody else may
see is in none of them (PR-1, PR-2, LC-6).
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdf
import pytest
from pydantic_core import from_json

from hub.routers.citizens import PERSON
from tests.integration.test_kept_acts import CALLS, SECRET
from tests.integration.test_views import ACTOR, CENTRE, KOMMUN, ROLE, SYSTEM, TOLVAN, WARD, Place, directory, served
from tests.stack import checked, hashed

SOON = (datetime.now(UTC) + timedelta(days=9)).isoformat()
MEETING = {"id": "m-1", "form": "fysiskt", "place": "Rum 3", "start": SOON}
GIVEN = {"outcome": "given"}
SERVICE = {"authorization": "Bearer token-1177"}
OF_A_SIP = {
    ("get", "/cases/{id}/versions/{step}"): ("/cases/{case}/versions/{step}", None),
    ("get", "/cases/{id}/versions/{step}/{n}"): ("/cases/{case}/versions/{step}/1", None),
    ("get", "/cases/{id}/fields/{document}/{field}"): ("/cases/{case}/fields/kartlaggning/situation", None),
    ("get", "/cases/{id}/plan/fields/{field}"): ("/cases/{case}/plan/fields/{field}?element={element}", None),
    ("get", "/cases/{id}/meetings/{meeting}.ics"): ("/cases/{case}/meetings/m-own.ics", None),
}
PATHS = CALLS | OF_A_SIP


class Sips(Place):
    """A SIP of the region that the place has."""

    async def open(self, data: dict[str, Any]) -> str:
        receipt = await self.say("ref:sip", "sip.initiativ", {"patient": {"personnummer": TOLVAN}, **data}, KOMMUN)
        return str(receipt.case)

    async def edit(self, case: str, unit: str, *edits: dict[str, Any], **more: Any) -> None:
        await self.say(case, "sip.plan", {"edits": list(edits), **more}, unit)

    async def every_view(self, case: str, unit: str, **parts: str) -> dict[tuple[str, str], str]:
        """What each route answers a unit, as text; nothing where it refuses."""
        organisation = unit.partition("-")[0]
        headers = {"authorization": f"Bearer token-{SYSTEM[unit]}", "x-unit": unit, "x-role": ROLE[unit]}
        headers["x-actor"] = f"{organisation}-{ACTOR[unit]}"
        found = {}
        for view, (path, body) in PATHS.items():
            url = path.format(unit=unit, case=case, **parts)
            answer = await self.client.request(
                view[0], url, headers=headers, **({} if body is None else {"json": body})
            )
            assert answer.status_code in {200, 400, 403, 404, 409}, (view, answer.text)
            if answer.status_code != 200:
                found[view] = ""
            elif "pdf" in answer.headers["content-type"]:
                pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
                found[view] = "".join(page.extract_text() for page in pages)
            else:
                found[view] = answer.text
        return found

    async def of_person(self, person: str = TOLVAN, status: int = 200, **headers: str) -> Any:
        """What the person is shown at the citizen service."""
        answer = await self.client.post("/citizens/plans", json={"personnummer": person}, headers=SERVICE | headers)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
async def place(database: str, request: pytest.FixtureRequest) -> AsyncIterator[Sips]:
    found = directory(request.param).model_dump(mode="json", exclude_none=True)
    found["citizen_services"] = [{"id": "1177-skane", "name": "1177 Skåne", "token_sha256": [hashed("token-1177")]}]
    async with served(database, checked(found), Sips) as made:
        yield made


of_region = pytest.mark.parametrize("place", ["prator", "lifecare", "samsa"], indirect=True)


def only(profile: str) -> Any:
    return pytest.mark.parametrize("place", [profile], indirect=True)


def change(element: str, version: int, **said: Any) -> dict[str, Any]:
    return {"element": element, "change": "andrad", "version": version, "set": said}


async def samsa(place: Sips) -> str:
    """A SIP in which the municipality and the health centre write a plan."""
    receivers = [{"unit": CENTRE}]
    case = await place.open({"kind": "ny", "receivers": receivers, "samtycke": {**GIVEN, "others": "Skolan"}})
    goal = {"element": "delmal/a", "change": "tillagd", "set": {"text": "Gå ut"}}
    await place.edit(case, KOMMUN, change("plan", 0, kind="ny", purpose="Må bättre"), goal)
    return case


async def lifecare(place: Sips) -> str:
    """A SIP in which the meeting has been held and a sub-goal is written."""
    coordinator = {"person": "SE2120001132-P01", "unit": KOMMUN}
    consents = [{**GIVEN, "kind": kind} for kind in ("sip", "informationsoverforing")]
    case = await place.open(
        {"need_found_by": {"code": "kommun"}, "samordningsansvarig": coordinator, "samtycke": consents}
    )
    await place.say(case, "sip.kallelse", {"meeting": MEETING, "receivers": [{"unit": CENTRE}]}, KOMMUN)
    # The meeting is to come, and the store's clock cannot be moved: what the plan needs is put there by hand.
    await place.sql(
        "UPDATE cases SET state = jsonb_set(state::jsonb, '{state,state}', '\"mote_hallet\"')::json WHERE id = %s", case
    )
    await place.edit(case, KOMMUN, change("plan", 0, huvudmal="Bo hemma"))
    await place.edit(
        case, CENTRE, {"element": "delmal/a", "change": "tillagd", "set": {"area": "boende", "text": "Trappor"}}
    )
    return case


def insats(id_: str, text: str, *, shared: bool) -> dict[str, Any]:
    said = {"text": text, "responsible": {"unit": CENTRE}, "shared": shared}
    return {"element": f"insats/{id_}", "change": "tillagd", "under": "delmal/a", "set": said}


async def prator(place: Sips, *, answers: bool) -> str:
    """A sent initiativ to the health centre and the ward, of which the health centre answers or not."""
    receivers = [{"unit": CENTRE}, {"unit": WARD}]
    sent = {"reason": "Flera insatser", "requested_by": {"code": "personen"}, "receivers": receivers}
    case = await place.open({**sent, "samtycke": {**GIVEN, "decided_by": "SE2120001132-P01"}})
    await place.say(case, "sip.svar", {"accepts": True}, WARD)
    if answers:
        await place.say(case, "sip.svar", {"accepts": True}, CENTRE)
    return case


# --- the plan ---------------------------------------------------------------------------------------------------------


@only("samsa")
async def test_the_plan_its_versions_their_comparison_and_a_fields_history_are_read_over_http(place):
    case = await samsa(place)
    shown = await place.ask(f"/cases/{case}/plan", CENTRE)
    assert [one["element"] for one in shown["elements"]] == ["plan", "delmal/a"]
    assert (shown["version"], shown["current"]) == (0, True)
    await place.edit(case, CENTRE, change("plan", 1, purpose="Må mycket bättre"))
    history = await place.ask(f"/cases/{case}/plan/fields/purpose", KOMMUN)
    assert [one["value"] for one in history["history"]] == ["Må mycket bättre", "Må bättre"]
    assert [line[3] for line in await place.readings(case)] == ["plan", "plan/falthistorik/plan"]
    assert (await place.ask(f"/cases/{case}/plan?version=4", KOMMUN, status=404))["element"] == "/version"
    assert (await place.ask(f"/cases/{case}/plan/compare", KOMMUN, status=400))["element"] == "/from"
    assert (await place.ask(f"/cases/{case}/plan/keywords", KOMMUN))["keywords"] == []
    assert (await place.ask(f"/cases/{case}/plan?version=x", KOMMUN, status=400))["rule"] == "bad-query"
    await place.say(case, "sip.godkannande", {"approver": "person", "show_1177": True}, KOMMUN)
    begun = {"meeting": MEETING, "receivers": [{"unit": CENTRE}]}
    await place.say(case, "sip.kallelse", begun, KOMMUN)
    await place.say(case, "sip.kallelse", {**begun, "kind": "uppfoljning", "meeting": {**MEETING, "id": "m-2"}}, KOMMUN)
    await place.sql(
        "UPDATE cases SET state = jsonb_set(state::jsonb, '{state,meetings,m-1,start}', '\"2026-01-01T10:00:00+01:00\"')::json"
        " WHERE id = %s",
        case,
    )
    await place.say(case, "sip.upprattande", {"kind": "upprattad"}, KOMMUN)
    await place.edit(case, CENTRE, change("delmal/a", 1, text="Gå ut varje dag"))
    old = await place.ask(f"/cases/{case}/plan?version=0", CENTRE)
    assert (old["current"], old["current_version"]) == (False, 1)
    (changed,) = (await place.ask(f"/cases/{case}/plan/compare", KOMMUN))["elements"]
    assert (changed["element"], changed["change"]) == ("delmal/a", "andrad")
    assert [one["before"]["value"] for one in changed["fields"]] == ["Gå ut"]


@only("samsa")
async def test_a_case_without_a_plan_says_so(place):
    assert (await place.ask(f"/cases/{await place.admit()}/plan", status=404))["rule"] == "no-plan"


@only("samsa")
async def test_lists_show_state_and_meeting_and_proposals_name_the_participants(place):
    case = await samsa(place)
    await place.say(case, "sip.kallelse", {"meeting": MEETING, "receivers": [{"unit": CENTRE}]}, KOMMUN)
    (row,) = (await place.ask(f"/units/{CENTRE}/cases?process=sip", CENTRE))["cases"]
    assert row["state"] == "sip_mote"
    assert datetime.fromisoformat(row["meeting"]["start"]) == datetime.fromisoformat(SOON)
    proposed = await place.ask(f"/cases/{case}/proposals?message=sip.kallelse&kind=uppfoljning", CENTRE)
    assert [(one["unit"], one["why"]) for one in proposed["receivers"]] == [(KOMMUN, "senaste_mote")]
    assert (await place.ask(f"/cases/{case}/proposals?message=sip.plan", CENTRE, status=400))["rule"] == "P-4"


# --- what is one unit's alone -----------------------------------------------------------------------------------------


@only("prator")
async def test_a_saved_call_is_in_no_view_of_another_unit(place):
    case = await prator(place, answers=True)
    parts = {"step": "kallelse", "field": "background", "element": "plan"}
    before = await place.every_view(case, WARD, **parts)
    saved = {"meeting": {**MEETING, "id": "m-own", "place": SECRET}, "receivers": [{"unit": WARD}], "comment": SECRET}
    await place.say(case, "sip.kallelse", {**saved, "send": False}, CENTRE)
    after, own = await place.every_view(case, WARD, **parts), await place.every_view(case, CENTRE, **parts)
    assert not [view for view, shown in after.items() if SECRET in shown or "m-own" in shown]
    for view in (("get", "/cases/{id}"), ("get", "/units/{unit}/cases")):
        assert from_json(before[view]) == from_json(after[view])
    assert {view for view, shown in own.items() if SECRET in shown} >= {
        ("get", "/cases/{id}"),
        ("get", "/cases/{id}/versions/{step}/{n}"),
    }


@only("prator")
async def test_a_unit_that_has_not_answered_reads_the_initiativ_and_nothing_else(place):
    case = await prator(place, answers=False)
    await place.say(case, "sip.kartlaggning", {"fields": {"situation": {"text": SECRET}}}, WARD)
    await place.edit(case, WARD, change("plan", 0, background=SECRET))
    await place.say(case, "meddelande", {"text": SECRET, "receivers": [KOMMUN]}, WARD)
    call = {"meeting": {**MEETING, "place": SECRET}, "receivers": [{"unit": WARD}], "comment": SECRET}
    await place.say(case, "sip.kallelse", call, KOMMUN)
    for step in ("plan", "kartlaggning", "kallelse"):
        found = await place.every_view(case, CENTRE, step=step, field="background", element="plan")
        assert not [view for view, shown in found.items() if SECRET in shown], step
    whole = await place.ask(f"/cases/{case}", CENTRE)
    assert whole["initiativ"]["reason"] == "Flera insatser" and "sip.svar" in whole["may"]
    assert [act["act"] for act in whole["att_gora"]] == ["svar"]
    assert [row["case"] for row in (await place.ask(f"/units/{CENTRE}/cases?att_gora=true", CENTRE))["cases"]] == [case]
    assert (await place.ask(f"/cases/{case}/plan", CENTRE, status=404))["rule"] == "no-plan"
    await place.say(case, "sip.svar", {"accepts": False}, CENTRE)
    assert (await place.ask(f"/cases/{case}", CENTRE, status=403))["rule"] == "C-5"
    assert await place.listed(CENTRE) == []


@only("lifecare")
async def test_an_insats_that_is_not_shared_is_in_no_view_of_another_unit_until_it_is(place):
    case = await lifecare(place)
    await place.edit(case, CENTRE, insats("own", SECRET, shared=False))
    parts = {"step": "plan", "field": "text", "element": "insats/own"}
    found, own = await place.every_view(case, KOMMUN, **parts), await place.every_view(case, CENTRE, **parts)
    assert not [view for view, shown in found.items() if SECRET in shown or "insats/own" in shown]
    assert {view for view, shown in own.items() if SECRET in shown} >= {
        ("get", "/cases/{id}/plan"),
        ("get", "/cases/{id}/plan/fields/{field}"),
    }
    assert SECRET not in str(await place.of_person())
    await place.say(case, "sip.delning", {"element": "insats/own", "shared": True}, CENTRE)
    shared = await place.every_view(case, KOMMUN, **parts)
    assert {view for view, shown in shared.items() if SECRET in shown} >= {
        ("get", "/cases/{id}/plan"),
        ("get", "/cases/{id}/plan/fields/{field}"),
    }


@only("samsa")
async def test_a_saved_sip_is_read_by_those_of_the_send_list_and_by_nobody_else(place):
    receivers = [{"unit": CENTRE}]
    saved = {"kind": "ny", "receivers": receivers, "samtycke": {**GIVEN, "others": "Skolan"}, "send": False}
    case = await place.open(saved)
    await place.edit(case, KOMMUN, change("plan", 0, purpose="Sparat"), send=False)
    assert "Sparat" in str(await place.ask(f"/cases/{case}/plan", CENTRE))
    assert (await place.ask(f"/cases/{case}/plan", WARD, status=404))["rule"] == "unknown-case"


# --- the person's own view (P-17) -------------------------------------------------------------------------------------


@only("samsa")
async def test_a_citizen_service_is_told_the_approved_plan_and_the_trace_says_so(place):
    case = await samsa(place)
    assert await place.of_person() == {"plans": []}
    await place.say(case, "sip.godkannande", {"approver": "person", "show_1177": True}, KOMMUN)
    (plan,) = (await place.of_person())["plans"]
    assert plan.keys() == {"case", "process", "profile", "document", "state", "version", "approved_at", "elements"}
    assert plan["elements"][0]["fields"] == {"kind": "ny", "purpose": "Må bättre"}
    assert await place.readings(case) == [("1177-skane", PERSON, "", "visning", "1177")]
    trace = (await place.ask(f"/cases/{case}/trace", KOMMUN))["trace"]
    (line,) = [one for one in trace if one["what"] == "visning"]
    assert (line["unit_name"], line["actor"]) == ("1177 Skåne", PERSON)
    assert await place.of_person("192002299861") == {"plans": []}


@only("lifecare")
async def test_a_citizen_service_is_told_an_ongoing_plan(place):
    case = await lifecare(place)
    assert await place.of_person() == {"plans": []}
    await place.edit(case, CENTRE, insats("b", "Ramp", shared=True))
    (plan,) = (await place.of_person())["plans"]
    assert [one["element"] for one in plan["elements"]] == ["plan", "delmal/a", "insats/b"]


@only("samsa")
async def test_a_citizen_service_and_a_system_have_nothing_of_each_others(place):
    case = await samsa(place)
    await place.of_person(status=401, authorization="Bearer token-kommun")
    await place.of_person(status=401, authorization="")
    for path in (f"/cases/{case}", f"/cases/{case}/plan", f"/units/{KOMMUN}/cases"):
        found = await place.client.get(path, headers={**SERVICE, "x-unit": KOMMUN, "x-actor": "SE2120001132-P01"})
        assert found.status_code == 401
    sent = await place.client.post("/messages", json={}, headers=SERVICE)
    assert sent.status_code == 401
