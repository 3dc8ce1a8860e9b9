"""The figures, the overview and the events of a hub that runs: on a real broker and database, through its own HTTP server."""

import asyncio
import json
import os
import signal
from datetime import UTC, datetime, timedelta

import httpx

from hub.store import operator_sessions
from hub.store.transaction import Store
from tests import stack as parts
from tests.stack import admission, until


async def signed_in(database):
    store, until_then = Store(database, pool=1), datetime.now(UTC) + timedelta(hours=1)
    async with store.transaction() as connection:
        begun = await operator_sessions.begin(connection, "Disa Drift", frozenset({"lasare"}), until_then)
    await store.close()
    return begun.token


async def test_a_running_hub_counts_what_it_delivers_tells_open_pages_and_loses_nothing_that_was_written(
    database, kafka, tmp_path
):
    async with parts.running(database, kafka.bootstrap, tmp_path) as (hub, _):
        token = await signed_in(database)
        address = {"base_url": f"http://127.0.0.1:{hub.port}/ops", "headers": {"authorization": f"Bearer {token}"}}
        async with httpx.AsyncClient(**address, timeout=60, trust_env=False) as person:

            async def asked(path):
                found = await person.get(path)
                assert found.status_code == 200, found.text
                return found.json()

            for _ in range(3):
                await hub.admit(*admission())

            async def counted():
                found = await asked("/overview")
                return found if found["on_time"]["day"]["sent"] >= 6 else None

            found = await until(counted)
            assert found["on_time"]["day"]["share"] == 1.0 and found["on_time"]["times"]["p99"] < 30
            assert found["well"] and found["waiting"]["count"] == 0, found["first"]
            (registers,) = [one for one in (await asked("/registers"))["rows"] if one["register"] == "folkbokforing"]
            assert registers["state"] == "answers" and registers["calls"]["ok"] >= 1
            ehr = await asked(f"/systems/ehr{hub.tag}")
            assert ehr["day"]["accepted"] == 3 and ehr["system"]["last_received"] and ehr["hubs"]
            centre = await asked(f"/systems/centre{hub.tag}")
            assert centre["day"]["attempts"]["ok"] >= 3 and centre["day"]["delivered"]["share"] == 1.0
            assert centre["system"]["last_acknowledged"]

            before = found["on_time"]["day"]["sent"]
            (running,) = await hub.rows("SELECT (state->>'port')::int, id FROM running_hub")
            os.kill(int(running[1].rpartition("-")[2]), signal.SIGKILL)
            await asyncio.to_thread(hub.hub.stop)
            hub.start()
            await hub.ready()
            assert (await asked("/overview"))["on_time"]["day"]["sent"] >= before

            said = []
            async with person.stream("GET", "/events") as events:
                assert events.status_code == 200
                async for line in events.aiter_lines():
                    said.append(line)
                    if line.startswith("data: ") and len(said) < 5:
                        assert json.loads(line.removeprefix("data: "))["directory"] == 1
                        stopping = asyncio.create_task(asyncio.to_thread(hub.hub.stop))
                await stopping
            assert said[-2:] == ['data: {"why": "hub-stops"}', ""], "the hub stops in order, and every page is told"
            assert not await hub.rows("SELECT 1 FROM running_hub WHERE at > now()")
