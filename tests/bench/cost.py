"""``python -m tests.bench.cost``: what one admission costs, as CPU time of each process: hub, PostgreSQL, broker.

CPU time says the same while others use the machine; rates do not. The hub is the whole hub, with every promise on and fsync on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition

from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from tests.bench import load
from tests.bench.run import IN, OUT, Bench, fresh_topics, hub
from tests.stack import registers

ALL_OUT = (*OUT, "hub.out.ehr")
"""An admission puts a record on each: two notices and a receipt."""
_WARM_UP = 2_000
_MARKS_S = 1.0


@dataclass(slots=True)
class Cost:
    """CPU µs, and kB of WAL, for one admission; and the rate, which depends on what else the machine does."""

    hub: float
    postgres: float
    broker: float
    wal_kb: float
    per_s: float

    def __str__(self) -> str:
        return (
            f"hub {self.hub:5.0f} µs, PostgreSQL {self.postgres:5.0f} µs, broker {self.broker:4.0f} µs,"
            f" WAL {self.wal_kb:4.1f} kB; {self.per_s:5.0f}/s"
        )


def cpu_s(pid: int | None) -> float:
    """CPU seconds of a process and all its children, those that have ended included."""
    assert pid is not None
    top = psutil.Process(pid)
    return sum(sum(each.cpu_times()[:4]) for each in (top, *top.children(recursive=True)))


async def until_out(bench: Bench, want: int) -> None:
    """Until so many records are on each topic out; asked some times a second, so that the asking costs the broker little."""
    parts = [TopicPartition(topic, 0) for topic in ALL_OUT]
    async with AIOKafkaConsumer(bootstrap_servers=bench.stack.bootstrap) as consumer, asyncio.timeout(600):
        while min((await consumer.end_offsets(parts)).values()) < want:
            await asyncio.sleep(0.1)


def _wal_bytes(bench: Bench) -> int:
    return int(bench.sql("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn").partition(".")[0])


async def cost(bench: Bench, kafka: Kafka, kind: str, count: int, before: int) -> Cost:
    """What ``count`` admissions cost that wait on the topic; ``before``: records on each topic out. The hub has been warmed up."""
    assert bench.stack.hub is not None
    await load.fill(
        bench.stack.bootstrap, IN, load.records(_WARM_UP, f"warm-{kind}-{time.monotonic_ns()}", kind, load.PERSONS)
    )
    await until_out(bench, before + _WARM_UP)
    bench.sql("CHECKPOINT")
    made = load.records(count, f"cost-{kind}-{time.monotonic_ns()}", kind, load.PERSONS)
    pids = bench.stack.hub.pid, bench.postgres.pid, kafka.pid
    used, wal, started = [cpu_s(pid) for pid in pids], _wal_bytes(bench), time.monotonic()
    await load.fill(bench.stack.bootstrap, IN, made)
    await until_out(bench, before + _WARM_UP + count)
    took = time.monotonic() - started
    await asyncio.sleep(_MARKS_S)  # what is sent is marked after it was sent
    hub_us, postgres_us, broker_us = ((cpu_s(pid) - was) / count * 1e6 for pid, was in zip(pids, used, strict=True))
    return Cost(hub_us, postgres_us, broker_us, (_wal_bytes(bench) - wal) / count / 1000, count / took)


async def main(arguments: list[str]) -> int:
    """Prints what an admission costs, native and FHIR."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cost", description=__doc__)
    parser.add_argument("--admissions", type=int, default=10_000, help="of each kind and round")
    parser.add_argument("--rounds", type=int, default=1, help="of both kinds, on the same database")
    parser.add_argument("--json", type=Path, help="a file for the figures as well")
    wanted = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="hub-cost-"))
    found: list[dict[str, object]] = []
    try:
        async with registers() as registered:
            with Kafka(folder / "kafka") as kafka, Postgres(folder / "postgres") as postgres:
                await fresh_topics(kafka.bootstrap)
                async with hub(kafka, postgres, registered, "cost", folder) as bench:
                    before = 0
                    for _ in range(wanted.rounds):
                        for kind in ("native", "fhir"):
                            measured = await cost(bench, kafka, kind, wanted.admissions, before)
                            before += _WARM_UP + wanted.admissions
                            print(f"{kind:7} {measured}", flush=True)
                            found.append({"kind": kind} | asdict(measured))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if wanted.json is not None:
        wanted.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
