"""What is measured: something that reads admissions from ``hub.in.ehr`` and tells two receivers, on a broker and a database that all share.

The hub and its peer are measured in the same way: how many a second, at which cost in CPU time of each process, how long from topic to
topic.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from tests.bench import load, queries

IN, OUT, RECEIPTS = "hub.in.ehr", ("hub.out.centre", "hub.out.kommun"), "hub.out.ehr"
PARTITIONS = 6
"""Of the topic in, as in operation: several processes share them."""
WARM_UP = 2_000
_LOOK_S = 0.05
_MARKS_S = 1.0


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU µs, and kB of WAL, of one admission; and the rate, which depends on what else the machine does."""

    application: float
    postgres: float
    broker: float
    wal_kb: float
    per_s: float

    def __str__(self) -> str:
        return (
            f"application {self.application:5.0f} µs, PostgreSQL {self.postgres:5.0f} µs, broker {self.broker:4.0f} µs,"
            f" WAL {self.wal_kb:4.1f} kB; {self.per_s:5.0f}/s"
        )


def cpu_s(pid: int | None) -> float:
    """CPU seconds of a process and all its children, those that have ended included."""
    assert pid is not None
    top, found = psutil.Process(pid), 0.0
    for each in (top, *top.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):  # ended since: its parent has it
            found += sum(each.cpu_times()[:4])
    return found


def spread(times_ms: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99, in ms."""
    cuts = statistics.quantiles(times_ms, n=100, method="inclusive")
    return {name: round(cuts[at], 1) for name, at in (("p50", 49), ("p95", 94), ("p99", 98))}


class Measured:
    """One application on a database of its own; ``out``: the topics on which it puts a record for each admission."""

    def __init__(self, kafka: Kafka, postgres: Postgres, database: str, out: Sequence[str]) -> None:
        self.kafka, self.postgres, self.database = kafka, postgres, database
        self.out = [TopicPartition(topic, 0) for topic in out]

    @property
    def pid(self) -> int:
        """The application's first process."""
        raise NotImplementedError

    @property
    def rss_mb(self) -> float:
        """Resident memory of its largest process, MB."""
        top = psutil.Process(self.pid)
        return max(each.memory_info().rss for each in (top, *top.children(recursive=True))) / 2**20

    def sql(self, statement: str) -> str:
        """One answer of its database."""
        return self.postgres.run(statement, self.database).strip()

    async def told(self) -> int:
        """Admissions of which everything is on the topics, so far."""
        async with AIOKafkaConsumer(bootstrap_servers=self.kafka.bootstrap) as consumer:
            return min((await consumer.end_offsets(self.out)).values())

    async def until_told(self, want: int, timeout_s: float = 600) -> None:
        """Until so many are; asked some times a second, so that the asking costs the broker little."""
        async with AIOKafkaConsumer(bootstrap_servers=self.kafka.bootstrap) as consumer, asyncio.timeout(timeout_s):
            while min((await consumer.end_offsets(self.out)).values()) < want:
                await asyncio.sleep(_LOOK_S)

    async def cost(self, kind: str, count: int) -> Cost:
        """What ``count`` admissions cost, and how many a second it takes of what is left once the last record is on its topic: as for the
        bare broker, the one who feeds takes no time of the cores. It is warmed up first.
        """
        run, before = f"{kind}-{time.monotonic_ns()}", await self.told()
        await load.fill(self.kafka.bootstrap, IN, load.records(WARM_UP, f"warm-{run}", kind))
        await self.until_told(before + WARM_UP)
        self.sql("CHECKPOINT")
        made, end = load.records(count, run, kind), before + WARM_UP + count
        pids = self.pid, self.postgres.pid, self.kafka.pid
        used, wal = [cpu_s(pid) for pid in pids], int(self.sql(queries.WAL_BYTES))
        await load.fill(self.kafka.bootstrap, IN, made)
        started, left = time.monotonic(), end - await self.told()
        await self.until_told(end)
        per_s = left / (time.monotonic() - started)
        await asyncio.sleep(_MARKS_S)  # what is sent may be marked after it was sent
        us = [(cpu_s(pid) - was) / count * 1e6 for pid, was in zip(pids, used, strict=True)]
        return Cost(*us, (int(self.sql(queries.WAL_BYTES)) - wal) / count / 1000, per_s)

    async def latency(self, rate: float, seconds: float) -> dict[str, float]:
        """Milliseconds from the topic in to the topic of a receiver, by the broker's own clock, at a steady rate; and how much of a core
        the application took.

        What the phase at full speed has left to the database's housekeeping is done first: at this rate there is none.
        """
        self.sql("VACUUM ANALYZE")
        self.sql("CHECKPOINT")
        made = load.records(int(rate * seconds), f"steady-{time.monotonic_ns()}", "native")
        before, used, started = await self.told(), cpu_s(self.pid), time.monotonic()
        starts = await _ends(self.kafka.bootstrap, IN)
        await load.feed(self.kafka.bootstrap, IN, made, rate)
        await self.until_told(before + len(made))
        cores = (cpu_s(self.pid) - used) / (time.monotonic() - started)
        came = await appended(self.kafka.bootstrap, starts)
        went = await appended(self.kafka.bootstrap, {self.out[0]: before})
        return spread([went[id_] - came[id_] for id_ in came]) | {"cores": round(cores, 2)}


async def _ends(bootstrap: str, topic: str) -> dict[TopicPartition, int]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        return dict(await consumer.end_offsets([TopicPartition(topic, each) for each in range(PARTITIONS)]))


async def appended(bootstrap: str, since: dict[TopicPartition, int]) -> dict[str, int]:
    """Message id → when the broker appended its record, in ms; of native records from these offsets on."""
    found: dict[str, int] = {}
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, fetch_max_wait_ms=20) as consumer:
        ends = await consumer.end_offsets(list(since))
        consumer.assign(list(since))
        for part, offset in since.items():
            consumer.seek(part, offset)
        while any([await consumer.position(part) < ends[part] for part in since]):
            records: dict[TopicPartition, list[ConsumerRecord]] = await consumer.getmany(timeout_ms=200)
            for those in records.values():
                found |= {dict(one.headers)["ce_id"].decode(): one.timestamp for one in those}
    return found


async def fresh_topics(bootstrap: str, *more: str) -> None:
    """Empty topics, so that a phase does not read what the one before it left; their records carry the time at which the broker appended
    them.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        names = [IN, "hub.in.centre", "hub.in.kommun", RECEIPTS, *OUT, *more]
        there = set(await admin.list_topics())
        gone = [name for name in there if name.startswith("hub.")]
        if gone:
            await admin.delete_topics(gone)
            while there.intersection(gone):
                await asyncio.sleep(0.2)
                there = set(await admin.list_topics())
        timed = {"message.timestamp.type": "LogAppendTime"}
        await admin.create_topics(
            [NewTopic(name, PARTITIONS if name.startswith("hub.in.") else 1, 1, topic_configs=timed) for name in names]
        )
        await asyncio.sleep(1)
    finally:
        await admin.close()
