"""The database is read-only, stands still, or loses sight of a hub, under load with many receivers: afterwards marks, deliveries,
clocks and look-ups all go on by themselves (D-1, D-3, D-5).

A server of the tests' own, for it is stopped; whole hubs as child processes.
"""

import asyncio
import random

import psycopg
import pytest
import pytest_asyncio

from tests import engine
from tests import stack as parts
from tests.stack import LUND, Receiver, Stack, admission, attributes, first_in_order, until
from tests.wires import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY, EACH = 16, 60
"""Receivers, and how many rows wait for each."""
TAG = "-outage"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def postgres(tmp_path_factory):
    with engine.postgres(tmp_path_factory.mktemp("outages")) as server:
        yield server


def crowded(receiver):
    """The stack's directory with many more systems, each with a unit of its own and a webhook."""
    found = parts.content(TAG)
    for number in range(MANY):
        unit = f"SE2321000255-MANY{number}"
        found["units"].append(
            {"hsa": unit, "name": "En av många", "party": "oppenvard", "organisation": "2321000255"}
            | {"roles": {"sjukskoterska": {}}}
        )
        found["systems"].append(
            {"id": f"many{number}{TAG}", "name": "En av många", "organisation": "2321000255", "units": [unit]}
            | {"ways_in": [], "out": receiver.out(f"many{number}"), "delivery": {"schedule_s": [0.2]}}
        )
    return parts.checked(found)


def load(url, start):
    """Receipts for all of the many, as if their messages had come over Kafka."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO outbox_row (id, kind, system, source, message, told, accepted_at, due_at)"
            " SELECT %(start)s + n * %(each)s + r, 'receipt', 'many' || n || %(tag)s, 'urn:x', 'r-' || r,"
            " json_build_object('message', 'r-' || r, 'code', 'ok'), now(), now()"
            " FROM generate_series(0, %(many)s - 1) n, generate_series(0, %(each)s - 1) r",
            {"start": start, "each": EACH, "many": MANY, "tag": TAG},
        )


async def sent(hub):
    return await hub.value("SELECT count(*) FROM outbox WHERE state = 'sent' AND system LIKE 'many%%'")


async def all_is_told(hub, receiver):
    async def look():
        return not await hub.value("SELECT 1 FROM outbox WHERE state <> 'sent' LIMIT 1")

    await until(look, 90)
    ids = {call.headers["webhook-id"] for call in receiver.calls if call.system.startswith("many")}
    assert {f"out-{id_}" for (id_,) in await hub.rows("SELECT id FROM outbox WHERE system LIKE 'many%%'")} <= ids


async def a_case_goes_its_way(hub):
    """An admission is taken in, addressed by the registers, and told."""
    act, data = admission(LUND[0])
    answer = None

    async def taken_in():
        nonlocal answer
        answer = await hub.send(act, data)
        return answer.status_code == 200

    await until(taken_in)
    case = answer.json()["case"]
    assert await hub.addressed(case) == "listed"
    await until(lambda: hub.notices("centre", case))


@pytest.mark.timeout(180)
async def test_read_only_for_a_while_and_then_standing_still_under_load_all_goes_on_by_itself(
    postgres, kafka, tmp_path
):
    url = postgres.create_database("outage")
    async with Receiver() as receiver:

        async def slowly(call):
            await asyncio.sleep(random.uniform(0, 0.2))
            return 204

        found = crowded(receiver)
        receiver.behave.update({f"many{number}": slowly for number in range(MANY)})
        async with parts.registers(found) as registers:
            hub = Stack(url, kafka.bootstrap, registers.url("{}"), tmp_path / "hub.log", TAG)
            try:
                await hub.prepare(found)
                hub.start(HUB_DATABASE_WAIT_S="1.5", HUB_DATABASE_POOL="4")
                await hub.ready()
                load(url, 1)
                await until(lambda: sent(hub))
                postgres.run("ALTER SYSTEM SET default_transaction_read_only = on")
                postgres.run("SELECT pg_reload_conf()")
                await asyncio.sleep(3)
                postgres.run("ALTER SYSTEM RESET default_transaction_read_only")
                postgres.run("SELECT pg_reload_conf()")
                await all_is_told(hub, receiver)
                await a_case_goes_its_way(hub)

                had = await sent(hub)
                load(url, 1_000_000)
                await until(lambda: _more_than(hub, had))
                postgres.pause()
                await asyncio.sleep(6)
                postgres.resume()
                await all_is_told(hub, receiver)
                await a_case_goes_its_way(hub)
                assert hub.hub.alive
                await hub.ready()
            finally:
                await hub.close()


async def _more_than(hub, had):
    return await sent(hub) > had


@pytest.mark.timeout(150)
async def test_the_delivering_hub_loses_its_power_and_the_other_takes_over_within_half_a_minute_in_order(
    postgres, kafka, tmp_path
):
    url = postgres.create_database("power")
    found = parts.directory("-power")
    async with Wire(url) as wire, parts.registers(found) as registers:
        first = Stack(wire.url, kafka.bootstrap, registers.url("{}"), tmp_path / "first.log", "-power")
        other = Stack(url, kafka.bootstrap, registers.url("{}"), tmp_path / "other.log", "-power")
        try:
            await other.prepare(found)
            first.start()
            await first.ready()
            other.start()
            await other.ready()
            cases = []
            for hub in (first, other):  # what the other commits is told by the first
                answer = await hub.send(*admission(LUND[0]))
                cases.append(answer.json()["case"])
                assert await other.addressed(cases[-1]) == "listed"
            for case in cases:
                await until(lambda case=case: other.notices("centre", case))
            wire.cut()
            for number in range(2):
                act = parts.event("samtycke", cases[number])
                answer = await other.send(act, {"outcome": "given"})
                assert answer.status_code == 200, answer.text
            lost = asyncio.get_running_loop().time()
            for case in cases:

                async def told(case=case):
                    return len(await other.notices("centre", case)) > 1

                await until(told, 60)
            assert asyncio.get_running_loop().time() - lost < 30
            wire.mend()
            for case in cases:
                assert (await other.send(parts.event("samtycke", case), {"outcome": "given"})).status_code == 200

            async def all_sent():
                return not await other.value("SELECT 1 FROM outbox WHERE state <> 'sent' LIMIT 1")

            await until(all_sent)
            for system in ("ehr", "centre"):
                seen = [attributes(record) for record in await other.wire(system)]
                assert first_in_order(
                    (each["case"], int(each["sequence"])) for each in seen if "case" in each and "sequence" in each
                )
        finally:
            await first.close()
            await other.close()
