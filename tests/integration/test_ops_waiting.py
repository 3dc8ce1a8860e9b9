"""What operations sees of what waits for somebody's hand, and what they do with it (D-4, D-6): held, dead, the manual queue. On a real
database, through ``/ops``.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hub.intake.arrival import Arrival
from hub.operations.timeline import whole
from hub.store import dead_letters
from hub.store import directory as directories
from schemas.hub_messages import Adressering
from tests.integration.test_console_hostile import browser
from tests.integration.test_views import ANNA, CENTRE, KOMMUN, MALMO, PRIVATE, WARD, directory, served
from tests.operators import signed_in
from tests.stack import checked

NOBODY = Adressering(outcome="unlisted", municipality="1281", why=("folkbokforing", "listing_county:12=client-fault"))
READING = ("/held", "/held/groups", "/partitions", "/dead", "/dead/groups", "/manual-queue", "/unserved", "/units")


@pytest.fixture
async def place(database):
    async with served(database, directory()) as made:
        yield made


async def dead(place, system="centre", answers=("http:422",)):
    """Rows of the system that are dead, each in a case of its own; their ids."""
    ids = []
    for number, answer in enumerate(answers):
        case = await place.admit([None, ANNA, "193304179884"][number] or "191212121212")
        ((id_,),) = await place.sql(
            "SELECT id FROM outbox WHERE case_id = %s AND system = %s AND kind = 'notice' ORDER BY id LIMIT 1",
            case,
            system,
        )
        async with place.hub.store.transaction() as connection:
            await dead_letters.add(connection, id_, answer, said="no")
        ids.append(id_)
    return ids


async def asked_of(place, work, *arguments):
    async with place.hub.store.transaction() as connection:
        return await work(connection, *arguments)


@pytest.mark.parametrize("path", READING)
async def test_who_may_see_sees_and_nobody_else(place, path):
    for role, status in (("lasare", 200), ("granskare", 200), ("nobody", 403)):
        await (await signed_in(place.hub, role)).ask(path, status)


# --- held -----------------------------------------------------------------------------------------------------------------


async def test_what_is_held_says_why_since_when_and_what_waits_behind_it(place):
    person = await signed_in(place.hub, "lasare")
    for number, name in enumerate(("samtycke", "svu.kartlaggning", "meddelande")):
        data = [{"outcome": "given"}, {"fields": {}}, {"text": "Hej"}][number]
        await place.say("ref:early", name, data, id_=f"early-{number}", ok=False)
    await place.say("ref:other", "samtycke", {"outcome": "given"}, id_="other", ok=False)
    rows = (await person.ask("/held"))["rows"]
    assert next((one["message"], one["behind"]) for one in rows if one["queue"].endswith("early")) == (
        "early-0",
        len(rows) - 2,
    )
    first = rows[0]
    assert (first["reason"], first["system"], first["name"], first["case"]) == (
        "awaits-opening",
        "ehr",
        "samtycke",
        None,
    )
    assert "öppnar dess ärende" in first["text"]["sv"] and "opens its case" in first["text"]["en"]
    assert datetime.fromisoformat(first["next_try"]) > datetime.fromisoformat(first["since"])
    groups = (await person.ask("/held/groups"))["rows"]
    assert sum(one["count"] for one in groups) == len(rows)
    opening = next(one for one in groups if one["reason"] == "awaits-opening")
    assert len((await person.ask("/held", reason="awaits-opening"))["rows"]) == opening["count"]
    page = await person.ask("/held", limit=1)
    assert page["next"] == str(page["rows"][0]["number"])
    following = await person.ask("/held", limit=200, after=page["next"])
    assert [one["message"] for one in following["rows"]] == [one["message"] for one in rows[1:]]
    assert following["next"] is None


# --- dead -----------------------------------------------------------------------------------------------------------------


async def test_what_is_dead_is_listed_with_its_last_answer_and_in_groups_that_name_their_query(place):
    ids = await dead(place, answers=("http:422", "http:422: the body", "http:400"))
    person = await signed_in(place.hub, "lasare")
    rows = (await person.ask("/dead"))["rows"]
    assert [one["row"] for one in rows] == ids
    assert {one["name"] for one in rows} == {"svu.inskrivning"}
    assert (rows[1]["answer"], rows[1]["group"], rows[1]["said"]) == ("http:422: the body", "http:422", "no")
    groups = (await person.ask("/dead/groups"))["rows"]
    assert [(one["system"], one["answer"], one["count"], one["cases"]) for one in groups] == [
        ("centre", "http:422", 2, 2),
        ("centre", "http:400", 1, 1),
    ]
    named = dict(part.split("=") for part in groups[1]["query"].replace("%3A", ":").split("&"))
    assert [one["row"] for one in (await person.ask("/dead", **named))["rows"]] == [ids[2]]
    page = await person.ask("/dead", limit=2, system="centre", kind="svu.inskrivning")
    assert [one["row"] for one in (await person.ask("/dead", after=page["next"]))["rows"]] == ids[2:]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert (await person.ask("/dead", since=later))["rows"] == []
    assert (await person.ask("/dead", 400, sistem="centre"))["rule"] == "bad-query"


# --- the manual queue ---------------------------------------------------------------------------------------------------------


async def test_the_manual_queue_says_why_the_hub_could_not_and_what_each_register_said(place):
    person = await signed_in(place.hub, "lasare")
    case = await place.admit(found=NOBODY)
    (one,) = (await person.ask("/manual-queue"))["rows"]
    assert (one["case"], one["outcome"], one["missing"]) == (case, "unlisted", ["kommun", "oppenvard"])
    assert "inte listad" in one["text"]["sv"] and "listed at no health centre" in one["text"]["en"]
    assert one["registers"] == list(NOBODY.why)
    assert [line["sv"] for line in one["registers_said"]] == [
        "Folkbokföring (PU): tillfrågat",
        "Listning: vilket län, län 12: producenten tar inte emot frågan (Client fault)",
    ]
    assert one["opened_by"] == {"unit": WARD, "name": "Avdelning 12", "party": "slutenvard", "system": "ehr"}
    assert "191212121212" not in str(one) and "Tolvan" not in str(one)
    second = await place.admit(ANNA, found=NOBODY)
    waits_since = one["since"]
    await place.own(case, "adressering", Adressering(outcome="lookup_unavailable"))  # asked again
    await place.own(second, "adressering", NOBODY)
    await place.own(case, "adressering", NOBODY)
    await place.say(case, "svu.kartlaggning", {"fields": {"aktuellt_tillstand": {"text": "Uppe och går"}}})
    later = (await person.ask("/manual-queue"))["rows"]
    assert [row["case"] for row in later] == [case, second], "in the order in which they came into the queue"
    assert later[0]["since"] == waits_since, "since then the law's 24 hours run, whatever happens in the case"
    overview = await person.ask("/overview")
    (line,) = [one for one in overview["first"] if one["kind"] == "manual"]
    assert overview["manual"]["oldest"] == line["since"] == waits_since
    page = await person.ask("/manual-queue", limit=1)
    assert [row["case"] for row in (await person.ask("/manual-queue", after=page["next"]))["rows"]] == [second]
    assert (await person.ask("/manual-queue", 400, after="x"))["rule"] == "bad-query"


async def test_the_tree_is_searched_by_words_party_and_whether_a_system_serves_the_unit(place):
    person = await signed_in(place.hub, "lasare")
    every = (await person.ask("/units"))["rows"]
    assert {one["unit"] for one in every} >= {WARD, CENTRE, KOMMUN, PRIVATE, MALMO}
    assert [one["unit"] for one in (await person.ask("/units", words="läkar bil"))["rows"]] == [PRIVATE]
    assert [one["unit"] for one in (await person.ask("/units", words="malm", party="kommun"))["rows"]] == [MALMO]
    assert (await person.ask("/units", served="false"))["rows"] == []
    found, after = [], None
    while True:
        page = await person.ask("/units", limit=2, **({"after": after} if after else {}))
        found += page["rows"]
        if (after := page["next"]) is None:
            break
    assert found == every


async def test_the_choice_of_a_unit_is_a_message_of_the_hub_in_the_case_and_who_comes_second_is_told(place):
    anna, bo = await signed_in(place.hub, "drift", who="Anna"), await signed_in(place.hub, "drift", who="Bo")
    case = await place.admit(found=NOBODY)
    path = f"/manual-queue/{case}/units"
    for units, status, rule in (
        (["SE2321000255-INGEN"], 404, "unknown-unit"),
        ([WARD], 409, "wrong-party"),
        ([KOMMUN, MALMO], 409, "wrong-party"),
        ([], 400, "wrong-party"),
    ):
        assert (await anna.say(path, {"units": units, "reason": "ringt"}, status))["rule"] == rule
    assert (await anna.say(path, {"units": [KOMMUN], "reason": " "}, 400))["rule"] == "reason-missing"
    first = await anna.say(path, {"units": [KOMMUN], "reason": "kommunen har svarat"})
    assert (first["units"], first["done"]) == ([KOMMUN], False)
    assert (await bo.ask("/manual-queue"))["rows"][0]["missing"] == ["oppenvard"]
    assert (await bo.say(path, {"units": [MALMO], "reason": "fel"}, 409))["rule"] == "addressed-meanwhile"
    both = await asyncio.gather(
        *(
            one.client.post(path, json={"units": [unit], "reason": "vald"})
            for one, unit in ((anna, CENTRE), (bo, PRIVATE))
        )
    )
    assert sorted(one.status_code for one in both) == [200, 409], [one.text for one in both]
    (lost,) = [one.json() for one in both if one.status_code == 409]
    assert lost["rule"] == "addressed-meanwhile" and lost["text"]["sv"] and lost["text"]["en"]
    assert (await anna.ask("/manual-queue"))["rows"] == []
    told = await place.sql("SELECT system FROM outbox WHERE case_id = %s AND kind = 'notice' AND sequence = 1", case)
    assert {system for (system,) in told} >= {"kommun"} and len(told) == 2, (
        "they are told of the admission, as when a register finds them"
    )
    acts = await place.sql("SELECT who, what, reason FROM operation WHERE target = %s ORDER BY id", case)
    assert acts[0] == ("Anna", "address", f"kommunen har svarat ({KOMMUN})") and len(acts) == 2
    whole = await place.ask(f"/cases/{case}")
    assert KOMMUN in str(whole)


async def test_a_unit_of_another_municipality_than_the_sought_one_is_chosen_by_who_says_that_it_is_meant(place):
    found = place.hub.directory().model_dump(mode="json", by_alias=True, exclude_unset=True)
    next(one for one in found["units"] if one["hsa"] == MALMO)["municipality"] = "1280"
    place.hub.in_force._now = place.hub.in_force._applied = checked(found)
    await directories.apply(place.hub.store, place.hub.directory())
    case = await place.admit(found=NOBODY.model_copy(update={"health_centre": PRIVATE}))
    client, form = await browser(place.hub)
    (one,) = (await (await signed_in(place.hub)).ask("/manual-queue"))["rows"]
    sought = one["sought"]
    assert (sought["municipality"], sought["municipality_name"]) == ("1281", "Lunds kommun")
    assert (sought["municipality_unit"]["unit"], sought["health_centre"]["unit"]) == (KOMMUN, PRIVATE)
    page = (await client.get(f"/manual-queue/{case}")).text
    for said in ("Sökt kommun", "Lunds kommun <code>1281</code>", "Annan kommun: 1280", f"<code>{PRIVATE}</code>"):
        assert said in page
    choice = form | {"unit-kommun": MALMO, "reason": "har flyttat"}
    warned = await client.post(f"/manual-queue/{case}/units", data=choice)
    assert (warned.status_code, "Registret angav kommun 1281" in warned.text) == (409, True)
    assert (
        f'value="{MALMO}" checked' in warned.text and 'name="another"' in warned.text and "har flyttat" in warned.text
    )
    assert await place.sql("SELECT 1 FROM operation WHERE what = 'address'") == []
    done = await client.post(f"/manual-queue/{case}/units", data=choice | {"another": "yes"})
    assert done.status_code == 303
    assert await place.sql("SELECT reason FROM operation WHERE what = 'address'") == [(f"har flyttat ({MALMO})",)]


async def test_nobody_without_the_right_chooses_and_a_case_that_is_not_there_is_none(place):
    case = await place.admit(found=NOBODY)
    body = {"units": [KOMMUN], "reason": "x"}
    await (await signed_in(place.hub, "lasare")).say(f"/manual-queue/{case}/units", body, 403)
    person = await signed_in(place.hub, "drift")
    assert (await person.say("/manual-queue/none/units", body, 404))["rule"] == "unknown-case"
    assert (await person.say("/unserved/SE2321000255-INGEN/give-up", {"reason": "x"}, 409))["rule"] == "nothing-waits"


# --- the acts on what is held -----------------------------------------------------------------------------------------------


async def held_one(place, data=None, id_="early", ref="ref:early"):
    await place.say(ref, "samtycke", data or {"outcome": "given"}, id_=id_, ok=False)
    return (await place.sql("SELECT id FROM held WHERE message = %s", id_))[0][0]


async def test_what_is_held_is_released_and_refused_by_its_number_once(place):
    number = await held_one(place)
    person = await signed_in(place.hub, "drift", who="Disa")
    for role in ("lasare", "granskare", "katalogansvarig"):
        for act in ("release", "refuse"):
            await (await signed_in(place.hub, role)).say(f"/held/{number}/{act}", {"reason": "x"}, 403)
    assert (await person.say(f"/held/{number}/release", {"reason": "den väntade är här"}))["messages"] == ["early"]
    assert (await person.say(f"/held/{number}/release", {"reason": "igen"}))["messages"] == ["early"]
    assert (await person.ask("/held/groups"))["rows"][0]["released"] == 2
    both = await asyncio.gather(
        *(person.client.post(f"/held/{number}/refuse", json={"reason": "ärendet kommer aldrig"}) for _ in range(2))
    )
    assert sorted(one.status_code for one in both) == [200, 409]
    assert (await person.say(f"/held/{number}/refuse", {"reason": "igen"}, 409))["rule"] == "not-held"
    acts = await place.sql("SELECT who, what FROM operation WHERE target = 'early' ORDER BY id")
    assert acts == [("Disa", "release"), ("Disa", "release"), ("Disa", "refuse")]


async def glass_of(place, *roles, who="Dag"):
    person = await signed_in(place.hub, *roles, who=who)
    await person.say("/glass", {"reason": "rättar ett meddelande"})
    return person


async def test_an_edit_is_judged_like_any_message_takes_effect_once_and_leaves_its_trace(place):
    number = await held_one(place, {"outcome": "given", "given_by": "patienten"}, ref="ref:wrong")
    case = await place.admit()
    before = await place.sql("SELECT raw, digest FROM message WHERE id = 'early'")
    body = {"attributes": {"subject": case}, "reason": "fel referens, avdelningen har sagt det", "edited": 0}
    path = f"/held/{number}/edit"
    await (await signed_in(place.hub, "drift")).say(path, body, 403)
    refused = await (await signed_in(place.hub, "driftansvarig")).say(path, body, 403)
    assert refused["rule"] == "glass-closed"
    person = await glass_of(place, "driftansvarig")
    shown = await person.ask(f"/held/{number}/body")
    assert shown["attributes"]["subject"] == "ref:wrong" and "patienten" in shown["body"]
    for wrong, status, rule in (
        ({"attributes": {"id": "another"}}, 409, "not-edited"),
        ({"patch": {"outcome": "maybe"}}, 400, "invalid-value"),
        ({"patch": {}}, 400, "not-edited"),
        ({"body": "{"}, 400, "not-json"),
        ({"attributes": {"subject": "01a00000-0000-7000-8000-000000000000"}}, 409, "unknown-case"),
        ({"attributes": {"subject": case}, "edited": 1}, 409, "handled-meanwhile"),
    ):
        assert (await person.say(path, body | {"attributes": None} | wrong, status))["rule"] == rule, wrong
    assert await place.sql("SELECT raw, digest FROM message WHERE id = 'early'") == before, (
        "what is refused changes nothing"
    )
    both = await asyncio.gather(*(person.client.post(path, json=body) for _ in range(2)))
    assert sorted(one.status_code for one in both) == [200, 409], [one.text for one in both]
    (done,) = [one.json() for one in both if one.status_code == 200]
    assert (done["outcome"], done["case"], done["changed"]) == ("accepted", case, ["/subject"])
    assert (await place.sql("SELECT raw FROM message_edit")) == [(before[0][0],)], "the original is kept"
    ((receipt,),) = await place.sql("SELECT receipt FROM message WHERE id = 'early'")
    assert (receipt["code"], receipt["warnings"][-1]) == ("ok", "edited-by-operations")
    (repeat,) = await place.hub.intake.submit(
        [
            Arrival(
                place.hub.directory().system_by_id["ehr"],
                shown["body"].encode(),
                shown["media_type"],
                shown["attributes"],
                datetime.now(UTC),
                "t/again",
                by_outbox=False,
            )
        ]
    )
    assert (repeat.code, repeat.repeat, repeat.case) == ("ok", True, case), "the original is recognised (D-2)"
    lines = (await asked_of(place, whole.of, case)).entries
    by_hand = [one.en for one in lines if one.kind == "by-hand"]
    assert by_hand == ["edit of early by Dag: fel referens, avdelningen har sagt det (/subject)"]


async def test_an_edited_message_that_waits_still_is_tried_as_edited_and_a_second_edit_keeps_the_first_too(place):
    number = await held_one(place)
    person = await glass_of(place, "driftansvarig")
    path = f"/held/{number}/edit"
    first = await person.say(path, {"patch": {"given_by": "patienten"}, "reason": "ett", "edited": 0})
    assert (first["outcome"], first["changed"]) == ("held", ["/given_by"])
    second = await person.say(path, {"body": '{"outcome":"given"}', "reason": "två", "edited": 1})
    assert second["outcome"] == "held"
    assert len(await place.sql("SELECT 1 FROM message_edit")) == 2
    (row,) = (await person.ask("/held"))["rows"]
    assert row["edited"] == 2
    with pytest.raises(Exception, match="never changed"):
        await place.sql("UPDATE message SET raw = 'x' WHERE id = 'early'")


# --- the acts on what is dead -------------------------------------------------------------------------------------------------


async def test_a_dead_row_is_skipped_or_retried_once_and_the_second_is_told_what_it_is_now(place):
    first, second, third = await dead(place, answers=("http:422", "http:422", "http:400"))
    person = await signed_in(place.hub, "drift", who="Disa")
    for role in ("lasare", "granskare"):
        for act in ("skip", "retry"):
            await (await signed_in(place.hub, role)).say(f"/dead/{first}/{act}", {"reason": "x"}, 403)
    both = await asyncio.gather(*(person.client.post(f"/dead/{first}/skip", json={"reason": "x"}) for _ in range(2)))
    assert sorted(one.status_code for one in both) == [200, 409]
    assert "överhoppad" in (await person.say(f"/dead/{first}/skip", {"reason": "x"}, 409))["text"]["sv"]
    assert (await person.say("/dead/4711/skip", {"reason": "x"}, 404))["rule"] == "not-dead"
    done = await person.say(f"/dead/{second}/retry", {"reason": "rättat"})
    assert (done["total"], done["state"], done["of"]) == (1, "running", "dead")
    assert (await person.say(f"/dead/{second}/retry", {"reason": "igen"}, 409))["rule"] == "not-dead"
    rows = (await person.ask("/dead"))["rows"]
    assert [one["row"] for one in rows] == [third]


# --- steering -------------------------------------------------------------------------------------------------------------------


async def test_a_system_is_paused_and_resumed_by_name_once_each(place):
    person = await signed_in(place.hub, "drift", who="Disa")
    await (await signed_in(place.hub, "lasare")).say("/systems/centre/pause", {"reason": "x"}, 403)
    both = await asyncio.gather(
        *(person.client.post("/systems/centre/pause", json={"reason": "prov"}) for _ in range(2))
    )
    assert sorted(one.status_code for one in both) == [200, 409]
    assert (await person.say("/tries", {"system": "centre", "reason": "x"}, 409))["rule"] == "paused"
    assert await person.say("/systems/centre/resume", {"reason": "klart"}) == {"system": "centre", "paused": False}
    assert (await person.say("/systems/centre/resume", {"reason": "klart"}, 409))["rule"] == "not-paused"
    assert (await person.say("/systems/nobody/pause", {"reason": "x"}, 404))["rule"] == "unknown-system"
    assert (await person.say("/systems/centre/pause", {"reason": "patient 191212121212"}, 400))[
        "rule"
    ] == "personal-reason"
    acts = await place.sql("SELECT who, what, reason FROM operation WHERE target = 'centre' ORDER BY id")
    assert acts == [("Disa", "pause", "prov"), ("Disa", "resume", "klart")]


async def test_a_test_notice_goes_to_one_and_an_announcement_to_all_by_who_may(place):
    person = await signed_in(place.hub, "drift")
    id_ = (await person.say("/systems/centre/test-notice", {"reason": "ny brandvägg"}))["id"]
    assert await place.sql("SELECT system FROM outbox WHERE message = %s", id_) == [("centre",)]
    text = {"text_sv": "Underhåll i natt", "text_en": "Maintenance tonight", "reason": "planerat"}
    await person.say("/announcements", text, 403)
    lead = await signed_in(place.hub, "driftansvarig")
    assert (await lead.say("/announcements", text | {"text_en": " "}, 400))["rule"] == "both-languages"
    done = await lead.say("/announcements", text)
    assert done["systems"] == 5
    (row,) = (await person.ask("/announcements"))["rows"]
    assert (row["id"], row["text_sv"], row["systems"]) == (done["id"], "Underhåll i natt", 5)
    assert (await person.say("/tries", {"reason": "x"}, 400))["rule"] == "invalid-value"
    assert (await person.say("/tries", {"notice": 4711, "reason": "x"}, 404))["rule"] == "unknown-row"
    assert (await person.say("/tries", {"case": "none", "reason": "x"}, 409))["rule"] == "nothing-waits"


async def test_a_partition_goes_on_once_and_only_forward(place):
    await place.sql("INSERT INTO aside (topic, partition, at, reason, until) VALUES ('hub.in.x', 2, 10, 'corrupt', 14)")
    person = await signed_in(place.hub, "drift")
    (row,) = (await person.ask("/partitions"))["rows"]
    assert (row["topic"], row["partition"], row["at"], row["until"]) == ("hub.in.x", 2, 10, 14)
    path = "/partitions/hub.in.x/2/pass"
    await (await signed_in(place.hub, "lasare")).say(path, {"reason": "x"}, 403)
    assert (await person.say(path, {"to": 9, "reason": "x"}, 400))["rule"] == "pass-forward"
    assert (await person.say(path, {"reason": "kan inte läsas"}))["to"] == 14
    assert (await person.say(path, {"reason": "igen"}, 409))["rule"] == "handled-meanwhile"
    assert (await person.say("/partitions/hub.in.y/0/pass", {"reason": "x"}, 409))["rule"] == "nothing-waits"


async def test_what_waits_for_a_unit_that_no_system_serves_is_shown_by_unit_and_given_up_once(place):
    await place.admit()
    count = len(
        await place.sql("UPDATE outbox_row SET system = %s WHERE system = 'centre' RETURNING 1", f"unit:{CENTRE}")
    )
    person = await signed_in(place.hub, "drift")
    (row,) = (await person.ask("/unserved"))["rows"]
    assert (row["waits_for"], row["unit"]["name"], row["notices"], row["cases"]) == (CENTRE, "Vårdcentralen", count, 1)
    await (await signed_in(place.hub, "lasare")).say(f"/unserved/{CENTRE}/give-up", {"reason": "x"}, 403)
    assert (await person.say(f"/unserved/{CENTRE}/give-up", {"reason": "meddelad för hand"}))["count"] == count
    assert (await person.say(f"/unserved/{CENTRE}/give-up", {"reason": "igen"}, 409))["rule"] == "nothing-waits"
    assert (await person.ask("/unserved"))["rows"] == []


async def test_what_was_edited_and_waits_is_tried_as_edited_and_its_receipt_says_so(place):
    number = await held_one(place)
    person = await glass_of(place, "driftansvarig")
    edit = {"patch": {"given_by": "patienten"}, "reason": "ett", "edited": 0}
    assert (await person.say(f"/held/{number}/edit", edit))["outcome"] == "held"
    await place.say("ref:early", "information", {"given": True, "patient": {"personnummer": "191212121212"}})
    await place.sql("UPDATE held SET due_at = now() - interval '1 second'")
    await place.hub.intake.retry_held()
    ((receipt,),) = await place.sql("SELECT receipt FROM message WHERE id = 'early'")
    assert (receipt["code"], receipt["warnings"]) == ("ok", ["edited-by-operations"])
