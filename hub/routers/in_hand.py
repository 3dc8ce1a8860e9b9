"""The batches that were fetched and are not handled yet: a few at a time; their offsets are committed in the order in which they came
(D-1).
Imports aiokafka and the intake only.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, KafkaError

from hub.intake.arrival import Arrival
from hub.intake.queue import Intake
from hub.log import log

_MOST = 3
"""Batches that may be fetched and not yet handled: the next is read while this one is in its transaction."""

_COMMIT_S = 5.0
_COMMIT_EVERY_S = 0.1
"""Seconds between commits of offsets: each is a call to the broker, and records that a crash brings once more are repeats."""

Taken = Mapping[TopicPartition, tuple[int, int]]
"""Partition → offset of its first record in a batch, offset after its last."""


@dataclass(slots=True, eq=False)
class HandOver:
    """One hand-over to the intake."""

    first: dict[TopicPartition, int]
    task: asyncio.Task[None]
    epoch: int


@dataclass(frozen=True, slots=True)
class HandOversFailed:
    """Batches that were not handled: where each partition must be fetched from again, and why."""

    first: dict[TopicPartition, int]
    error: BaseException


class InHand:
    """The batches, oldest first."""

    def __init__(self, intake: Intake, consumer: Callable[[], AIOKafkaConsumer]) -> None:
        self._intake = intake
        self._consumer = consumer
        self._batches: deque[HandOver] = deque()
        self._handled: tuple[int, dict[TopicPartition, int]] = (0, {})
        """Under which assignment → partition → the offset after its last record that is handled and not committed."""
        self._one_by_one = asyncio.Lock()
        self._committer: asyncio.Task[None] | None = None
        self.epoch = 0
        """Counts assignments: a batch that was fetched under an earlier assignment is not committed under a later one."""
        self.is_joining = False
        """While the partitions are dealt anew nothing is committed: aiokafka (0.14) forgets the member that it has just become when a
        commit from before is refused, and the group waits for that member until its session ends.
        """

    @property
    def busy(self) -> bool:
        """Whether a batch is not handled yet."""
        return any(not batch.task.done() for batch in self._batches)

    def add(self, arrivals: Sequence[Arrival], taken: Taken) -> HandOver:
        """Hands records to the intake; their offsets are committed when it has them, and all before them."""
        before = self._batches[-1].task if self._batches else None
        ends = {part: end for part, (_, end) in taken.items()}
        task = asyncio.create_task(self._handle(arrivals, ends, self.epoch, before))
        batch = HandOver({part: first for part, (first, _) in taken.items()}, task, self.epoch)
        self._batches.append(batch)
        return batch

    def stand(self, part: TopicPartition, at: int) -> None:
        """Commits where a partition stands without a record, in its turn."""
        self.add([], {part: (at, at)})

    def forget(self, batch: HandOver) -> None:
        """Drops a batch that failed; the caller sees to its records."""
        self._batches.remove(batch)

    async def outcome(self, batch: HandOver) -> BaseException | None:
        """Waits for a batch: its error, or None when it was handled."""
        await asyncio.wait({batch.task})
        return asyncio.CancelledError() if batch.task.cancelled() else batch.task.exception()

    async def room(self) -> HandOversFailed | None:
        """Waits until another batch may be fetched, or a batch has failed; that batch and all after it are then dropped."""
        while self._batches and (len(self._batches) >= _MOST or self._batches[0].task.done()):
            batch = self._batches[0]
            error = await self.outcome(batch)
            if error is None:
                self._batches.popleft()
                continue
            all_after = list(self._batches)
            self._batches.clear()
            for one in all_after:
                await self.outcome(one)  # what failed with the first is read again with it, and told of no more
            first: dict[TopicPartition, int] = {}
            for one in all_after:
                for part, at in one.first.items() if one.epoch == self.epoch else ():
                    first.setdefault(part, at)
            return HandOversFailed(first, error)
        return None

    async def finish(self, timeout_s: float) -> None:
        """Waits until every batch is handled, at most ``timeout_s`` seconds, and commits what is."""
        if self._batches:
            await asyncio.wait({batch.task for batch in self._batches}, timeout=timeout_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_COMMIT_S):
                await self._commit_handled()

    async def _handle(
        self,
        arrivals: Sequence[Arrival],
        ends: dict[TopicPartition, int],
        epoch: int,
        before: asyncio.Task[None] | None,
    ) -> None:
        if arrivals:
            await self._intake.submit(arrivals, wait=True)
        if before is not None:
            await before
        if epoch != self.epoch:
            log.warning("offsets_not_committed", error="rebalanced")
            return
        former, handled = self._handled
        self._handled = epoch, (handled | ends if former == epoch else ends)
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._commit_now_and_then())

    async def _commit_now_and_then(self) -> None:
        while self._handled[1]:
            await self._commit_handled()
            await asyncio.sleep(_COMMIT_EVERY_S)

    async def _commit_handled(self) -> None:
        async with self._one_by_one:
            (epoch, ends), self._handled = self._handled, (self.epoch, {})
            if ends:
                await self._commit(ends, epoch)

    async def _commit(self, ends: Mapping[TopicPartition, int], epoch: int) -> None:
        """Offsets that cannot be committed do no harm: the records are handled, and at worst come again as repeats."""
        consumer = self._consumer()
        mine = {part: end for part, end in ends.items() if part in consumer.assignment()}
        if epoch != self.epoch or self.is_joining or not mine:
            log.warning("offsets_not_committed", error="rebalanced")
            return
        try:
            async with asyncio.timeout(_COMMIT_S):  # aiokafka tries for ever where a topic is gone
                await consumer.commit(mine)
        except (KafkaError, ConsumerStoppedError, TimeoutError) as error:
            log.warning("offsets_not_committed", error=type(error).__name__)
            if len(mine) > 1 and not isinstance(error, CommitFailedError):  # which is of the whole group
                await asyncio.gather(*(self._commit({part: end}, epoch) for part, end in mine.items()))
