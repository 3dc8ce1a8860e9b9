"""What operations sees of what waits for somebody's hand, and what they do with it (D-4, D-6): held, dead, the manual queue. On a real
database, through ``/ops``.
"""

from datetime import UTC, datetime, timedelta

import pytest

from hub.store import dead_letters
from schemas.hub_messages import Adressering
from tests.integration.test_views import ANNA, CENTRE, KOMMUN, MALMO, PRIVATE, WARD, directory, served
from tests.operators import signed_in

NOBODY = Adressering(outcome="unlisted", municipality="1281", why=("folkbokforing: 1281", "listing: no answer fits"))
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
    assert "öppnar ärendet" in first["text"]["sv"] and "opens its case" in first["text"]["en"]
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
    assert one["opened_by"] == {"unit": WARD, "name": "Avdelning 12", "party": "slutenvard", "system": "ehr"}
    assert "191212121212" not in str(one) and "Tolvan" not in str(one)
    second = await place.admit(ANNA, found=NOBODY)
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
