"""Replays (D-7) by a running hub, as receivers and operations meet them: each test connects a system of its own.

May import the hub's command line only.
"""

import asyncio
import json

import pytest
import pytest_asyncio

from tests import stack as parts
from tests.integration.test_receivers import WHY, connect, directory
from tests.stack import Receiver, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def receiver():
    async with Receiver() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(shared_database, kafka, tmp_path_factory, receiver):
    plain = directory("first", receiver, receiver)
    folder = tmp_path_factory.mktemp("replays")
    async with parts.running(shared_database, kafka.bootstrap, folder, plain) as (stack, _):
        stack.neighbour = receiver
        yield stack


async def dead_cases(system, count):
    """So many cases whose first notice is dead, another notice behind it."""
    system.behave(lambda call: 422)
    cases = [(await system.hub.admit())[0] for _ in range(count)]
    await system.dies(count)
    for case in cases:
        await system.hub.follow(case)

    async def all_stand_behind():
        return all(state == "dead" or behind for *_, state, behind, _ in await as_it_is(system) if state != "sent")

    await until(all_stand_behind)
    return cases


async def as_it_is(system):
    """(case, sequence, state, behind, answer) of all its notices."""
    columns = "case_id::text, sequence, state, behind, answer"
    return await system.hub.rows(f"SELECT {columns} FROM outbox WHERE system = %s ORDER BY id", system.id)


async def begun(system, count, *options):
    """The number of a replay of all that is dead of a system."""
    said = await system.cli("dead", "replay", "--system", system.id, "--run", str(count), *options, *WHY)
    return int(said.split()[1].rstrip(":"))


async def replay(system, id_, state=None):
    """The replay as `hub dead replays` shows it, once it is in the state."""

    async def look():
        found = json.loads(await system.cli("dead", "replays", "--json"))
        (one,) = [one for one in found if one["id"] == id_]
        return one if state in {None, one["state"]} else None

    return await until(look)


def hangs(system, status):
    """Its receiver answers with the status, and not before the event is set."""
    held = asyncio.Event()

    async def hang():
        await held.wait()
        return status

    system.behave(lambda call: hang())
    return held


def marked(system):
    return [call for call in system.calls if call.event.get("replay") == "true"]


async def test_a_receiver_that_still_refuses_is_told_no_more_than_the_first_and_all_is_as_before(hub, receiver):
    system = await connect(hub, "refusing", receiver)
    await dead_cases(system, 7)
    before = await as_it_is(system)
    stopped = await hub.metric("hub_replays_stopped_total") or 0
    id_ = await begun(system, 7, "--stop-after", "3")
    one = await replay(system, id_, "stopped")
    assert (one["failed"], one["put_back"], one["left"], one["ended"]) == (3, 4, 0, "the first 3 failed")
    assert len(marked(system)) == 3
    assert await as_it_is(system) == before
    assert f'"replay": {id_}' in next(line for line in hub.log.read_text().splitlines() if "replay_stopped" in line)

    async def counted():
        return await hub.metric("hub_replays_stopped_total") == stopped + 1

    await until(counted)
    shown = " ".join((await system.cli("dead", "replays")).split())
    assert f"{id_} " in shown and "stopped: the first 3 failed" in shown
    groups = json.loads(await system.cli("dead", "list", "--groups", "--system", system.id, "--json"))
    assert [(one["answer"], one["count"], one["replayed"]) for one in groups] == [("http:422", 7, 3)]
    acts = json.loads(await system.cli("trail", system.id, "--json"))
    assert [act["what"] for act in acts] == ["replay", "stop replay"]

    system.behave(lambda call: 204)
    await replay(system, await begun(system, 7), "done")
    await system.all_sent()


