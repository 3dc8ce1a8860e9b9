"""The broker or the database is away for a while: readiness tells it within seconds, the log says it once when it starts and once
when it ends, and what does not need it goes on.

Servers of the test's own, for they are stopped; a whole hub as a child process.
"""

import asyncio
import json
from collections import Counter

import pytest

from tests import engine
from tests import stack as parts
from tests.stack import LUND, Stack, admission, until


async def checks(hub):
    """Readiness as operations' probe reads it."""
    answer = await hub._client.get("/health/ready")
    return answer.json()["checks"]


def lines(hub):
    return [json.loads(line) for line in hub.log.read_text().splitlines() if line.startswith("{")]


def told_of(hub, needed):
    return [line["event"] for line in lines(hub) if line.get("needed") == needed]


async def admitted(hub):
    act, data = admission(LUND[0])
    answer = await hub.send(act, data)
    assert answer.status_code == 200, answer.text
    return answer.json()["case"]


@pytest.mark.timeout(240)
async def test_what_is_away_is_told_within_seconds_and_said_once(tmp_path):
    with engine.kafka(tmp_path / "kafka") as kafka, engine.postgres(tmp_path / "postgres") as postgres:
        async with parts.registers() as registers:
            hub = Stack(postgres.create_database("away"), kafka.bootstrap, registers.url("{}"), tmp_path / "hub.log")
            try:
                await hub.prepare()
                hub.start(HUB_DATABASE_WAIT_S="2", HUB_HTTP_ANSWER_S="7")
                await hub.ready()
                before = await admitted(hub)
                await until(lambda: hub.notices("centre", before))
                assert await hub.metric("hub_away", what="broker") == await hub.metric("hub_away", what="database") == 0

                kafka.kill()
                async with asyncio.timeout(30):
                    while (await checks(hub))["broker"] != "away":
                        await asyncio.sleep(0.2)
                assert await hub.metric("hub_away", what="broker") == 1
                meanwhile = await admitted(hub)
                assert await hub.addressed(meanwhile) == "listed"
                await asyncio.sleep(4)
                assert told_of(hub, "broker") == ["away"]
                await asyncio.to_thread(kafka.start)
                await hub.ready(60)
                await until(lambda: hub.notices("centre", meanwhile), 60)

                postgres.pause()  # it stands still: no connection breaks, and nothing is answered
                act, data = admission(LUND[0])
                answers = await asyncio.gather(hub.send(act, data), hub._client.get("/health/ready"))
                assert [answer.status_code for answer in answers] == [503, 503]
                assert answers[0].headers["retry-after"] == "5"
                await until(lambda: told_of(hub, "database") == ["away"])
                postgres.resume()
                await hub.ready(60)
                answer = await hub.send(act, data)
                assert answer.status_code == 200
                assert await hub.value("SELECT count(*) FROM message WHERE id = %s", act["id"]) == 1

                postgres.kill()
                async with asyncio.timeout(30):
                    while (await checks(hub))["store"] != "no-answer":
                        await asyncio.sleep(0.2)
                act, data = admission(LUND[0])
                assert (await hub.send(act, data)).status_code == 503
                await asyncio.sleep(4)
                assert told_of(hub, "database") == ["away", "back", "away"]
                await asyncio.to_thread(postgres.start)
                await hub.ready(60)
                assert (await hub.send(act, data)).status_code == 200

                async def both_are_back():
                    return (
                        told_of(hub, "broker") == ["away", "back"] and told_of(hub, "database") == ["away", "back"] * 2
                    )

                await until(both_are_back)
                assert all(line["away_s"] > 1 for line in lines(hub) if line["event"] == "back")
                said = Counter((line["event"], line.get("system")) for line in lines(hub) if line["level"] != "info")
                assert {event: count for event, count in said.items() if count > 3} == {}, (
                    "nothing is said again and again"
                )
                assert said.total() < 40
            finally:
                await hub.close()
