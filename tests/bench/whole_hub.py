"""The whole hub under measure: its own database, every promise on, fsync on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from hub.sandbox.registers import SimulatedRegisters
from schemas.directory import Directory
from tests.bench import load, queries
from tests.bench.measured import IN, OUT, RECEIPTS, Measured
from tests.stack import Stack

_CHUNK = 10_000


class WholeHub(Measured):
    """One hub, of one process or more."""

    def __init__(
        self, kafka: Kafka, postgres: Postgres, database: str, stack: Stack, options: Sequence[str], **settings: str
    ) -> None:
        super().__init__(kafka, postgres, database, (*OUT, RECEIPTS))
        self.stack, self._options, self._settings = stack, options, settings

    @property
    def pid(self) -> int:
        assert self.stack.hub is not None
        return self.stack.hub.pid

    async def start(self) -> None:
        """Starts it and waits until it is ready, and each of its processes has its part of the shards and of the topics."""
        self.stack.start(*self._options, HUB_KAFKA_GROUP=self.database, **self._settings)
        await self.stack.ready()
        if "--workers" in self._options:
            await self._shared(int(self._options[self._options.index("--workers") + 1]))

    async def _shared(self, workers: int) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.bootstrap)
        await admin.start()
        try:
            async with asyncio.timeout(60):
                while True:
                    (said,) = await admin.describe_consumer_groups([self.database])
                    ((_, _, state, _, _, members),) = said.groups
                    owners = self.sql("SELECT count(DISTINCT owner) FROM shard WHERE owner IS NOT NULL")
                    if state == "Stable" and len(members) == workers == int(owners):
                        return
                    await asyncio.sleep(0.2)
        finally:
            await admin.close()

    async def stop(self) -> None:
        """Stops it in order."""
        if self.stack.hub is not None:
            await asyncio.to_thread(self.stack.hub.stop)

    def accepted_to_sent(self, since: str, without: Sequence[str] = ()) -> dict[str, float]:
        """Milliseconds by the hub's own times, of the notices accepted since then, of all systems but those."""
        found = self.sql(queries.SENT_AFTER_MS.format(since=since, without=" ".join(without)))
        return dict(zip(("p50", "p95", "p99"), map(float, found.split()), strict=True))

    async def queue_up(self, notices: int) -> None:
        """So many more notices that wait in the outbox for receivers who are paused."""
        self.sql(queries.PAUSE)
        await asyncio.sleep(1.5)  # a pause takes effect within a second (D-5)
        receipts = Measured(self.kafka, self.postgres, self.database, [RECEIPTS])
        run, admissions, before = f"queue-{time.monotonic_ns()}", notices // 2, await receipts.told()
        for start in range(0, admissions, _CHUNK):
            made = load.records(min(_CHUNK, admissions - start), f"{run}-{start}", "native")
            await load.fill(self.kafka.bootstrap, IN, made)
        await receipts.until_told(before + admissions, 3_600)

    async def restart(self) -> tuple[float, float]:
        """Seconds from the start of the process until the first queued notice is out, and until all are."""
        await self.stop()
        self.sql(queries.RESUME)
        before, waiting = await self.told(), int(self.sql(queries.WAITING)) // 2
        started = time.monotonic()
        starting = asyncio.create_task(self.start())
        await self.until_told(before + 1)
        flowing = time.monotonic() - started
        await starting
        await self.until_told(before + waiting, 3_600)
        return flowing, time.monotonic() - started


@asynccontextmanager
async def hub(
    kafka: Kafka,
    postgres: Postgres,
    registers: SimulatedRegisters,
    name: str,
    folder: Path,
    *options: str,
    directory: Directory | None = None,
    **settings: str,
) -> AsyncIterator[WholeHub]:
    """A hub on an empty database; stopped at the end. ``options``: of ``hub run``; ``settings``: HUB_ variables."""
    postgres.create_database(name)
    async with on(kafka, postgres, registers, name, folder, *options, directory=directory, **settings) as made:
        yield made
    postgres.drop_database(name)


@asynccontextmanager
async def on(
    kafka: Kafka,
    postgres: Postgres,
    registers: SimulatedRegisters,
    name: str,
    folder: Path,
    *options: str,
    directory: Directory | None = None,
    **settings: str,
) -> AsyncIterator[WholeHub]:
    """A hub on a database that is there; stopped at the end."""
    stack = Stack(postgres.url(name), kafka.bootstrap, registers.url("{}"), folder / f"{name}.log")
    await stack.prepare(directory)
    made = WholeHub(kafka, postgres, name, stack, options, **settings)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()
