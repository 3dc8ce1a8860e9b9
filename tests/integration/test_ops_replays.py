"""Replays through ``/ops`` (D-7): the dry run, who may, the beginning, the undoing, and to whom it goes when units have moved to another
system. On a real database; nothing is delivered.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hub.operations.replays import Replayer
from hub.store import dead_letters, outbox, replayable, send_queue
from hub.store import directory as directories
from hub.store.replayable import RowFilter
from tests.integration.test_views import ANNA, CENTRE, PRIVATE, TOLVAN, directory, served
from tests.operators import signed_in
from tests.stack import checked

PERSONS = (TOLVAN, ANNA, "193304179884")


@pytest.fixture
async def place(database):
    async with served(database, directory()) as made:
        yield made


async def notices(place, case, system):
    return await place.sql(
        "SELECT id, sequence, state, told->>'replay', behind FROM outbox WHERE case_id = %s AND system = %s AND kind = 'notice'"
        " ORDER BY sequence",
        case, system,
    )  # fmt: skip


async def admitted(place, number=3):
    """Cases, with the first row of ``centre`` in each."""
    cases = [await place.admit(PERSONS[one]) for one in range(number)]
    return {case: (await notices(place, case, "centre"))[0][0] for case in cases}


async def dead(place, ids, answer="http:422"):
    async with place.hub.store.transaction() as connection:
        for id_ in ids:
            await dead_letters.add(connection, id_, answer, said="no")


async def sent(place, ids):
    async with place.hub.store.transaction() as connection:
        rows = await send_queue.rows(connection, ids)
        await outbox.mark_sent(
            connection,
            [(row.id, row.revision) for row in rows],
            [row.accepted_at for row in rows],
            ["http:204"] * len(rows),
        )


async def moved(place):
    """CENTRE is served by ``bilar`` from now on; ``centre`` has another unit."""
    found = place.hub.directory().model_dump(mode="json", exclude_none=True)
    found["units"].append(
        {**next(one for one in found["units"] if one["hsa"] == CENTRE), "hsa": "SE2321000255-VC02", "name": "Två"}
    )
    for one in found["systems"]:
        if one["id"] == "centre":
            one["units"] = ["SE2321000255-VC02"]
        if one["id"] == "bilar":
            one["units"] = [PRIVATE, CENTRE]
    new = checked(found)
    await directories.apply(place.hub.store, new)
    place.hub.in_force._now = new


async def test_a_dry_run_counts_by_system_and_group_and_who_may_act_on_many_begins_it_once(place):
    ids = list((await admitted(place)).values())
    await dead(place, ids[:2])
    await dead(place, ids[2:], "http:400: the body")
    drift, lead = await signed_in(place.hub, "drift"), await signed_in(place.hub, "driftansvarig", who="Dag")
    wanted = {"system": "centre"}
    for role in ("lasare", "granskare", "katalogansvarig"):
        await (await signed_in(place.hub, role)).say("/replays", wanted, 403)
    found = await drift.say("/replays", wanted)
    assert (found["begun"], found["count"], found["cases"], found["systems"]) == (False, 3, 3, {"centre": 3})
    assert found["behind"] == 0
    assert [(one["answer"], one["count"]) for one in found["groups"]] == [("http:422", 2), ("http:400", 1)]
    group = wanted | {"answer": "http:422", "as_of": found["as_of"], "expected": 2, "reason": "mottagaren är lagad"}
    assert (await drift.say("/replays", group, 403))["rule"] == "no-right"
    assert (await lead.say("/replays", group | {"expected": 3}, 409))["rule"] == "another-count"
    assert (await lead.say("/replays", group | {"reason": ""}, 400))["rule"] == "reason-missing"
    both = await asyncio.gather(*(lead.client.post("/replays", json=group) for _ in range(2)))
    assert sorted(one.status_code for one in both) == [200, 409], [one.text for one in both]
    (begun,) = [one.json()["replay"] for one in both if one.status_code == 200]
    assert (begun["total"], begun["who"], begun["of"], begun["target"], begun["state"]) == (
        2,
        "Dag",
        "dead",
        "as-was",
        "running",
    )
    assert (await drift.say("/replays", {"rows": [ids[2]], "expected": 1, "reason": "prov"}))["begun"], "one is one"
    rows = await drift.ask(f"/replays/{begun['id']}/rows")
    assert [(one["row"], one["outcome"], one["told"]) for one in rows["rows"]] == [(one, None, True) for one in ids[:2]]
    assert {(one["name"], one["sequence"], one["answer"]) for one in rows["rows"]} == {("svu.inskrivning", 1, None)}, (
        "not tried yet"
    )
    assert all(one["message"] and one["source"] for one in rows["rows"])
    await place.sql("UPDATE outbox_row SET attempts = 1, answer = 'http:503' WHERE id = %s", ids[0])
    rows = await drift.ask(f"/replays/{begun['id']}/rows", outcome="open")
    assert [one["answer"] for one in rows["rows"]] == ["http:503", None]
    await place.sql("UPDATE replay_row SET outcome = 'gone' WHERE outbox_id = %s", ids[0])
    rows = await drift.ask(f"/replays/{begun['id']}/rows", outcome="passed-over")
    assert [(one["row"], one["outcome"], one["answer"]) for one in rows["rows"]] == [(ids[0], "gone", None)]
    await place.sql("UPDATE replay_row SET outcome = NULL WHERE outbox_id = %s", ids[0])
    assert [one["total"] for one in (await drift.ask("/replays", system="centre"))["rows"]] == [1, 2]
    undo = f"/replays/{begun['id']}/undo"
    await (await signed_in(place.hub, "lasare")).say(undo, {"reason": "x"}, 403)
    both = await asyncio.gather(*(drift.client.post(undo, json={"reason": "fel mottagare"}) for _ in range(2)))
    assert sorted(one.status_code for one in both) == [200, 409]
    one = await drift.ask(f"/replays/{begun['id']}")
    assert (one["state"], one["put_back"], one["ended"]) == ("undone", 2, "fel mottagare")
    assert (await drift.ask("/replays/4711", 404))["rule"] == "unknown-replay"
    assert len((await drift.ask("/dead"))["rows"]) == 2


@pytest.mark.parametrize(
    ("wanted", "element"),
    [
        ({}, "/rows"),
        ({"kind": "inskrivning"}, "/kind"),
        ({"case": "x"}, "/case"),
        ({"sent": True, "system": "centre"}, "/since"),
        ({"sent": True, "since": "2026-03-02T09:00:00Z"}, "/system"),
        ({"rate": 0, "system": "centre"}, "/rate"),
        ({"rows": [True]}, "/rows"),
        ({"systems": "centre"}, "/body"),
    ],
)
async def test_what_cannot_be_meant_is_refused_by_its_element(place, wanted, element):
    refused = await (await signed_in(place.hub, "driftansvarig")).say("/replays", wanted, 400)
    assert refused["element"] == element


async def test_a_replay_is_to_one_system(place):
    (case,) = await admitted(place, 1)
    ids = [(await notices(place, case, system))[0][0] for system in ("centre", "kommun")]
    await dead(place, ids)
    lead = await signed_in(place.hub, "driftansvarig")
    assert (await lead.say("/replays", {"case": case}))["systems"] == {"centre": 1, "kommun": 1}
    refused = await lead.say("/replays", {"case": case, "expected": 2, "reason": "x"}, 409)
    assert (refused["rule"], refused["element"]) == ("several-systems", "/system")


async def test_what_is_dead_goes_to_who_serves_its_unit_now_with_what_waits_behind_it(place):
    (case,) = await admitted(place, 1)
    await place.say(case, "meddelande", {"text": "Hej"})
    first, *behind = await notices(place, case, "centre")
    assert behind
    await dead(place, [first[0]])
    await moved(place)
    lead = await signed_in(place.hub, "driftansvarig")
    assert (await lead.say("/replays", {"system": "centre"}))["systems"] == {"centre": 1}
    now = {"system": "centre", "target": "as-directory-now"}
    assert (await lead.say("/replays", now))["systems"] == {"bilar": 1}
    assert (await lead.say("/replays", now | {"to": "kommun"}))["count"] == 0
    begun = (await lead.say("/replays", now | {"expected": 1, "reason": "flyttad"}))["replay"]
    assert (begun["system"], begun["target"], begun["total"]) == ("bilar", "as-directory-now", 1)
    assert await notices(place, case, "centre") == []
    there = await notices(place, case, "bilar")
    assert [(number, state, is_behind) for _, number, state, _, is_behind in there] == [
        (first[1], "waiting", False), *((number, "waiting", False) for _, number, *_ in behind),
    ]  # fmt: skip
    assert there[0][3] == "true", "it is marked as a replay"
    await lead.say(f"/replays/{begun['id']}/undo", {"reason": "vänta"})
    there = await notices(place, case, "bilar")
    assert [(state, is_behind) for _, _, state, _, is_behind in there] == [
        ("dead", False), *(("waiting", True) for _ in behind)
    ], "it is dead with whom it belongs to now"  # fmt: skip


async def test_what_was_sent_stays_with_who_had_it_and_who_serves_the_unit_now_gets_it_beside(place):
    (case,) = await admitted(place, 1)
    await place.say(case, "meddelande", {"text": "Hej"})
    ids = [id_ for id_, *_ in await notices(place, case, "centre")]
    await sent(place, ids)
    before = await notices(place, case, "centre")
    await moved(place)
    lead = await signed_in(place.hub, "driftansvarig")
    wanted = {"system": "centre", "case": case, "sent": True, "target": "as-directory-now"}
    assert (await lead.say("/replays", wanted))["systems"] == {"bilar": len(ids)}
    begun = (await lead.say("/replays", wanted | {"expected": len(ids), "reason": "fel system", "rate": 1}))["replay"]
    assert (begun["system"], begun["of"]) == ("bilar", "sent")
    assert await notices(place, case, "centre") == before
    there = await notices(place, case, "bilar")
    assert {(state, replay) for _, _, state, replay, _ in there} == {("waiting", "true")}
    await lead.say(f"/replays/{begun['id']}/undo", {"reason": "vänta"})
    assert {state for _, _, state, *_ in await notices(place, case, "bilar")} == {"skipped"}
    again = (await lead.say("/replays", wanted | {"expected": len(ids), "reason": "nu"}))["replay"]
    there = await notices(place, case, "bilar")
    assert {state for _, _, state, *_ in there} == {"waiting"}
    await sent(place, [id_ for id_, *_ in there])
    await Replayer(place.hub.store).look()
    one = await lead.ask(f"/replays/{again['id']}")
    assert (one["state"], one["sent"]) == ("done", len(ids))


async def test_of_a_kind_those_that_fit_are_counted_however_many_others_came_later(place):
    cases = await admitted(place, 2)
    for case in cases:
        for _ in range(4):
            await place.say(case, "meddelande", {"text": "Hej"})
    ids = [id_ for case in cases for id_, *_ in await notices(place, case, "centre")]
    await sent(place, ids)
    async with place.hub.store.transaction() as connection:
        wanted = RowFilter(system="centre", since=datetime.now(UTC) - timedelta(hours=1), kind="svu.inskrivning")
        rows, _ = await replayable.sent(connection, wanted, 3)
    assert sorted(row.id for row in rows) == sorted(cases.values())


async def test_what_no_system_serves_now_is_left_out_and_said(place):
    ids = list((await admitted(place, 1)).values())
    await dead(place, ids)
    found = place.hub.directory().model_dump(mode="json", exclude_none=True)
    found["units"].append(
        {**next(one for one in found["units"] if one["hsa"] == CENTRE), "hsa": "SE2321000255-VC02", "name": "Två"}
    )
    next(one for one in found["systems"] if one["id"] == "centre")["units"] = ["SE2321000255-VC02"]
    await directories.apply(place.hub.store, checked(found))
    lead = await signed_in(place.hub, "driftansvarig")
    counted = await lead.say("/replays", {"system": "centre", "target": "as-directory-now"})
    assert (counted["count"], counted["unserved"]) == (0, 1)


async def test_a_dry_run_counts_a_case_once_whoever_was_told_and_says_what_waits_behind_its_dead(place):
    ((case, first),) = (await admitted(place, 1)).items()
    for _ in range(2):
        await place.say(case, "meddelande", {"text": "Hej"})
    others = await place.sql(
        "SELECT min(id) FROM outbox WHERE case_id = %s AND system <> 'centre' AND kind = 'notice' GROUP BY system", case
    )
    await dead(place, [first, *(id_ for (id_,) in others)])
    behind = await place.sql("SELECT count(*) FROM outbox WHERE case_id = %s AND state = 'waiting' AND behind", case)
    drift = await signed_in(place.hub, "drift")
    found = await drift.say("/replays", {"case": case})
    assert others, "several systems are told of the case"
    assert (found["count"], found["cases"], found["behind"]) == (1 + len(others), 1, behind[0][0])
    assert (await drift.say("/replays", {"system": "centre"}))["behind"] == len(
        await notices(place, case, "centre")
    ) - 1
