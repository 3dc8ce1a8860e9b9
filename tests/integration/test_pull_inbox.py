"""The pull inbox: kept until acknowledged, in order per case, a case in one reader's hands at a time, whichever hub answers.

Two hubs on one real database, each with its own HTTP side; nothing is sent.
"""

import asyncio
from contextlib import asynccontextmanager

import httpx
import pytest

from hub.delivery import pull_inbox
from hub.http_api import api_of
from hub.operations import delivery, replays
from hub.operations.timeline import whole
from hub.store import outbox
from hub.store.replayable import RowFilter
from tests import judged
from tests.documented import Documented
from tests.integration.test_views import Place, directory, served
from tests.stack import checked, first_in_order, until

LEASE_S = 30


def with_inbox(**more):
    """The views' directory, in which the centre fetches its notices, and so does its neighbour in another organisation."""
    found = directory().model_dump(mode="json", exclude_none=True)
    for system in found["systems"]:
        if system["id"] in {"centre", "kommun"}:
            system["out"] = {"way": "inbox", "lease_s": LEASE_S} | more
    return checked(found)


class Hub(Place):
    """One hub process, whose inbox is woken and told of."""

    written = None
    """The document is made once: it is the same for all."""

    def __init__(self, hub):
        self.hub, self.count, api = hub, 0, api_of(hub)
        Hub.written = Hub.written or Documented(api.openapi())
        transport = httpx.ASGITransport(app=api, raise_app_exceptions=False)
        hooks = {"response": [self.written.check]}
        self.client = httpx.AsyncClient(transport=transport, base_url="http://hub", event_hooks=hooks)

    async def case(self, *follow):
        """A case of which the centre is told, and so many more notices of it."""
        case = await self.admit()
        for _ in follow:
            await self.say(case, "samtycke", {"outcome": "given"})
        return case

    async def fetch(self, system="centre", status=200, **asked):
        found = await self.client.get("/inbox", params=asked, headers=bearer(system), timeout=60)
        assert found.status_code == status, found.text
        return found.json()

    async def ack(self, *acks, system="centre", status=200):
        body = {"acks": [one if isinstance(one, dict) else {"id": one} for one in acks]}
        found = await self.client.post("/inbox/ack", json=body, headers=bearer(system))
        assert found.status_code == status, found.text
        return found.json()


def bearer(system):
    return {"authorization": f"Bearer token-{system}"}


def ids(fetched):
    return [one["id"] for one in fetched["notices"]]


def order(fetched):
    return [(one["event"]["case"], int(one["event"]["sequence"])) for one in fetched["notices"]]


@asynccontextmanager
async def running(database, **more):
    async with served(database, with_inbox(**more), Hub) as hub:
        inbox = hub.hub.pull_inbox
        tasks = [asyncio.create_task(inbox.run()), asyncio.create_task(inbox.listen())]
        yield hub
        inbox.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def hubs(database):
    async with running(database) as one, running(database) as other:
        other.count = 1000  # their ids differ
        yield one, other


async def lapse(hub):
    """The time of all that is in somebody's hands is over."""
    await hub.sql("UPDATE in_hand SET until = now() - interval '1 second'")


async def test_what_is_fetched_is_kept_until_it_is_acknowledged_and_given_again_in_order_when_its_time_is_over(hubs):
    hub, other = hubs
    case = await hub.case(1, 2)
    first = await hub.fetch()
    assert len(first["notices"]) >= 3
    assert order(first) == sorted(order(first)) and {c for c, _ in order(first)} == {case}
    assert not any(one["again"] for one in first["notices"])
    for one in first["notices"]:
        assert judged.by("notice", one["event"]) == []
    assert (await other.fetch())["notices"] == [], "they are in one reader's hands"
    await lapse(hub)
    again = await other.fetch()
    assert ids(again) == ids(first)
    assert all(one["again"] for one in again["notices"])
    await other.ack(*ids(again))
    await lapse(hub)
    assert (await hub.fetch())["notices"] == []
    assert await hub.sql("SELECT 1 FROM outbox WHERE system = 'centre' AND state <> 'sent'") == []
    assert await hub.sql("SELECT 1 FROM in_hand") == []


