"""Those who fetch what is theirs: from a Kafka topic, and from the pull inbox. Imports aiokafka and httpx."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from tests.chaos import seen
from tests.chaos.receiver import Health
from tests.stack import attributes

Got = Callable[[Any], None]
AGAIN_S = 0.25


@contextlib.asynccontextmanager
async def opened(client: Any) -> AsyncIterator[Any]:
    """A producer or consumer, closed also when it could not be opened."""
    try:
        await client.start()
        yield client
    finally:
        await client.stop()


async def read_topics(bootstrap: str, topics: dict[str, str], got: Got) -> None:
    """Until cancelled: the topics (topic → system) from where each reader was; what an event repeats has the event's own id."""
    at = {TopicPartition(topic, 0): 0 for topic in topics}
    while True:
        with contextlib.suppress(KafkaError, OSError):
            async with opened(AIOKafkaConsumer(bootstrap_servers=bootstrap, fetch_max_wait_ms=100)) as consumer:
                consumer.assign(list(at))
                for part, offset in at.items():
                    consumer.seek(part, offset)
                while True:
                    for part, records in (await consumer.getmany(timeout_ms=200, max_records=500)).items():
                        for record in records:
                            at[part] = record.offset + 1
                            found = attributes(record)
                            id_ = f"{found['source']} {found['id']}"
                            got(seen.event(topics[part.topic], "kafka", id_, found, json.loads(record.value)))
        await asyncio.sleep(AGAIN_S)


async def read_inbox(ports: list[int], system: str, token: str, health: Health, got: Got) -> None:
    """Until cancelled: what is in the inbox, from any hub, acknowledged when it is kept."""
    headers = {"authorization": f"Bearer {token}"}
    turn = 0
    async with httpx.AsyncClient(trust_env=False, timeout=10, headers=headers) as client:
        while True:
            turn += 1
            hub = f"http://127.0.0.1:{ports[turn % len(ports)]}"
            ids: list[str] = []
            if health.ill not in {"dead", "reset-before"}:
                with contextlib.suppress(httpx.TransportError):
                    answer = await client.get(f"{hub}/inbox", params={"wait": 1, "limit": 50})
                    for one in answer.json()["notices"] if answer.status_code == 200 else ():
                        got(seen.event(system, "inbox", one["id"], one["event"], one["event"].get("data")))
                        ids.append(one["id"])
            if ids and health.ill != "reset-after":
                if health.ill in {"late", "slow"}:
                    await asyncio.sleep(health.late_s if health.ill == "late" else 0.2)
                outcome = "refused" if health.ill == "400" else "taken"
                acks = [{"id": id_, "outcome": outcome} for id_ in ids] * (2 if health.ill == "double" else 1)
                with contextlib.suppress(httpx.TransportError):
                    await client.post(f"{hub}/inbox/ack", json={"acks": acks})
            elif not ids:
                await asyncio.sleep(AGAIN_S)
