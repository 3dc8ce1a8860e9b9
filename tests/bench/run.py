"""The benchmark's course: references and hub in the same run, every promise on, fsync on. Takes about five minutes."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from hub.sandbox.registers import SimulatedRegisters
from tests.bench import load
from tests.bench.reference import bare_broker
from tests.stack import Stack

IN, OUT = "hub.in.ehr", ["hub.out.centre", "hub.out.kommun"]
_WAITING = "SELECT count(*) FROM outbox WHERE state = 'waiting' AND kind = 'notice'"
OUTPUT = Path("build/bench.json")


class Bench:
    """One hub on its own database, beside a broker that all phases share in turn."""

    def __init__(self, stack: Stack, postgres: Postgres, database: str) -> None:
        self.stack, self.postgres, self.database = stack, postgres, database
        self._sent = 0

    @property
    def process(self) -> psutil.Process:
        """The hub's own process (its supervisor beside it does nothing)."""
        assert self.stack.hub is not None
        top = psutil.Process(self.stack.hub.pid)
        return max([top, *top.children(recursive=True)], key=lambda p: p.memory_info().rss)

    @property
    def rss_mb(self) -> float:
        """Resident memory of the hub, MB."""
        return self.process.memory_info().rss / 2**20

    def sql(self, statement: str) -> str:
        """One answer of the hub's database."""
        return self.postgres.run(statement, self.database).strip()

    async def told(self) -> int:
        """Notices on the receivers' topics so far."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.stack.bootstrap)
        await consumer.start()
        try:
            return sum((await consumer.end_offsets([TopicPartition(topic, 0) for topic in OUT])).values())
        finally:
            await consumer.stop()

    async def until_told(self, want: int, timeout_s: float = 600) -> None:
        """Until so many notices are on the receivers' topics."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.stack.bootstrap)
        await consumer.start()
        parts = [TopicPartition(topic, 0) for topic in OUT]
        try:
            async with asyncio.timeout(timeout_s):
                while sum((await consumer.end_offsets(parts)).values()) < want:
                    await asyncio.sleep(0.02)
        finally:
            await consumer.stop()

    async def throughput(self, kind: str, count: int) -> float:
        """Admissions a second, two notices each on the receivers' topics, of what is left once the last record is on its
        topic: as for the bare broker, the one who feeds takes no time of the two cores.
        """
        before = await self.told()
        warm = load.records(2_000, f"{kind}-warm-{count}", kind, load.PERSONS)
        await load.fill(self.stack.bootstrap, IN, warm)
        await self.until_told(before + 2 * len(warm))
        made = load.records(count, f"{kind}-{count}", kind, load.PERSONS)
        await load.fill(self.stack.bootstrap, IN, made)
        started, told = time.monotonic(), await self.told()
        end = before + 2 * len(warm) + 2 * count
        await self.until_told(end)
        return (end - told) / 2 / (time.monotonic() - started)

    async def latency(self, rate: int, seconds: int) -> dict[str, float]:
        """accept → sent in ms of notices, admissions coming one by one at a steady rate; from the hub's own times.

        What the phase at full speed has left to the database's housekeeping is done first: at this rate there is none.
        """
        self.sql("VACUUM ANALYZE")
        self.sql("CHECKPOINT")
        run = f"steady-{time.monotonic_ns()}"
        made = load.records(rate * seconds, run, "native", load.PERSONS)
        before = await self.told()
        producer = AIOKafkaProducer(bootstrap_servers=self.stack.bootstrap, acks="all")
        await producer.start()
        try:
            started = time.monotonic()
            for number, (key, headers, value) in enumerate(made):
                await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
                await producer.send(IN, value, key=key, headers=headers, partition=0)
        finally:
            await producer.stop()
        await self.until_told(before + 2 * len(made))
        await asyncio.sleep(1)  # the marks are written after the sending
        found = self.sql(
            "SELECT string_agg(round((1000 * percentile)::numeric, 1)::text, ' ') FROM unnest((SELECT"
            " percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - accepted_at))"
            f" FROM outbox WHERE kind = 'notice' AND message LIKE '{run}%' AND sent_at IS NOT NULL)) AS percentile"
        )
        p50, p95, p99 = (float(part) for part in found.split())
        return {"p50": p50, "p95": p95, "p99": p99}

    async def queue_up(self, admissions: int) -> None:
        """Admissions whose receivers are paused: their notices wait in the outbox."""
        self.sql("INSERT INTO paused (system) VALUES ('centre'), ('kommun') ON CONFLICT DO NOTHING")
        await asyncio.sleep(1.5)
        run = f"queue-{time.monotonic_ns()}"
        want = int(self.sql(_WAITING)) + 2 * admissions
        for start in range(0, admissions, 10_000):
            await load.fill(
                self.stack.bootstrap,
                IN,
                load.records(min(10_000, admissions - start), f"{run}-{start}", "native", load.PERSONS),
            )
        async with asyncio.timeout(600):
            while int(self.sql(_WAITING)) < want:
                await asyncio.sleep(0.5)

    async def restart(self) -> tuple[float, float]:
        """Seconds from the start of the process until it is ready and the first queued notice is out, and until all
        are.
        """
        assert self.stack.hub is not None
        self.stack.hub.stop()
        self.sql("DELETE FROM paused")
        before = await self.told()
        waiting = int(self.sql(_WAITING))
        started = time.monotonic()
        self.stack.start()
        await self.stack.ready()
        await self.until_told(before + 1)
        flowing = time.monotonic() - started
        await self.until_told(before + waiting)
        return flowing, time.monotonic() - started