async def test_a_case_is_in_one_readers_hands_until_all_that_it_was_given_is_acknowledged(hubs):
    hub, other = hubs
    case, second = await hub.case(1), await hub.case()
    held = await hub.fetch(limit=1)
    assert order(held)[0][0] == case
    beside = await other.fetch()
    assert {c for c, _ in order(beside)} == {second}, "the rest of the first case waits for the first reader"
    await hub.say(case, "samtycke", {"outcome": "given"})
    assert (await other.fetch())["notices"] == []
    await other.ack(*ids(held))
    rest = await other.fetch()
    assert {c for c, _ in order(rest)} == {case}
    assert first_in_order([*order(held), *order(rest)])


async def test_a_row_that_commits_late_with_a_lower_id_is_given_whatever_cursor_the_reader_has(hubs):
    hub, _ = hubs
    await hub.case()
    (late,) = await hub.sql("SELECT id FROM outbox WHERE system = 'centre' ORDER BY id LIMIT 1")
    async with hub.hub.store.transaction() as connection:  # another hub, whose commit takes its time
        await connection.execute("CREATE TABLE late AS SELECT * FROM outbox_row WHERE id = %s", late)
        await connection.execute("DELETE FROM outbox_row WHERE id = %s", late)
    await hub.case()
    async with hub.hub.store.transaction() as connection:
        await connection.execute("INSERT INTO outbox_row SELECT * FROM late")
        after = await hub.fetch()
        assert after["notices"] and f"out-{late[0]}" not in ids(after)
        await hub.ack(*ids(after))
    found = await hub.fetch(after=after["next"])
    assert ids(found) == [f"out-{late[0]}"]


async def test_what_follows_a_notice_that_a_lane_may_still_be_sending_is_not_given_before_it(hubs):
    hub, _ = hubs
    case = await hub.case(1)
    ((first,),) = await hub.sql("SELECT min(id) FROM outbox WHERE system = 'centre'")
    await hub.sql(
        "UPDATE outbox_row SET state = 'fresh' WHERE id = %s", first
    )  # it was written while the way was another
    assert (await hub.fetch())["notices"] == []
    async with hub.hub.store.transaction() as connection:
        await outbox.make_waiting(connection, "centre", range(64))
    given = order(await hub.fetch())
    assert given == sorted(given) and len(given) == 2 and {c for c, _ in given} == {case}


async def test_many_readers_of_one_system_on_two_hubs_get_every_notice_once_and_each_case_in_order(hubs):
    cases = [await hubs[n % 2].case(*range(n % 3)) for n in range(8)]
    ((many,),) = await hubs[0].sql("SELECT count(*) FROM outbox WHERE system = 'centre'")
    seen, given = [], []

    async def read(number):
        hub = hubs[number % 2]
        while len(given) < many:
            found = await hub.fetch(limit=1 + number % 3, wait=1)
            seen.extend(order(found))
            given.extend(ids(found))
            if found["notices"]:
                await hub.ack(*ids(found))

    await asyncio.wait_for(asyncio.gather(*(read(number) for number in range(6))), 60)
    assert len(given) == len(set(given)) == many
    assert {case for case, _ in seen} == set(cases)
    assert first_in_order(seen)


async def test_a_reader_that_waits_is_woken_by_a_commit_on_another_hub_and_holds_no_connection_meanwhile(hubs):
    hub, other = hubs
    waiting = [asyncio.create_task(other.fetch(wait=60)) for _ in range(pull_inbox.MOST_READERS)]
    await until(lambda: other.hub.pull_inbox.readers("centre") == pull_inbox.MOST_READERS)
    await until(lambda: other.hub.store.pool.in_use == 0)
    problem = await other.fetch(status=429, wait=1)
    assert problem["rule"] == "too-many-readers" and problem["text"]["sv"]
    await hub.case()
    ended, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=60)
    assert any(one.result()["notices"] for one in ended)
    other.hub.pull_inbox.stop()
    given = [one for task in waiting for one in ids(await task)]
    assert len(given) == len(set(given)) == 1, "and a hub that stops lets the others go"


