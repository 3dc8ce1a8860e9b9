"""The hub's offset in each of its partitions, and the records that were lost from them (D-1, D-4). Imports aiokafka only.

The client's own position cannot serve: an exception of a fetch loses the records that it had drained of other partitions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, RecordTooLargeError

from hub.routers.asides import Asides
from hub.routers.in_hand import InHand

ANSWER_S = 5.0
"""Seconds within which the broker says where a partition is."""
_ANEW_S = 300.0
"""Seconds for which every hub that is given a partition of a topic made anew reads it from its first record."""


class Places:
    """The partitions of one consumer."""

    def __init__(self, consumer: Callable[[], AIOKafkaConsumer], in_hand: InHand, asides: Asides) -> None:
        self._consumer = consumer
        self._in_hand = in_hand
        self._asides = asides
        self._anew: dict[str, float] = {}
        self.of: dict[TopicPartition, int] = {}
        """Partition → offset of the first record that was not handed to the intake."""

    def seek(self, part: TopicPartition, at: int) -> None:
        """The next record to read is the one at this offset, if the partition is still this hub's."""
        if part in self._consumer().assignment():
            self._consumer().seek(part, at)
            self.of[part] = at

    def go_to(self, part: TopicPartition, at: int) -> None:
        """As ``seek``, and commits the offset: the records before it are done with."""
        self.seek(part, at)
        self._in_hand.stand(part, at)

    async def back(self, part: TopicPartition) -> None:
        """Seeks the first record that was not handed over, whatever the client has drained."""
        if part not in self.of:
            self.of[part] = await self._committed(part)
        self.seek(part, self.of[part])

    async def _committed(self, part: TopicPartition) -> int:
        at: int | None = await self._consumer().committed(part)
        return at if at is not None else int((await self._consumer().beginning_offsets([part]))[part])

    async def of_fault(self, part: TopicPartition, error: Exception) -> int:
        """The offset of the record that cannot be read; aiokafka has stepped over a record that is too large."""
        async with asyncio.timeout(ANSWER_S):
            at = int(await self._consumer().position(part))
        return at - 1 if isinstance(error, RecordTooLargeError) else at

    async def find(self, error: KafkaError) -> None:
        """Seeks the offset to begin at in a partition that the group has never read, or whose next record is gone."""
        (found,) = error.args
        fresh = isinstance(error, NoOffsetForPartitionError)
        part, stood = (found, 0) if fresh else next(iter(found.items()))
        begin = int((await self._consumer().beginning_offsets([part]))[part])
        if begin > stood:
            await self.lose(part, stood, "never-read" if fresh else "retention", begin)
        elif not fresh:
            await self.lose(part, int((await self._consumer().end_offsets([part]))[part]), "log-cut", stood)
        if fresh and not begin:
            self.seek(part, begin)
        else:
            self.go_to(part, begin)

    async def lose(self, part: TopicPartition, at: int, reason: str, until: int | None) -> None:
        """Names the records from ``at`` to before ``until`` as lost."""
        await self._asides.lose((part.topic, part.partition), at, reason, until)

    async def begin_again(self, topic: str) -> None:
        """Reads a topic that was deleted and made anew from its first record: the offsets known may be of the old topic."""
        self._anew[topic] = time.monotonic()
        mine = [part for part in self._consumer().assignment() if part.topic == topic]
        async with asyncio.timeout(ANSWER_S):
            found = await self._consumer().beginning_offsets(mine) if mine else {}
        for part, begin in found.items():
            self.go_to(part, begin)

    async def given(self, topics: Iterable[str]) -> None:
        """Partitions came to this hub: it begins again with those of a topic that was just made anew."""
        for topic in topics:
            if time.monotonic() - self._anew.get(topic, -_ANEW_S) < _ANEW_S:
                await self.begin_again(topic)
