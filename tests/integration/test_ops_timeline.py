"""What happened to a message and a case: lanes, entries, the law's clock and the deadlines, how each notice stands; as JSON and as FHIR.
On a real database; nothing is sent.
"""

import html
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from fhir.resources.R4B.bundle import Bundle

from hub.intake.deadline_timer import DeadlineTimer
from hub.operations.timeline.entry import KINDS
from schemas.hub_messages import Verifiering
from tests.integration.test_console_hostile import browser
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
    (opening,) = [one for one in found["notices"] if one["system"] == "centre" and one["awaits"].get(CENTRE)][-1:]
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
    assert {one["state"] for one in notices if one["reached"]} == {"kvittens"}
    assert found["notices"][0]["state"] == "dead", "what others wait behind is the first, however many they are"
    order = ["dead", "waiting", "behind", "kvittens"]
    assert sorted(found["notices"], key=lambda one: (order.index(one["state"]), -one["row"])) == found["notices"]
    (behind, *_) = [one for one in notices if one["state"] == "behind"]
    assert "är död" in behind["why"]["sv"] and "is dead" in behind["why"]["en"]
    of_one = await timeline(hub, opening["message"])
    assert {one["message"] for one in of_one["notices"]} == {opening["message"]}
    for again in ("waiting", "dead"):  # a replay tells it again
        await hub.sql(f"UPDATE outbox_row SET state = '{again}', sent_at = NULL WHERE id = {opening['row']}")
        found = await timeline(hub, case)
        (told_again,) = [one for one in found["notices"] if one["row"] == opening["row"]]
        assert (told_again["state"], told_again["reached"]) == ("kvittens", False)
        assert opening["row"] not in found["well"]


async def pages(hub, case, limit, meanwhile=None):
    """Every page of a case, the newest first; ``meanwhile``: what happens before the second page."""
    found = [await timeline(hub, case, limit=limit)]
    if meanwhile is not None:
        await meanwhile()
    while found[-1]["next"] is not None or found[-1]["notices_next"] is not None:
        asked = {"before": found[-1]["next"], "notices_after": found[-1]["notices_next"]}
        known = {name: one for name, one in asked.items() if one is not None}
        following = await timeline(hub, case, limit=limit, **known)
        for name, part, next_ in (
            ("before", "entries", "next"),
            ("notices_after", "notices", "notices_next"),
        ):
            if name not in known:  # it has come to its end, while the other goes on
                following |= {part: [], next_: None}
        found.append(following)
    return found


def told(one):
    """An entry of a timeline that is made at another moment."""
    return {name: said for name, said in one.items() if one["kind"] != "waits" or name not in {"at", "sv", "en"}}


def ended(one):
    """A notice without what is told of it by the clock."""
    return {name: said for name, said in one.items() if name != "why"}


async def test_a_case_of_many_hundred_events_has_pages_that_hold_each_of_them_once(hub):
    case = await hub.admit()
    for number in range(120):
        await hub.say(case, "samtycke", {"outcome": "given"}, id_=f"s-{number}")
    fetched = ids(await hub.fetch(limit=70))
    await hub.ack(*fetched)  # some have it, and the rest wait
    whole = await timeline(hub, case)
    entries, notices = whole["entries"], whole["notices"]
    assert len(entries) == whole["count"] > 700 and len(notices) == whole["notices_count"] > 200
    assert whole["next"] is whole["notices_next"] is None
    found = await pages(hub, case, 97)
    first, last = found[0], [one for one in found if one["entries"]][-1]
    # The first page: what is to come, what waits, and the newest of what happened; on it stand the notices that have reached nobody.
    assert [told(one) for one in first["entries"]] == [told(one) for one in entries[-97:]]
    assert first["entries"][-1]["kind"] == "due" and first["entries"][-1]["at"] > whole["entries"][0]["at"]
    assert {"waits"} < {one["kind"] for one in first["entries"]}
    assert not any(one["reached"] for one in first["notices"])
    # The last page: how it all began.
    assert last["entries"][0] == entries[0] and last["next"] is None
    assert {"acted", "received", "decided", "asked"} < {one["kind"] for one in last["entries"]}
    assert all(one["reached"] for one in [one for one in found if one["notices"]][-1]["notices"])
    # Over all pages nothing is missing and nothing stands twice, and none is empty.
    assert [told(one) for page in reversed(found) for one in page["entries"]] == [told(one) for one in entries]
    assert [ended(one) for page in found for one in page["notices"]] == [ended(one) for one in notices]
    assert [len(page["entries"]) for page in found if page["entries"]][:-1] == [97] * (len(entries) // 97)
    assert sorted(row for row in {row for page in found for row in page["well"]}) == sorted(whole["well"])
    assert {(page["count"], page["notices_count"]) for page in found} == {(len(entries), len(notices))}
    # What ended on another page folds on this one too.
    queued = [one["row"] for one in last["entries"] if one["kind"] == "queued" and one["system"] == "centre"]
    assert queued and set(queued) <= set(last["well"])
    # Every deadline stands on the page of the time in which it ran.
    keys = {(one["key"], one["set_at"]) for one in whole["clocks"][0]["deadlines"]}
    assert {(one["key"], one["set_at"]) for page in found for one in page["clocks"][0]["deadlines"]} == keys

    # A later page is one though nobody says how long it is, and a page has as many AuditEvents.
    later = (await timeline(hub, case, before=first["next"]))["entries"]
    assert [told(one) for one in later] == [told(one) for one in entries[:-97]]
    assert len((await timeline(hub, case, limit=7, format="fhir"))["entry"]) == 7
    # So it is in the console: each thing that happened once, over the pages to which *Visa fler* leads.
    client, _ = await browser(hub.hub)
    address, said, folded = f"/cases/{case}", [], 0
    while address:
        page = (await client.get(address)).text
        said[:0] = re.findall(r'<span class="at">.*?<span class="said">(.*?)</span>', page)
        folded += page.count('<li class="run">')
        earlier = re.search(r'href="/console([^"]+)#story" rel="next">Visa fler, tidigare<', page)
        address = earlier and html.unescape(earlier[1])
    assert len(said) == len(entries) and folded
    assert "avsändarens egen tid" in said[0] and "frist" in said[-1]
    await client.aclose()


async def test_what_happens_while_somebody_turns_the_pages_moves_nothing_else(hub):
    case = await hub.admit()
    for number in range(12):
        await hub.say(case, "samtycke", {"outcome": "given"}, id_=f"s-{number}")
    before = await timeline(hub, case)
    for limit in (1, 7):

        async def meanwhile(id_=f"s-later-{limit}"):
            await hub.say(case, "samtycke", {"outcome": "given"}, id_=id_)
            await hub.ack(*ids(await hub.fetch(limit=5)))

        found = await pages(hub, case, limit, meanwhile)
        shown = [json.dumps(told(one)) for page in found for one in page["entries"]]
        assert len(shown) == len(set(shown))
        stays = [json.dumps(told(one)) for one in before["entries"] if one["kind"] != "waits"]
        assert set(stays) <= set(shown)
        before = await timeline(hub, case)


async def test_a_page_that_there_is_not_is_refused_by_its_name(hub):
    case = await hub.admit()
    for asked in ({"limit": 0}, {"limit": 1_001}, {"limit": 5, "before": "x"}, {"limit": 5, "notices_after": "1'2"}):
        assert (await timeline(hub, case, 400, **asked))["element"] == f"/{[*asked][-1]}"


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
