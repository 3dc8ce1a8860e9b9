"""The partitions that wait and the gaps (D-4), as this hub knows them: kept in the database, so that every hub and the command
line see them; shown in metrics, log and readiness. Imports the store only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from hub import metrics
from hub.errors import Unavailable
from hub.log import log
from hub.outages import outages
from hub.store import partitions
from hub.store.inbox import Connection
from hub.store.partitions import PartitionIncident
from hub.store.transaction import Store

Part = tuple[str, int]
"""(topic, partition)."""

UNKNOWN_SYSTEM, NOT_ON_KAFKA = "unknown-system", "not-on-kafka"
NOBODYS = frozenset({UNKNOWN_SYSTEM, NOT_ON_KAFKA})
"""Reasons that end with another version of the directory; all others are about a record that cannot be read."""


class Asides:
    """The table as it was read last, and the changes that could not be written to it yet."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unwritten: list[Callable[[Connection], Awaitable[None]]] = []
        self.known: list[PartitionIncident] = []

    @property
    def waiting(self) -> dict[Part, PartitionIncident]:
        """Partitions that wait, whichever hub reads them."""
        return {(aside.topic, aside.partition): aside for aside in self.known if not aside.lost}

    async def put(self, part: Part, at: int, reason: str, until: int | None) -> None:
        """A partition waits at a record; told once for each record and reason."""
        before = self.waiting.get(part)
        if before is not None and (before.at, before.reason) == (at, reason):
            return
        log.error("topic_set_aside", topic=part[0], partition=part[1], offset=at, reason=reason, until=until)
        await self._write(lambda connection: partitions.block(connection, *part, at, reason, until))

    async def flows(self, part: Part) -> None:
        """A partition that waited is read again."""
        log.info("topic_flows_again", topic=part[0], partition=part[1])
        self.known = [each for each in self.known if each.lost or (each.topic, each.partition) != part]
        await self._write(lambda connection: partitions.unblock(connection, *part))

    async def lose(self, part: Part, at: int, reason: str, until: int | None) -> None:
        """Records are gone before they were read."""
        log.error("records_lost", topic=part[0], partition=part[1], offset=at, until=until, reason=reason)
        await self._write(lambda connection: partitions.record_gap(connection, *part, at, reason, until))

    async def _write(self, change: Callable[[Connection], Awaitable[None]]) -> None:
        self._unwritten.append(change)
        await self.refresh()

    async def refresh(self) -> None:
        """Writes the changes that are not written yet and reads the table; while the database is away the last reading stands."""
        try:
            async with self._store.transaction() as connection:
                writing = list(self._unwritten)
                for change in writing:
                    await change(connection)
                self.known = await partitions.incidents(connection)
        except Unavailable as error:
            outages.met(error, work="asides")
            return
        del self._unwritten[: len(writing)]
        self._show()

    def _show(self) -> None:
        for gauge in (metrics.set_aside, metrics.unreadable_topics, metrics.records_lost):
            gauge.clear()
        for each in self.known:
            if each.lost:
                metrics.records_lost.labels(each.topic, each.reason).inc()
            else:
                metrics.set_aside.labels(each.topic, str(each.partition), each.reason).set(each.at)
                if each.reason not in NOBODYS:
                    metrics.unreadable_topics.labels(each.topic).set(1)
