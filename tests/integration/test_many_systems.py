"""Thousands of systems in the directory: one of them gets what is its own, the others cost nothing, and what takes long for so many
keeps nobody waiting (D-5, D-8).

May import anything of the hub; PostgreSQL and Kafka are real.
"""

import asyncio
from collections import Counter

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from fastapi import FastAPI

from hub import metrics
from hub.app import Hub
from hub.delivery import lanes
from hub.delivery import relay as relays
from hub.delivery.outgoing import AttemptOutcome
from hub.delivery.relay import Relay
from hub.errors import Unavailable
from hub.routers import health
from hub.routers import kafka as kafka_in
from hub.settings import Settings
from hub.shards import Shards
from hub.store import directory as directories
from hub.store.advisory_locks import Ownership
from hub.store.transaction import Store
from tests import stack as parts
from tests.stack import hashed, until

MANY = 2_000
OUT = {"way": "webhook", "url": "https://mottagare.example/x", "secrets": list(parts.SECRETS[:1])}
A_RECEIPT = (
    "INSERT INTO outbox_row (id, kind, system, source, message, told, accepted_at, due_at)"
    " VALUES (%s, 'receipt', %s, 'urn:hsa:a', 'm-1', '{\"message\": \"m-1\", \"code\": \"ok\"}', now(), now())"
)


def crowded(many, out=OUT):
    """The stack's directory with so many further systems, each with a unit of its own and a webhook."""
    found = parts.content()
    for number in range(many):
        unit = f"SE2321000255-MANY{number}"
        found["units"].append(
            {"hsa": unit, "name": "En av många", "party": "oppenvard", "organisation": "2321000255"}
            | {"roles": {"sjukskoterska": {}}}
        )
        found["systems"].append(
            {"id": f"many{number}", "name": "En av många", "organisation": "2321000255", "units": [unit]}
            | {"ways_in": ["http"], "token_sha256": [hashed(unit)], "out": out}
        )
    return parts.checked(found)


@pytest.fixture
async def store(database):
    found = Store(database, pool=4)
    yield found
    await found.close()


class Receivers:
    """Every system's way out; keeps what each was sent, by which entry of the directory."""

    together = 1

    def __init__(self):
        self.got, self.entries, self.calls = [], [], 0
        self.answering = asyncio.Event()
        self.answering.set()

    def breaker(self, system):
        return 5, 10.0

    async def send(self, system, batch, before_sending):
        await before_sending()
        self.calls += 1
        await self.answering.wait()
        self.got += [(system.id, outgoing.id) for outgoing in batch]
        self.entries += [system.out.url for _ in batch]
        return AttemptOutcome("ok", "http:204")

    async def close(self):
        pass


async def test_one_of_thousands_gets_what_is_its_own_and_the_others_are_asked_about_no_more_than_a_few_are(
    store, monkeypatch
):
    asked = Counter()
    original = Ownership.ask

    async def counted(self, question, *values):
        asked[question.__name__] += 1
        return await original(self, question, *values)

    monkeypatch.setattr(Ownership, "ask", counted)
    monkeypatch.setattr(relays, "_SCAN_S", 0.0)  # each look asks for whom something waits
    taken = []
    for many in (3, MANY):
        wanted, receivers = crowded(many), Receivers()
        shards = Shards(store, f"one of {many}")
        relay = Relay(store, lambda wanted=wanted: wanted, {"kafka": receivers, "webhook": receivers}, shards)
        asked.clear()
        for _ in range(4):
            await relay._look()
        taken.append(dict(asked))
        assert not relay.lanes._tasks
        async with store.transaction() as connection:
            await connection.execute(A_RECEIPT, (many, f"many{many - 1}"))
        marks = asyncio.create_task(relay.lanes.marker.run())
        running = asyncio.create_task(relay.run())
        await until(lambda receivers=receivers: receivers.got)
        await until(lambda relay=relay: relay.lanes.marker.idle)
        assert receivers.got == [(f"many{many - 1}", f"out-{many}")]
        assert list(relay.lanes._tasks) == [f"many{many - 1}"]
        for task in (running, marks):
            task.cancel()
        await asyncio.gather(running, marks, return_exceptions=True)
    assert taken[0] == taken[1]


