"""What a system sees and does of itself by its own token, and that it reaches nothing of another. On a real database; nothing is sent."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from hub.operations import delivery
from hub.store import announcements, operator_log
from hub.store.credentials import sha256
from tests.integration.test_pull_inbox import Hub, bearer, ids, order, with_inbox
from tests.integration.test_views import KOMMUN, served


@asynccontextmanager
async def opened(database):
    async with served(database, with_inbox(), Hub) as hub:
        hub.hub.in_force._applied = hub.hub.directory()
        yield hub


@pytest.fixture
async def hub(database):
    async with opened(database) as found:
        yield found


async def ask(hub, path, system="centre", status=200, **asked):
    found = await hub.client.get(f"/self{path}", params=asked, headers=bearer(system))
    assert found.status_code == status, found.text
    return found.json()


async def say(hub, path, body=None, system="centre", status=200):
    found = await hub.client.post(f"/self{path}", json=body, headers=bearer(system))
    assert found.status_code == status, found.text
    return found.json()


LONG_AGO = (datetime.now(UTC) - timedelta(days=1)).isoformat()


async def taken(hub, system="centre"):
    """Fetches and acknowledges all that there is."""
    found = await hub.fetch(system)
    if found["notices"]:
        await hub.ack(*ids(found), system=system)
    return found


async def test_a_system_sees_its_own_entry_without_secrets_and_what_waits_for_it(hub):
    await hub.case()
    found = await ask(hub, "")
    assert found["system"]["id"] == "centre" and found["system"]["out"]["way"] == "inbox"
    assert found["waiting"] > 0 and found["oldest"] and found["dead"] == 0 and found["paused"] is False
    assert [one["kind"] for one in found["credentials"]] == ["token"]
    own = hub.hub.directory().system_by_id["centre"]
    assert not any(token in json.dumps(found) for token in own.token_sha256)
    await delivery.pause(hub.hub.store, "centre", "anna", "prov")
    assert (await ask(hub, ""))["paused"] is True


async def test_a_system_sees_what_it_sent_with_receipts_and_what_it_is_told_with_states_and_answers(hub):
    case = await hub.case(1)
    (refused,) = [await hub.say("00000000-0000-7000-8000-000000000000", "samtycke", {"outcome": "given"}, ok=False)]
    sent = (await ask(hub, "/messages", "ehr"))["messages"]
    assert [one["outcome"] for one in sent] == ["refused", "accepted", "accepted"]
    assert sent[0]["receipt"]["rule"] == refused.rule and sent[1]["case"] == case
    page = await ask(hub, "/messages", "ehr", limit=2)
    rest = await ask(hub, "/messages", "ehr", before=page["next"], limit=2)
    assert [one["id"] for one in page["messages"] + rest["messages"]] == [one["id"] for one in sent]
    first, *_ = ids(await hub.fetch())
    await hub.ack({"id": first, "outcome": "refused", "reason": "kan inte"})
    told = {one["id"]: one for one in (await ask(hub, "/notices"))["notices"]}
    assert (told[first]["state"], told[first]["answer"], told[first]["said"]) == (
        "dead",
        "refused-by-receiver",
        "kan inte",
    )
    assert told[first]["failures"][0]["answer"] == "refused-by-receiver"
    assert told[first]["error"] == "delivery.refused-by-receiver"
    assert {one["state"] for id_, one in told.items() if id_ != first} == {"behind a dead one"}
    page = await ask(hub, "/notices", limit=1)
    assert page["next"] and (await ask(hub, "/notices", before=page["next"]))["notices"][0]["id"] == first
    assert "121212" not in json.dumps([sent, list(told.values())]), "no content, and nobody's number"


async def test_nothing_of_another_system_is_seen_or_done(hub):
    await hub.case(1)
    await taken(hub)
    kommun = {one["id"] for one in (await ask(hub, "/notices", "kommun"))["notices"]}
    centre = {one["id"] for one in (await ask(hub, "/notices"))["notices"]}
    assert kommun and centre and not kommun & centre
    assert (await ask(hub, "/messages", "kommun"))["messages"] == []
    done = await say(hub, "/replay", {"since": LONG_AGO}, "kommun")
    assert (done["count"], done["begun"]) == (0, False), "what the centre was sent is not the kommun's to replay"
    before = await hub.sql("SELECT id, state FROM outbox WHERE system <> 'kommun' ORDER BY id")
    await say(hub, "/test", system="kommun")
    await say(hub, "/rotate", {"kind": "token"}, "kommun")
    assert await hub.sql("SELECT id, state FROM outbox WHERE system <> 'kommun' ORDER BY id") == before
    assert {s for (s,) in await hub.sql("SELECT DISTINCT system FROM credential WHERE value IS NOT NULL")} == {"kommun"}
    for path in ("?system=centre", "/notices?system=centre", "/messages?unit=SE2321000255-VC01"):
        assert (await hub.client.get(f"/self{path}", headers=bearer("kommun"))).status_code in {200, 400}
    assert (await say(hub, "/replay", {"since": LONG_AGO, "system": "centre"}, "kommun", 400))["text"]["sv"]
    for path in ("", "/messages", "/notices"):
        await ask(hub, path, "nobody", 401)


async def test_a_test_notice_goes_the_whole_way_out_and_is_marked_as_a_test(hub):
    made = await say(hub, "/test")
    (notice,) = (await taken(hub))["notices"]
    assert notice["event"]["id"] == made["id"] and notice["event"]["data"]["test"] is True
    (shown,) = (await ask(hub, "/notices"))["notices"]
    assert (shown["kind"], shown["message"], shown["state"], shown["answer"]) == (
        "announcement",
        made["id"],
        "sent",
        "acknowledged",
    )
    async with hub.hub.store.transaction() as connection:
        assert await announcements.listed(connection) == [], "operations announced nothing"


async def test_a_replay_is_tried_first_with_its_count_and_then_told_again_marked_in_order_and_on_the_trail(hub):
    case = await hub.case(1)
    first = await taken(hub)
    began = datetime.now(UTC).isoformat()
    tried = await say(hub, "/replay", {"since": LONG_AGO})
    until = tried["until"]
    assert tried == {
        "replay": None, "count": len(first["notices"]), "cases": 1, "begun": False, "gallrade": 0, "until": until,
    }  # fmt: skip
    assert (await hub.fetch())["notices"] == []
    await hub.case()
    since_then = ids(await taken(hub))  # what is told after the dry run changes nothing of it
    now = (await say(hub, "/replay", {"since": LONG_AGO}))["count"]
    assert now == tried["count"] + len(since_then)
    assert (await say(hub, "/replay", {"since": LONG_AGO, "expected": 1}, status=409))["rule"] == "another-count"
    none = await say(hub, "/replay", {"since": began, "until": until, "expected": 0})
    assert none["count"] == 0
    done = await say(hub, "/replay", {"since": LONG_AGO, "expected": tried["count"], "until": until})
    assert done == tried | {"begun": True, "replay": done["replay"]}
    await hub.say(case, "samtycke", {"outcome": "given"})
    again = await taken(hub)
    assert order(again)[: len(first["notices"])] == order(first) and order(again) == sorted(order(again))
    assert not set(since_then) & set(ids(again))
    marks = [one["event"].get("replay") for one in again["notices"]]
    assert marks == ["true"] * tried["count"] + [None] * (len(marks) - tried["count"])
    assert ids(again)[: tried["count"]] == ids(first), "by the same ids: a receiver that has them knows that"
    async with hub.hub.store.transaction() as connection:
        acts = await operator_log.latest(connection, target="centre", limit=9)
    assert [(act.who, act.what) for act in acts] == [("centre", "replay")]
    assert acts[0].reason.endswith(
        f"by the system itself (replay {done['replay']}: {tried['count']}, at most 50 a second)"
    )
    old = (datetime.now(UTC) - timedelta(days=31)).isoformat()
    assert (await say(hub, "/replay", {"since": old}, status=409))["text"]["sv"]


async def test_a_system_sees_its_own_replays_and_how_many_notices_came_to_what(hub):
    for _ in range(2):
        await hub.case(1)
    await taken(hub)
    tried = await say(hub, "/replay", {"since": LONG_AGO})
    asked = {"since": LONG_AGO, "until": tried["until"], "expected": tried["count"]}
    done = await say(hub, "/replay", asked)
    (one,) = (await ask(hub, "/replays"))["replays"]
    assert (one["id"], one["state"], one["count"], one["left"]) == (done["replay"], "running", *[tried["count"]] * 2)
    assert datetime.fromisoformat(one["until"]) == datetime.fromisoformat(tried["until"])
    assert (await say(hub, "/replay", {"since": LONG_AGO, "until": tried["until"]}))["count"] == 0, (
        "what is told again is not sent at this moment"
    )
    assert len((await taken(hub))["notices"]) == tried["count"]
    await hub.hub.replayer.look()
    (one,) = (await ask(hub, "/replays"))["replays"]
    assert (one["state"], one["sent"], one["failed"], one["left"]) == ("done", tried["count"], 0, 0)
    assert (await ask(hub, "/replays", "kommun"))["replays"] == []
    page = await ask(hub, "/replays", limit=1)
    assert (await ask(hub, "/replays", before=page["next"]))["replays"] == []


async def test_a_system_rotates_its_token_by_itself_and_is_shown_the_new_one_once(hub):
    made = await say(hub, "/rotate", {"kind": "token", "old_for_s": 3600})
    assert set(made) == {"kind", "value", "since", "old_until"} and len(made["value"]) > 30
    shown = await ask(hub, "")
    assert [one["until"] is None for one in shown["credentials"]] == [False, True]
    kept = await hub.sql("SELECT sha256, value FROM credential WHERE system = 'centre'")
    assert made["value"] not in json.dumps(shown) + str(kept), "of a token the hub keeps the hash alone"
    assert (await say(hub, "/rotate", {"kind": "token"}, status=409))["rule"] == "rotation-under-way"
    assert (await say(hub, "/rotate", {"kind": "secret"}, status=404))["text"]["sv"]
    for body in (
        {},
        {"kind": "x"},
        {"kind": "token", "old_for_s": -1},
        {"kind": "token", "old_for_s": True},
        {"kind": "token", "system": "kommun"},
    ):
        assert (await say(hub, "/rotate", body, status=400))["text"]["sv"]
    async with hub.hub.store.transaction() as connection:
        (act,) = await operator_log.latest(connection, target="centre", limit=9)
    assert (act.who, act.what) == ("centre", "rotate token")
    assert KOMMUN not in json.dumps(shown)


async def test_of_rotations_at_once_that_end_the_old_one_now_the_first_alone_is_made_and_its_token_stays_valid(hub):
    body = {"kind": "token", "old_for_s": 0}
    told = await asyncio.gather(
        *(hub.client.post("/self/rotate", json=body, headers=bearer("centre")) for _ in range(6))
    )
    assert sorted(one.status_code for one in told) == [200] + [409] * 5
    assert {one.json()["rule"] for one in told if one.status_code == 409} == {"rotation-under-way"}
    (made,) = [one.json()["value"] for one in told if one.status_code == 200]
    valid = await hub.sql("SELECT sha256 FROM credential WHERE system = 'centre' AND (until IS NULL OR until > now())")
    assert valid == [(sha256(made),)]