async def test_what_nobody_tells_of_is_found_by_one_query_for_all_who_wait(hubs):
    hub, other = hubs
    await hub.case()
    (found,) = (await hub.fetch())["notices"]
    waiting = asyncio.create_task(other.fetch(wait=60))
    await until(lambda: other.hub.pull_inbox.readers("centre"))
    await lapse(hub)
    assert ids(await waiting) == [found["id"]]


async def test_nobody_is_given_what_a_client_that_is_gone_waited_for(hubs):
    hub, _ = hubs
    gone = asyncio.get_running_loop().create_future()
    system = hub.hub.directory().system_by_id["centre"]
    waiting = asyncio.create_task(hub.hub.pull_inbox.fetch(system, None, 10, 60, gone))
    await until(lambda: hub.hub.pull_inbox.readers("centre"))
    gone.set_result(None)
    assert (await waiting).notices == []
    await hub.case()
    assert len((await hub.fetch())["notices"]) == 1


async def test_a_reader_keeps_what_it_has_by_naming_its_former_answer(hubs):
    hub, other = hubs
    await hub.case()
    first = await hub.fetch()
    await hub.sql("UPDATE in_hand SET until = now() + interval '1 second'")
    assert (await hub.fetch(after=first["next"]))["next"] == first["next"]
    ((left,),) = await hub.sql("SELECT extract(epoch FROM min(until) - now()) FROM in_hand")
    assert left > LEASE_S / 2
    assert (await other.fetch(after="00000000-0000-4000-8000-000000000000"))["notices"] == []


async def test_what_the_receiver_cannot_handle_is_dead_with_its_reason_and_what_follows_waits_for_operations(hubs):
    hub, other = hubs
    await hub.case(1)
    (first, *rest) = ids(await hub.fetch())
    await hub.ack({"id": first, "outcome": "refused", "reason": "okänd enhet; ring 191212121212"})
    await hub.ack({"id": first, "outcome": "refused"})  # said twice
    await lapse(hub)
    assert (await other.fetch())["notices"] == []
    ((letter,),) = [await delivery.dead(hub.hub.store, "centre")]
    assert (letter.answer, letter.behind) == ("refused-by-receiver", len(rest))
    assert letter.said.startswith("okänd enhet") and "1912" not in letter.said
    assert (await hub.ack(first, status=409))["rule"] == "said-otherwise"
    that = RowFilter(rows=(letter.id,))
    assert (await replays.replay(hub.hub.store, that, "anna", "rättat", expected=1)).total == 1
    again = await other.fetch()
    assert ids(again) == [first, *rest]
    assert again["notices"][0]["event"]["replay"] == "true"


async def test_what_its_reader_had_when_a_replay_was_undone_is_not_given_again_and_counts_when_it_is_acknowledged_late(
    hubs,
):
    hub, other = hubs
    await hub.case()
    (one,) = ids(await hub.fetch())
    await hub.ack({"id": one, "outcome": "refused"})
    that = RowFilter(rows=(int(one.removeprefix("out-")),))
    begun = await replays.replay(hub.hub.store, that, "anna", "rättat", expected=1)
    again = await hub.fetch()
    assert ids(again) == [one]
    ended = await replays.undo(hub.hub.store, begun.id, "bo", "fel")
    assert (ended.put_back, ended.open) == (1, 0)
    assert (await hub.fetch(after=again["next"]))["notices"] == []
    await lapse(hub)
    assert (await other.fetch())["notices"] == []
    await hub.ack(one)
    assert await hub.sql("SELECT sent, put_back FROM replay") == [(1, 0)]
    assert await delivery.dead(hub.hub.store, "centre") == []


async def test_a_reader_that_polls_on_is_given_what_is_replayed_in_a_case_that_it_has_in_its_hands(hubs):
    hub, other = hubs
    case = await hub.case(1)
    fetched = await hub.fetch()
    first, *rest = ids(fetched)
    assert rest
    await hub.ack(first)
    that = RowFilter(system="centre", case=case, rows=(int(first.removeprefix("out-")),))
    await replays.replay(hub.hub.store, that, "anna", "borttappad", expected=1, of_sent=True)
    assert (await other.fetch())["notices"] == [], "the case is in one reader's hands"
    again = await hub.fetch(after=fetched["next"])
    assert ids(again) == [first]
    assert (await hub.fetch(after=fetched["next"]))["notices"] == []