@pytest.mark.parametrize("answers", [True, False])
async def test_a_call_under_way_when_its_system_gets_another_entry_is_awaited_and_what_follows_goes_by_the_new(
    store, monkeypatch, answers
):
    monkeypatch.setattr(relays, "_LOOK_S", 0.02)
    monkeypatch.setattr(lanes, "_LEAVE_S", 300.0 if answers else 0.0)
    first, last = OUT["url"], f"{OUT['url']}/moved"
    in_force, receivers = [crowded(1)], Receivers()
    relay = Relay(store, lambda: in_force[0], {"webhook": receivers, "kafka": receivers}, Shards(store, "one"))
    receivers.answering.clear()
    running = [asyncio.create_task(relay.lanes.marker.run()), asyncio.create_task(relay.run())]
    async with store.transaction() as connection:
        await connection.execute(A_RECEIPT, (1, "many0"))
    await until(lambda: receivers.calls == 1)
    in_force[0] = crowded(1, OUT | {"url": last})
    async with store.transaction() as connection:
        await connection.execute(A_RECEIPT, (2, "many0"))
    relay.rows_written(())
    if answers:
        for _ in range(20):
            await relay._look()
        assert receivers.calls == 1, "nothing goes by the former entry, and its call is not broken off"
    else:
        await until(lambda: receivers.calls > 1)
    receivers.answering.set()
    await until(lambda: {id_ for _, id_ in receivers.got} == {"out-1", "out-2"})
    await until(lambda: relay.lanes.marker.idle)
    told = list(zip((id_ for _, id_ in receivers.got), receivers.entries, strict=True))
    assert told == [("out-1", first if answers else last), ("out-2", last)]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_a_directory_is_in_force_however_long_its_topics_take_and_they_are_made_afterwards(database, monkeypatch):
    hub = Hub(Settings(database_url=database, kafka_bootstrap="127.0.0.1:9", production=False))
    made = []

    async def none_yet(_client, topics, *_):
        made.append(set(topics))
        raise Unavailable("kafka")

    monkeypatch.setattr(kafka_in, "make_topics", none_yet)
    await directories.apply(hub.store, crowded(3))
    with pytest.raises(Unavailable):
        await hub.in_force.take_up()
    assert "many2" in hub.directory().system_by_id

    async def there():
        return {"hub.in.ehr", "hub.out.ehr"}

    monkeypatch.setattr(hub.topics, "look", there)
    with pytest.raises(Unavailable):
        await hub._look_at_topics()
    assert made[-1] == {f"hub.{way}.{id_}" for way in ("in", "out") for id_ in ("centre", "kommun")}
    await hub.store.close()


async def test_topics_are_made_some_at_a_time_and_one_that_cannot_be_made_stands_in_nobodys_way(
    kafka, monkeypatch, capsys
):
    monkeypatch.setattr(kafka_in, "_MADE_AT_A_TIME", 4)
    wanted = {f"hub.in.made{number}-few" for number in range(9)}
    client = {"bootstrap_servers": kafka.bootstrap}
    admin = AIOKafkaAdminClient(**client)
    await admin.start()
    try:

        async def made():
            return wanted & set(await admin.list_topics())

        await kafka_in.make_topics(client, [*wanted, "hub.in.not a name"], 1, 1)
        assert 3 <= len(await made()) <= 4

        async def all_are_there():
            await kafka_in.make_topics(client, [*wanted, "hub.in.not a name"], 1, 1)
            return await made() == wanted

        await until(all_are_there)
        await kafka_in.make_topics(client, [*wanted, "hub.in.not a name"], 1, 1)
        said = capsys.readouterr()
        assert "InvalidTopicError" in said.out + said.err
    finally:
        await admin.delete_topics(sorted(wanted))
        await admin.close()


async def test_metrics_of_thousands_are_written_beside_the_loop_that_serves_everybody(monkeypatch):
    beside = []

    def written():
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            beside.append(True)
        return b"hub_x 1\n"

    async def well():
        return {}, {}

    monkeypatch.setattr(metrics, "exposition", written)
    api = FastAPI()
    api.include_router(health.router(well))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://hub") as client:
        assert (await client.get("/metrics")).text == "hub_x 1\n"
    assert beside == [True]
