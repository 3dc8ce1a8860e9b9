"""The consumer of ``hub.in.*`` that one system's unreadable record does not stop. Imports aiokafka and the log only.

aiokafka raises where a header's name is no UTF-8, which other clients write without complaint; its own consumer then
never gets past that record, nor to anybody else's.
"""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from hub import metrics
from hub.log import log


class CarefulConsumer(AIOKafkaConsumer):  # type: ignore[misc] # aiokafka has no types
    """Sets a partition aside whose next record cannot be read: what is in it stays with the broker, everything else
    flows (D-4). Operations sees it by its log line and metric; the offset is moved past the record by hand.
    """

    async def getone(self, *partitions: TopicPartition) -> ConsumerRecord:
        """As aiokafka's, but for what it cannot read."""
        while True:
            try:
                return await super().getone(*partitions)
            except UnicodeDecodeError:
                self._set_aside()

    async def getmany(self, *partitions: TopicPartition, **how: Any) -> dict[TopicPartition, list[ConsumerRecord]]:
        """As aiokafka's; where a record in it cannot be read, nothing, and ``getone`` comes to it one by one."""
        before = self._positions()
        try:
            found: dict[TopicPartition, list[ConsumerRecord]] = await super().getmany(*partitions, **how)
        except UnicodeDecodeError:
            # What was drained before it is lost with the exception: it is fetched again.
            for partition, position in self._positions().items():
                if position != before.get(partition, position):
                    self.seek(partition, before[partition])
            return {}
        return found

    def _positions(self) -> dict[TopicPartition, int]:
        assignment = self._subscription.subscription.assignment
        states = {} if assignment is None else {part: assignment.state_value(part) for part in assignment.tps}
        return {part: state._position for part, state in states.items() if state.has_valid_position}  # noqa: SLF001

    def _set_aside(self) -> None:
        """The one whose records ended with the exception."""
        for partition, fetched in list(self._fetcher._records.items()):  # noqa: SLF001
            records = getattr(fetched, "_partition_records", None)
            reading = getattr(records, "_records_iterator", None)
            if reading is not None and reading.gi_frame is None:
                del self._fetcher._records[partition]  # noqa: SLF001
                self.pause(partition)
                offset = self._positions().get(partition)
                metrics.unreadable_topics.labels(partition.topic).set(1)
                log.error("topic_unreadable", topic=partition.topic, partition=partition.partition, offset=offset)
                return
        raise RuntimeError("a record cannot be read, and nobody knows whose")
