"""A system's own list beside the hub's books: what is missing on either side, the replay of exactly that, and that nothing of another
system is revealed. On a real database; nothing is sent.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from hub.intake.served_again import move_from
from tests.integration.test_pull_inbox import bearer, ids
from tests.integration.test_self_service import opened
from tests.integration.test_views import CENTRE, WARD
from tests.operators import signed_in


@pytest.fixture
async def hub(database):
    async with opened(database) as found:
        yield found


def since(hours=1):
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


async def books(hub, system="centre", status=200, **asked):
    found = await hub.client.get("/reconciliation", params={"since": since()} | asked, headers=bearer(system))
    assert found.status_code == status, found.text
    return found.json()


async def compare(hub, body, system="centre", status=200):
    found = await hub.client.post("/reconciliation", json={"since": since()} | body, headers=bearer(system))
    assert found.status_code == status, found.text
    return found.json()


async def settle(hub):
    """All that is there came half an hour ago."""
    await hub.sql("UPDATE outbox_row SET accepted_at = accepted_at - interval '30 minutes'")
    await hub.sql(
        "SET session_replication_role = replica; UPDATE message SET received_at = received_at - interval '30 minutes';"
        " SET session_replication_role = DEFAULT"
    )


async def stay(hub):
    """A case in which the centre has sent two messages, of which one was refused, and has taken what it was told."""
    case = await hub.admit()
    await hub.say(case, "svu.kartlaggning", {"fields": {"bakgrund": {"text": "Bor ensam"}}}, CENTRE, id_="k-1")
    not_its_own = {"fields": {"aktuellt_tillstand": {"text": "Uppe"}}}
    await hub.say(case, "svu.kartlaggning", not_its_own, CENTRE, id_="k-2", ok=False)
    await hub.say(case, "samtycke", {"outcome": "given"}, WARD, id_="s-1")
    await hub.say(case, "samtycke", {"outcome": "given"}, WARD, id_="s-2")
    told = ids(await hub.fetch())
    await hub.ack(*told)
    await hub.say(case, "samtycke", {"outcome": "given"}, WARD, id_="s-3")
    return case, told


async def test_the_books_count_by_hour_and_name_what_was_sent_with_its_outcome_and_what_was_told_with_its_state(hub):
    _, told = await stay(hub)
    found = await books(hub)
    assert {one["id"]: one["outcome"] for one in found["sent"]} == {"k-1": "accepted", "k-2": "refused"}
    assert all(one["source"] == f"urn:hsa:{CENTRE}" for one in found["sent"])
    states = {one["id"]: one["state"] for one in found["told"]}
    assert {states[one] for one in told} == {"sent"}
    assert [state for id_, state in states.items() if id_ not in told] == ["waiting"]
    assert sum(one["sent"].get("accepted", 0) for one in found["windows"]) == 1
    assert sum(one["told"].get("sent", 0) for one in found["windows"]) == len(told)
    assert found["windows"][-1]["open"] is True and found["settled_until"] < found["until"]
    long_ago = await books(hub, since=since(30), until=since(3))
    assert long_ago["sent"] == [] and len(long_ago["windows"]) in {27, 28}
    assert not any(one["open"] for one in long_ago["windows"])


async def test_what_came_just_now_is_open_and_not_missing(hub):
    _, told = await stay(hub)
    found = await compare(hub, {})
    assert found["sent"]["missing_there"] == [] and found["sent"]["open"] == 2
    assert found["taken"]["missing_there"] == [] and found["taken"]["open"] == len(told) + 1
    assert found["replay"] == {"count": 0, "gallrade": 0, "replay": None}


async def test_each_side_is_told_what_it_lacks_what_differs_and_what_stands_twice(hub):
    _, told = await stay(hub)
    await settle(hub)
    (waiting,) = [one["id"] for one in (await books(hub))["told"] if one["state"] == "waiting"]
    found = await compare(
        hub,
        {
            "sent": [{"id": "k-2", "outcome": "accepted"}, {"id": "lost-1"}, {"id": "lost-1"}],
            "taken": [{"id": told[0]}, {"id": told[0]}, {"id": waiting}, {"id": "out-4711"}],
        },
    )
    assert [one["id"] for one in found["sent"]["missing_there"]] == ["k-1"]
    assert found["sent"]["missing_here"] == ["lost-1"] and found["sent"]["repeated"] == ["lost-1"]
    assert found["sent"]["differing"] == [{"id": "k-2", "yours": "accepted", "ours": "refused"}]
    assert [one["id"] for one in found["taken"]["missing_there"]] == told[1:]
    assert found["taken"]["missing_here"] == ["out-4711"] and found["taken"]["repeated"] == [told[0]]
    assert found["taken"]["differing"] == [{"id": waiting, "yours": "taken", "ours": "waiting"}]
    assert found["taken"]["matched"] == 1 and found["sent"]["matched"] == 0
    whole = await compare(
        hub,
        {
            "sent": [
                {"id": "k-1", "outcome": "accepted"},
                {"id": "k-2", "source": f"urn:hsa:{CENTRE}", "outcome": "refused"},
            ],
            "taken": [{"id": one} for one in told],
        },
    )
    assert (whole["sent"]["matched"], whole["taken"]["matched"]) == (2, len(told))
    assert not whole["sent"]["missing_there"] and not whole["taken"]["missing_there"] and whole["replay"]["count"] == 0


async def test_exactly_what_is_lacking_is_sent_again_after_the_count_was_seen(hub):
    _, told = await stay(hub)
    await settle(hub)
    kept = told[-1]
    lacking = [one for one in told if one != kept]
    asked = {"taken": [{"id": kept}]}
    offered = await compare(hub, asked)
    assert offered["replay"] == {"count": len(lacking), "gallrade": 0, "replay": None}
    assert (await compare(hub, asked | {"expected": len(told)}, status=409))["rule"] == "another-count"
    begun = await compare(hub, asked | {"expected": len(lacking)})
    assert begun["replay"]["replay"] is not None
    rows = await hub.sql(
        "SELECT 'out-' || outbox_id FROM replay_row WHERE replay = %s ORDER BY place", begun["replay"]["replay"]
    )
    assert [one for (one,) in rows] == lacking
    again = await hub.fetch()
    assert set(ids(again)) >= {lacking[0]} and kept not in ids(again)
    listed = await hub.client.get("/self/replays", headers=bearer("centre"))
    assert listed.json()["replays"][0]["count"] == len(lacking)


async def test_a_notice_that_was_moved_away_and_back_stands_once_under_the_name_that_it_had(hub):
    case, told = await stay(hub)
    await hub.say(case, "samtycke", {"outcome": "given"}, WARD, id_="s-4")
    before = {one["id"]: one["state"] for one in (await books(hub))["told"]}
    known = hub.hub.directory()
    without = known.model_copy(update={"systems": tuple(one for one in known.systems if one.id != "centre")})
    without = type(known).model_validate(without.model_dump(mode="json", exclude_none=True))
    for system, directory in (("centre", without), (f"unit:{CENTRE}", known)) * 2:
        async with hub.hub.store.transaction() as connection:
            assert await move_from(connection, system, directory) == 1
    rows = await hub.sql(
        "SELECT id FROM outbox_row WHERE system = 'centre' AND known_as IS NOT NULL AND known_as <> id"
    )
    assert len(rows) == 2, "they have other rows now"
    found = (await books(hub))["told"]
    assert [one["id"] for one in found] == list(dict.fromkeys(one["id"] for one in found)), "each once"
    assert {one["id"]: one["state"] for one in found} == before
    await settle(hub)
    compared = await compare(hub, {"taken": [{"id": one} for one in told] + [{"id": f"out-{id_}"} for (id_,) in rows]})
    assert compared["taken"]["matched"] == len(told)
    assert compared["taken"]["missing_here"] == [f"out-{id_}" for (id_,) in rows], "no row is known by two names"
    again = ids(await hub.fetch())
    assert again == [one for one, state in before.items() if state == "waiting"], "and is told under its own"


async def test_nothing_of_another_system_is_revealed_and_a_span_has_its_bounds(hub):
    case, told = await stay(hub)
    await settle(hub)
    ((opening,),) = await hub.sql("SELECT id FROM message WHERE case_id = %s AND sequence = 1", case)
    sent = [{"id": opening}, {"id": "k-1"}, {"id": "s-1", "source": f"urn:hsa:{WARD}"}]
    of_others = {"sent": sent, "taken": [{"id": one} for one in told]}
    found = await compare(hub, of_others, system="kommun")
    assert found["sent"]["missing_here"] == [opening, "k-1", "s-1"] and found["sent"]["matched"] == 0
    assert found["taken"]["missing_here"] == told and found["taken"]["matched"] == 0
    assert found["sent"]["missing_there"] == [] and CENTRE not in json.dumps(found)
    assert (await books(hub, status=400, since=since(200)))["rule"] == "span-too-long"
    assert (await books(hub, status=400, until=since(3)))["element"] == "/since"
    assert (await compare(hub, {"taken": [{"id": "nonsens"}]}, status=400))["element"].startswith("/taken")
    unknown = await hub.client.get(
        "/reconciliation", params={"since": since()}, headers={"authorization": "Bearer nonsens"}
    )
    assert unknown.status_code == 401


async def test_more_than_an_answer_holds_is_refused_with_what_to_do(hub, monkeypatch):
    await stay(hub)
    monkeypatch.setattr("hub.operations.reconciliation.MOST", 1)
    refused = await books(hub, status=409)
    assert refused["rule"] == "span-too-full" and refused["element"] == "/until"
    monkeypatch.setattr("hub.operations.reconciliation.MOST", 100)
    monkeypatch.setattr("hub.operations.reconciliation._MOST_KEYS", 1)
    many = {"sent": [{"id": f"lost-{n}"} for n in range(5)]}
    assert (await compare(hub, many, status=400))["rule"] == "sources-needed"


async def test_operations_sees_a_systems_hours_and_what_its_last_list_differed_in(hub):
    _, told = await stay(hub)
    await settle(hub)
    person = await signed_in(hub.hub, "lasare")
    before = await person.ask("/reconciliation/centre", since=since())
    assert before["last_list"] is None and sum(one["told"].get("sent", 0) for one in before["windows"]) == len(told)
    await compare(hub, {"sent": [{"id": "lost-1"}], "taken": [{"id": told[0]}]})
    last = (await person.ask("/reconciliation/centre", since=since()))["last_list"]
    assert last["sent"]["missing_here"] == ["lost-1"] and last["sent"]["counts"]["missing_there"] == 2
    assert last["taken"]["counts"]["missing_there"] == len(told) - 1
    assert [one["message"] for one in last["taken"]["missing_there"]]
    assert (await person.ask("/reconciliation/nobody", 404, since=since()))["rule"] == "unknown-system"
    await (await signed_in(hub.hub, "no-such-role")).ask("/reconciliation/centre", 403, since=since())
