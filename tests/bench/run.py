"""The benchmark's course."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from hub.sandbox.registers import SimulatedRegisters
from tests.bench import load
from tests.stack import Stack


async def ends(bootstrap: str, topics: list[str]) -> dict[str, int]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        parts = [TopicPartition(t, 0) for t in topics]
        found = await consumer.end_offsets(parts)
        return {p.topic: n for p, n in found.items()}
    finally:
        await consumer.stop()


async def wait_for(bootstrap: str, topics: list[str], want: int, timeout: float = 300) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        parts = [TopicPartition(t, 0) for t in topics]
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            found = await consumer.end_offsets(parts)
            if sum(found.values()) >= want:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"time is up: {found}")
    finally:
        await consumer.stop()


async def main(arguments: list[str]) -> int:
    count = int(arguments[0]) if arguments else 10_000
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    async with SimulatedRegisters() as registers:
        with Kafka(folder / "kafka") as kafka, Postgres(folder / "postgres") as postgres:
            url = postgres.create_database("bench")
            stack = Stack(url, kafka.bootstrap, registers.url("{}"), folder / "hub.log")
            await stack.prepare()
            stack.start()
            await stack.ready()
            out = ["hub.out.centre", "hub.out.kommun"]
            for kind in ("native", "fhir"):
                before = sum((await ends(kafka.bootstrap, out)).values())
                warm = load.records(200, f"w{kind}", kind, load.PERSONS)
                await load.fill(kafka.bootstrap, "hub.in.ehr", warm)
                await wait_for(kafka.bootstrap, out, before + 400)
                made = load.records(count, f"{kind}", kind, load.PERSONS)
                print(kind, "bytes", len(made[0][2]))
                started = time.monotonic()
                await load.fill(kafka.bootstrap, "hub.in.ehr", made)
                print("filled", time.monotonic() - started)
                await wait_for(kafka.bootstrap, out, before + 400 + 2 * count)
                took = time.monotonic() - started
                print(kind, count / took, "admissions/s")
            print(stack.log)
            assert stack.hub is not None
            stack.hub.stop()
    return 0