async def test_undone_in_the_middle_the_rest_is_as_before_and_a_replay_of_it_goes_on_from_there(hub, receiver):
    system = await connect(hub, "undoing", receiver)
    cases = await dead_cases(system, 6)
    before = await as_it_is(system)
    system.behave(lambda call: 204)
    id_ = await begun(system, 6, "--stop-after", "2", "--rate", "0.2")
    sent = (
        "SELECT count(*) = 2 FROM replay_row JOIN outbox o ON o.id = outbox_id WHERE replay = %s AND o.state = 'sent'"
    )
    await until(lambda: hub.value(sent, id_))
    said = await system.cli("dead", "undo", str(id_), *WHY)
    assert f"replay {id_} is undone: 2 of 6 sent, 0 failed, 4 put back" in said
    told = {call.event["case"] for call in marked(system)}
    assert len(told) == 2

    async def rest_is_as_before():
        rest = [row for row in await as_it_is(system) if row[0] in set(cases) - told]
        return rest == [row for row in before if row[0] in set(cases) - told]

    assert await rest_is_as_before()
    acts = json.loads(await system.cli("trail", system.id, "--json"))
    assert [(act["what"], act["reason"]) for act in acts] == [
        ("replay", f"{WHY[1]} (replay {id_}: 6, at most 0.2 a second)"),
        ("undo replay", f"{WHY[1]} (replay {id_}: 2 of 6 sent, 0 failed, 4 put back)"),
    ]
    assert await rest_is_as_before()
    await replay(system, await begun(system, 4), "done")
    await system.all_sent()
    assert len(marked(system)) == 6


async def test_of_what_waits_in_memory_when_it_is_undone_only_what_is_in_a_call_is_told(hub, receiver):
    system = await connect(hub, "hanging", receiver, concurrency=2, timeout_s=60.0)
    cases = await dead_cases(system, 6)
    before = await as_it_is(system)
    held = hangs(system, 204)
    id_ = await begun(system, 6, "--stop-after", "6")
    await until(lambda: len(marked(system)) == 2)
    said = await system.cli("dead", "undo", str(id_), *WHY)
    assert "6 put back" in said
    assert await as_it_is(system) == before
    held.set()
    told = {call.event["case"] for call in marked(system)}

    async def counted():
        return (await replay(system, id_))["sent"] == 2

    await until(counted)

    async def followed():
        return all(state == "sent" for case, _, state, *_ in await as_it_is(system) if case in told)

    await until(followed)
    assert len(marked(system)) == 2
    rest = [row for row in await as_it_is(system) if row[0] in set(cases) - told]
    assert rest == [row for row in before if row[0] in set(cases) - told]
    await replay(system, await begun(system, 4), "done")
    await system.all_sent()


async def test_while_its_system_is_paused_a_replay_waits_and_goes_on_when_it_is_resumed(hub, receiver):
    system = await connect(hub, "resting", receiver)
    await dead_cases(system, 4)
    system.behave(lambda call: 204)
    await system.cli("pause", system.id, *WHY)

    async def paused():
        return await system.metric("hub_delivery_paused") == 1

    await until(paused)
    id_ = await begun(system, 4, "--stop-after", "2")
    one = await replay(system, id_)
    assert (one["state"], one["left"], one["sent"]) == ("running", 4, 0)
    assert marked(system) == []
    await system.cli("resume", system.id, *WHY)
    assert (await replay(system, id_, "done"))["sent"] == 4
    await system.all_sent()


async def test_a_hub_that_is_killed_in_the_middle_goes_on_with_it_and_stops_it_as_if_nothing_had_been(hub, receiver):
    system = await connect(hub, "killed", receiver)
    await dead_cases(system, 6)
    before = await as_it_is(system)
    held = hangs(system, 422)
    id_ = await begun(system, 6, "--stop-after", "2")
    await until(lambda: len(marked(system)) >= 2)
    await asyncio.to_thread(hub.hub.kill)
    held.set()
    assert (await replay(system, id_))["state"] == "running"
    system.behave(lambda call: 422)
    hub.start()
    await hub.ready()
    one = await replay(system, id_, "stopped")
    assert (one["failed"], one["put_back"]) == (2, 4)
    assert await as_it_is(system) == before
    system.behave(lambda call: 204)
    await replay(system, await begun(system, 6), "done")
    await system.all_sent()
