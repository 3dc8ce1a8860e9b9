"""What happened to a message and a case: lanes, entries, the law's clock and the deadlines, how each notice stands; as JSON and as FHIR.
On a real database; nothing is sent.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest
from fhir.resources.R4B.bundle import Bundle

from hub.intake.deadline_timer import DeadlineTimer
from hub.operations.timeline.entry import KINDS
from schemas.hub_messages import Verifiering
from tests.integration.test_pull_inbox import Hub, ids, with_inbox
from tests.integration.test_views import ANNA, CENTRE, KOMMUN, TOLVAN, WARD, served
from tests.operators import signed_in

ABOUT_THE_PERSON = (TOLVAN, TOLVAN[:8], "Tolvan", "Storgatan", "Fall i hemmet", "Bor ensam")


@pytest.fixture
async def hub(database):
    async with served(database, with_inbox(), Hub) as hub:
        hub.person = await signed_in(hub.hub, "lasare")
        yield hub


async def timeline(hub, wanted, status=200, **how):
    found = await hub.person.ask(f"/timeline/{wanted}", status, **how)
    assert not any(needle in json.dumps(found, ensure_ascii=False) for needle in ABOUT_THE_PERSON)
    return found


def of_kind(found, *kinds):
    return [one for one in found["entries"] if one["kind"] in kinds]


async def test_a_case_tells_who_did_what_in_order_on_the_lanes_of_those_who_did_it(hub):
    case = await hub.admit()
    await hub.own(
        case, "verifiering", Verifiering(unit=WARD, actor="SE2321000255-P01", role="lakare", outcome="unknown")
    )
    await hub.say(case, "svu.kartlaggning", {"fields": {"bakgrund": {"text": "Bor ensam"}}}, CENTRE, id_="k-1")
    found = await timeline(hub, case)
    assert {one["kind"] for one in found["entries"]} <= KINDS.keys()
    times = [one["at"] for one in found["entries"]]
    assert times == sorted(times)
    assert all(one["sv"] and one["en"] for one in found["entries"])
    lanes = {one["id"]: one for one in found["lanes"]}
    assert {one["lane"] for one in found["entries"]} == lanes.keys()
    assert lanes["system:centre"]["parties"] == ["oppenvard"] and lanes["hub"]["en"] == "The hub"
    (acted,) = [one for one in of_kind(found, "acted") if one["message"] == "k-1"]
    assert acted["lane"] == "system:centre" and acted["type"] == "svu.kartlaggning"
    decided = {one["message"]: one for one in of_kind(found, "decided")}
    assert decided["k-1"]["outcome"] == "accepted" and "V-11" in decided["k-1"]["rules"]
    assert [one["outcome"] for one in of_kind(found, "addressed")] == ["listed"]
    assert [(one["outcome"], one["lane"]) for one in of_kind(found, "verified")] == [("unknown", "registers")]
    queued = [one for one in of_kind(found, "queued") if one["message"] == "k-1"]
    assert {one["lane"] for one in queued} >= {"system:kommun"}
    assert all(one["units"] for one in queued)


async def test_each_notice_says_how_far_it_has_come_and_why_it_waits(hub):
    case = await hub.admit()
    await hub.say(case, "samtycke", {"outcome": "given"}, id_="s-1")
    await hub.say(case, "samtycke", {"outcome": "given"}, id_="s-2")
    found = await timeline(hub, case)
    assert {one["state"] for one in found["notices"]} == {"waiting"}
    assert all(one["why"]["sv"] and one["why"]["en"] for one in found["notices"])
    fetched = ids(await hub.fetch())
    await hub.ack({"id": fetched[0], "outcome": "read"}, fetched[0])
    states = {one["name"]: one["state"] for one in (await timeline(hub, case))["notices"] if one["system"] == "centre"}
    assert states[int(fetched[0].removeprefix("out-"))] == "read"
    (opening,) = [one for one in found["notices"] if one["system"] == "centre" and one["awaits"].get(CENTRE)][:1]
    await hub.say(case, "kvittens", {"message": opening["message"]}, CENTRE, id_="kv-1")
    await hub.ack({"id": fetched[1], "outcome": "refused", "reason": "vet ej"})
    found = await timeline(hub, case)
    notices = [one for one in found["notices"] if one["system"] == "centre"]
    (closed,) = [one for one in notices if one["row"] == opening["row"]]
    assert (closed["state"], closed["by"]) == ("kvittens", [CENTRE])
    alone = (await timeline(hub, opening["message"]))["notices"]  # its own page says so too
    assert [(one["state"], one["by"]) for one in alone if one["row"] == opening["row"]] == [("kvittens", [CENTRE])]
    assert [(one["units"], one["answer"]) for one in of_kind(found, "kvittens")] == [([CENTRE], opening["message"])]
    assert {one["state"] for one in notices} >= {"dead", "behind"}
    (behind, *_) = [one for one in notices if one["state"] == "behind"]
    assert "är död" in behind["why"]["sv"] and "is dead" in behind["why"]["en"]
    of_one = await timeline(hub, opening["message"])
    assert {one["message"] for one in of_one["notices"]} == {opening["message"]}


async def test_a_notice_that_was_sent_late_says_how_late_and_what_is_known_of_why(hub):
    case = await hub.admit()
    await hub.sql(
        "UPDATE outbox_row SET state = 'sent', behind = false, answer = 'http:204',"
        " sent_at = accepted_at + CASE system WHEN 'centre' THEN interval '32 s' ELSE interval '2 s' END WHERE kind = 'notice'"
    )
    said = {one["system"]: one for one in of_kind(await timeline(hub, case), "sent")}
    late, quick = said["centre"], said["kommun"]
    assert "32 s efter att den skrevs; den väntade på sin tur" in late["sv"]
    assert "32 s after it was written; it waited for its turn" in late["en"]
    assert quick["sv"].endswith("http:204") and quick["en"].endswith("http:204")
    await hub.sql(
        "UPDATE outbox_row SET failures = jsonb_build_array(jsonb_build_array(accepted_at, 'http:503')) WHERE system = 'centre'"
    )
    said = {one["system"]: one for one in of_kind(await timeline(hub, case), "sent")}
    assert "1 försök hade misslyckats" in said["centre"]["sv"] and "1 attempt had failed" in said["centre"]["en"]


async def test_a_message_whose_id_has_the_form_of_a_cases_shows_its_own_notices_and_no_others(hub):
    case = await hub.admit()
    uuid = "0b9a4f0e-3c1d-4f6e-9a57-2f1f6f3f9d10"
    await hub.say(case, "samtycke", {"outcome": "given"}, id_=uuid)
    await hub.say(case, "samtycke", {"outcome": "given"}, id_="s-2")
    found = await timeline(hub, uuid)
    assert found["notices"] and {one["message"] for one in found["notices"]} == {uuid}
    assert {one["message"] for one in of_kind(found, "acted", "decided", "queued")} == {uuid}
    of_case = {one["message"] for one in (await timeline(hub, case))["notices"]}
    assert of_case > {uuid, "s-2"}, "the case's own page has them all"
    await hub.say(await hub.admit(ANNA), "samtycke", {"outcome": "given"}, id_=case)
    both = await timeline(hub, case)  # a sender may give a message the id of a case
    assert {one["message"] for one in both["notices"]} == of_case | {case}


async def test_the_laws_clock_and_each_deadline_stand_on_the_same_axis_as_met_missed_open(hub):
    now = datetime.now(UTC)
    case = await hub.admit(admitted_at=(now - timedelta(hours=30)).isoformat())
    found = await timeline(hub, case)
    (clock,) = found["clocks"]
    assert (clock["case"], clock["process"], clock["status"]) == (case, "svu", "open")
    assert clock["law"]["starts"] is None and "utskrivningsklar" in clock["law"]["unmet"]
    named = {one["name"]: one for one in clock["deadlines"]}
    assert named["inskrivning_sen"]["state"] == "passed" and named["utan_fast_vardkontakt"]["state"] == "open"
    owed = [one for one in clock["deadlines"] if one["name"] == "kvittens_forsenad"]
    assert owed and {one["state"] for one in owed} == {"open"}
    due = {one["deadline"]: one for one in of_kind(found, "due")}
    assert due["inskrivning_sen"]["at"] == named["inskrivning_sen"]["due"] and due["inskrivning_sen"]["lane"] == "law"
    timer = DeadlineTimer(hub.hub.store, hub.hub.intake)
    assert await timer.tell_passed() == 1
    opening = named["utan_fast_vardkontakt"]["set_by"]
    for unit in (CENTRE, KOMMUN):
        await hub.say(case, "kvittens", {"message": opening}, unit, id_=f"kv-{unit}")
    found = await timeline(hub, case)
    states = {one["key"]: one for one in found["clocks"][0]["deadlines"]}
    assert states["inskrivning_sen"]["state"] == "missed" and states["inskrivning_sen"]["told_at"]
    assert states["kvittens_forsenad/inskrivning"]["state"] == "met"
    assert states["kvittens_forsenad/inskrivning"]["ended_by"] == f"kv-{KOMMUN}"
    assert [one["deadline"] for one in of_kind(found, "missed")] == ["inskrivning_sen"]
    assert "kvittens_forsenad/inskrivning" in [one["deadline"] for one in of_kind(found, "met")]


async def test_a_deadline_that_falls_away_with_its_case_was_neither_met_nor_missed(hub):
    case = await hub.admit(ANNA)
    await hub.say(case, "makulering", {"case": True}, id_="mak-1")
    (clock,) = (await timeline(hub, case))["clocks"]
    assert clock["status"] == "revoked"
    assert {one["state"] for one in clock["deadlines"]} == {"lapsed"} and clock["deadlines"]
    assert {one["ended_by"] for one in clock["deadlines"]} == {"mak-1"}


async def test_what_is_refused_and_what_is_held_say_why_and_by_which_rule(hub):
    case = await hub.admit()
    not_its_own = {"fields": {"aktuellt_tillstand": {"text": "Uppe"}}}
    refused = await hub.say(case, "svu.kartlaggning", not_its_own, CENTRE, id_="no-1", ok=False)
    (decided,) = of_kind(await timeline(hub, "no-1"), "decided")
    assert (decided["outcome"], decided["rule"], decided["element"]) == ("refused", refused.rule, refused.element)
    assert refused.text.sv in decided["sv"] and refused.text.en in decided["en"]
    await hub.say("ref:later", "samtycke", {"outcome": "given"}, id_="early-1", ok=False)
    found = await timeline(hub, "early-1")
    assert [one["outcome"] for one in of_kind(found, "decided", "held")] == ["held", "awaits-opening"]


async def test_the_same_is_a_bundle_of_audit_events_in_fhir_one_an_entry(hub):
    case = await hub.admit()
    await hub.ack(*ids(await hub.fetch()))
    await hub.say(case, "svu.kartlaggning", {"fields": {"bakgrund": {"text": "Bor ensam"}}}, CENTRE, id_="k-1")
    as_json = await timeline(hub, case)
    found = await timeline(hub, case, format="fhir")
    by_accept = await hub.person.client.get(f"/timeline/{case}", headers={"accept": "application/fhir+json"})
    assert by_accept.headers["content-type"] == "application/fhir+json"
    assert by_accept.headers["cache-control"] == "no-store"
    bundle = Bundle.model_validate(found)
    events = [one.resource for one in bundle.entry]
    assert [one.subtype[0].code for one in events] == [one["kind"] for one in as_json["entries"]]
    assert {one.type.code for one in events} == {"ehmiMessaging"}
    assert {one.get_resource_type() for one in events} == {"AuditEvent"}
    received = next(one for one in events if one.subtype[0].code == "received")
    assert received.subtype[1].code == "msg-received"
    queued = next(one for one in events if one.subtype[0].code == "queued")
    assert any(one.who and one.who.identifier.value == CENTRE for one in queued.agent)
    assert [one["resource"]["recorded"] for one in by_accept.json()["entry"]][:3] == [
        one["resource"]["recorded"] for one in found["entry"]
    ][:3]


async def test_who_may_not_see_is_told_nothing_and_what_is_not_there_is_404(hub):
    case = await hub.admit()
    nobody = await signed_in(hub.hub, "no-such-role")
    assert (await nobody.ask(f"/timeline/{case}", 403))["rule"] == "no-right"
    assert (await timeline(hub, "m-unknown", 404))["rule"] == "unknown"
    assert (await timeline(hub, "01a21ba2-f11b-76f9-8b00-e55c2cb2388a", 404))["element"] == "/id"
    assert (await hub.person.ask(f"/timeline/{TOLVAN}", 404))["rule"] == "unknown"
    assert TOLVAN not in json.dumps(await hub.person.ask(f"/timeline/{TOLVAN}", 404))
    assert (await timeline(hub, case, 400, format="xml"))["element"] == "/format"