async def test_read_closes_the_timeline_and_the_lines_say_fetched_acknowledged_read(hubs):
    hub, _ = hubs
    case = await hub.case()
    (one,) = ids(await hub.fetch())
    async with hub.hub.store.transaction() as connection:
        lines = {one.kind: one.en for one in (await whole.of(connection, case)).entries if "to centre" in one.en}
    assert "fetched" in lines and "in a reader's hands until" in lines["waits"]
    await hub.ack(one)
    await hub.ack({"id": one, "outcome": "read"})
    await hub.ack({"id": one, "outcome": "read"}, one)
    async with hub.hub.store.transaction() as connection:
        whats = [one.kind for one in (await whole.of(connection, case)).entries if "to centre" in one.en]
    assert whats == ["queued", "fetched", "acknowledged", "read"]


async def test_a_system_reaches_its_own_inbox_only_and_is_told_what_is_wrong_in_both_languages(hubs):
    hub, _ = hubs
    await hub.case()
    (one,) = ids(await hub.fetch())
    other = await hub.fetch("kommun")
    assert other["notices"] and one not in ids(other)
    for system in ("kommun", "ehr"):
        problem = await hub.ack(one, system=system, status=404)
        assert problem["rule"] == "unknown-notice" and problem["text"]["sv"] != problem["text"]["en"]
    assert (await hub.fetch("ehr", 404))["rule"] == "no-inbox"
    assert (await hub.fetch("nobody", 401))["rule"] == "unauthenticated"
    for asked in ({"after": "x"}, {"limit": 0}, {"limit": 501}, {"wait": 61}, {"wait": -1}, {"cursor": 1}):
        problem = await hub.fetch(status=400, **asked)
        assert problem["text"]["sv"] and "input" not in problem
    for body in ({}, {"acks": []}, {"acks": [{"id": one, "outcome": "x"}]}, {"acks": [{"id": one}] * 501}):
        found = await hub.client.post("/inbox/ack", json=body, headers=bearer("centre"))
        assert found.status_code == 400, body
    several = (await hub.ack(one, "out-1", "x"))["acks"]
    assert [each["status"] for each in several] == [200, 404, 404]
    await hub.case()
    (fetched,) = ids(await hub.fetch())
    await hub.sql("UPDATE outbox_row SET state = 'skipped' WHERE id = %s", int(fetched.removeprefix("out-")))
    assert (await hub.ack(fetched, status=410))["text"]["sv"]


async def test_a_paused_system_is_given_nothing_and_a_resumed_one_at_once(hubs):
    hub, other = hubs
    await hub.case()
    await delivery.pause(hub.hub.store, "centre", "anna", "prov")
    assert (await other.fetch())["notices"] == []
    waiting = asyncio.create_task(other.fetch(wait=60))
    await until(lambda: other.hub.pull_inbox.readers("centre"))
    await delivery.resume(hub.hub.store, "centre", "anna", "prov")
    assert len((await waiting)["notices"]) == 1


async def test_a_notice_that_cannot_be_written_is_dead_and_the_other_cases_are_given(hubs, monkeypatch):
    hub, _ = hubs
    bad, well = await hub.case(1), await hub.case()
    encode = pull_inbox.encode

    def failing(row, *more):
        if (row.case_id, row.follows) == (bad, 0):
            raise ValueError("no")
        return encode(row, *more)

    monkeypatch.setattr(pull_inbox, "encode", failing)
    assert {case for case, _ in order(await hub.fetch())} == {well}
    (letter,) = await delivery.dead(hub.hub.store, "centre")
    assert (letter.case_id, letter.answer) == (bad, "cannot-be-written:ValueError")


async def test_a_system_that_asks_too_often_is_told_to_let_the_call_wait(hubs):
    hub, _ = hubs
    answers = await asyncio.gather(*(hub.client.get("/inbox", headers=bearer("centre")) for _ in range(120)))
    refused = [one for one in answers if one.status_code == 429]
    assert refused and all(one.headers["retry-after"] == "1" for one in refused)
    assert any(one.status_code == 200 for one in answers)