@asynccontextmanager
async def hub(
    kafka: Kafka, postgres: Postgres, registers: SimulatedRegisters, name: str, folder: Path, **settings: str
) -> AsyncIterator[Bench]:
    """A hub of its own; stopped at the end."""
    url = postgres.create_database(name)
    stack = Stack(url, kafka.bootstrap, registers.url("{}"), folder / f"{name}.log")
    await stack.prepare()
    stack.start(HUB_KAFKA_GROUP=name, **settings)
    try:
        await stack.ready()
        yield Bench(stack, postgres, name)
    finally:
        if stack.hub is not None:
            stack.hub.stop()


async def fresh_topics(bootstrap: str) -> None:
    """Empty topics, so that a phase does not read what the one before it left."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        names = ["hub.in.ehr", "hub.in.centre", "hub.in.kommun", "hub.out.ehr", *OUT]
        there = set(await admin.list_topics())
        if gone := [name for name in names if name in there]:
            await admin.delete_topics(gone)
            while there.intersection(gone):
                await asyncio.sleep(0.2)
                there = set(await admin.list_topics())
        await admin.create_topics([NewTopic(name, 1, 1) for name in names])
        await asyncio.sleep(1)
    finally:
        await admin.close()


def machine() -> dict[str, str | int]:
    """What it ran on."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "",
    )
    memory = round(psutil.virtual_memory().total / 2**30)
    return {
        "cores": os.cpu_count() or 0,
        "cpu": model,
        "memory_gb": memory,
        "python": platform.python_version(),
        "os": platform.system(),
    }


def commit() -> str:
    """The commit that was measured."""
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


async def main(arguments: list[str]) -> int:
    """Runs all phases, prints the figures, writes ``build/bench.json``."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--admissions", type=int, default=20_000, help="in each throughput phase")
    parser.add_argument("--single", type=int, default=2_000, help="with one transaction per message")
    parser.add_argument("--steady", type=int, default=30, help="seconds at 200/s")
    parser.add_argument(
        "--queued", type=int, default=100_000, help="notices queued for the memory, twice as many for the restart"
    )
    wanted = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    found: dict[str, object] = {"machine": machine(), "commit": commit()}
    try:
        async with SimulatedRegisters() as registers:
            with Kafka(folder / "kafka") as kafka, Postgres(folder / "postgres") as postgres:
                found |= await phases(wanted, kafka, postgres, registers, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    write(found)
    print(f"written to {OUTPUT}: {found['machine']}")
    return 0


def write(found: dict[str, object]) -> None:
    """The figures as a file."""
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(found, indent=2) + "\n")


def say(what: str, figure: str) -> None:
    """One line of the report."""
    print(f"{what:44} {figure}", flush=True)


async def phases(
    wanted: argparse.Namespace, kafka: Kafka, postgres: Postgres, registers: SimulatedRegisters, folder: Path
) -> dict[str, object]:
    """The references, then the hub."""
    await fresh_topics(kafka.bootstrap)
    await load.fill(kafka.bootstrap, IN, load.records(wanted.admissions, "bare", "native", load.PERSONS))
    bare = await bare_broker(kafka.bootstrap, IN, OUT, wanted.admissions)
    say("bare broker, consume and produce twice", f"{bare:8.0f} admissions/s")
    await fresh_topics(kafka.bootstrap)
    async with hub(kafka, postgres, registers, "single", folder, HUB_INTAKE_BATCH="1") as one:
        single = await one.throughput("native", wanted.single)
    say("hub, one transaction per message", f"{single:8.0f} admissions/s")
    await fresh_topics(kafka.bootstrap)
    async with hub(kafka, postgres, registers, "hub", folder) as bench:
        native = await bench.throughput("native", wanted.admissions)
        ratios = f"{native / bare:.2f} of the bare broker, {native / single:.1f} times one by one"
        say("hub, native", f"{native:8.0f} admissions/s = {ratios}")
        fhir = await bench.throughput("fhir", wanted.admissions)
        say("hub, FHIR Bundles", f"{fhir:8.0f} admissions/s = {fhir / bare:.2f} of the bare broker")
        steady = await bench.latency(200, wanted.steady)
        say("accept -> sent at 200/s", f"p50 {steady['p50']} ms, p95 {steady['p95']} ms, p99 {steady['p99']} ms")
        await bench.queue_up(wanted.queued // 2)
        rss = bench.rss_mb
        say(f"memory with {wanted.queued} notices queued", f"{rss:8.0f} MB")
        await bench.queue_up(wanted.queued // 2)
        waiting = bench.sql(_WAITING)
        flowing, drained = await bench.restart()
        say(
            f"restart with {waiting} queued", f"{flowing:8.1f} s to the first notice, {drained:.0f} s until all are out"
        )
        say("memory after that", f"{bench.rss_mb:8.0f} MB")
    return {
        "native_per_s": round(native),
        "fhir_per_s": round(fhir),
        "ratio_to_bare_broker": round(native / bare, 3),
        "ratio_to_single": round(native / single, 2),
        "accept_to_sent_ms": steady,
        "rss_mb": round(rss),
        "restart_s": round(flowing, 1),
    }
