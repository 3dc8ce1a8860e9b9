"""The loop that loses no record (D-1): fetch → submit → commit, and on any error back to the last record that was handled.
Imports aiokafka and the intake only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import ConsumerStoppedError, NoOffsetForPartitionError, OffsetOutOfRangeError

from hub.errors import Unavailable
from hub.intake.arrival import Arrival
from hub.intake.queue import Intake
from hub.log import log
from hub.outages import outages
from hub.routers.asides import Asides
from hub.routers.faults import end_of_batch, reason_of
from hub.routers.in_hand import HandOversFailed, InHand
from hub.routers.own_partitions import OwnPartitions
from hub.routers.places import ANSWER_S, Places
from hub.routers.waiting import SystemOf, Waiting
from hub.supervisor import turned
from schemas.directory import System

_WAIT_MS, _WAIT_SHORT_MS = 1_000, 50
_BACK_S = 0.5
_LEAVE_S = 5.0
"""Seconds in which the batches in hand may finish when the partitions go to another hub."""

_NOWHERE = TopicPartition("", 0)

Records = Mapping[TopicPartition, Sequence[ConsumerRecord]]


# The theory.
#
# What can happen: a fetch gives records of many partitions at once, or raises, and then does not always say of which
# partition; a record cannot be read, or nobody may write to its topic; the intake is full or its database away; the group
# takes partitions from this hub and gives them to another; retention removes records before they were read; a topic is
# deleted and made anew under its old name.
#
# In this order: a batch is fetched, its records are handed to the intake, and when the intake has committed them (each
# accepted, refused or held in the database) the offsets after them are committed to the group, some times a second. A few
# batches are under way at a time; their offsets are committed in the order in which the batches came.
#
# Promised: an offset is committed only after every record before it is in the database, so a hub that stops at any moment
# loses nothing; a record may come twice and is then a repeat. An error concerns its own partition: where it is not known
# whose it is, all partitions go back to the last record handed over and are read one by one until it is known. That
# partition then waits at that record, by name, in the database; every other one goes on (D-4).
#
# May never be: an offset committed ahead of a record that is not handled; a record passed over without a row that says so
# (operations lets it pass, retention took it, the topic was made anew); a partition that stops others.


class Reader(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Reads one consumer's partitions for as long as it runs."""

    def __init__(
        self,
        intake: Intake,
        system_of: SystemOf,
        arrival: Callable[[ConsumerRecord, System], Arrival],
        asides: Asides,
        own_partitions: OwnPartitions,
    ) -> None:
        """``own_partitions``: told which partitions the group has given this process."""
        self.consumer: AIOKafkaConsumer
        self._own_partitions = own_partitions
        self._noted: tuple[set[TopicPartition], set[str]] = (set(), set())
        """The partitions that were this process's, of which topics, when it was last looked."""
        self._intake = intake
        self._system_of = system_of
        self._arrival = arrival
        self._asides = asides
        self._in_hand = InHand(intake, lambda: self.consumer)
        self._places = Places(lambda: self.consumer, self._in_hand, asides)
        self._waiting = Waiting(lambda: self.consumer, system_of, self._places, self._in_hand, asides)

    # --- the loop
    # ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Reads until it is cancelled. Raises when the consumer itself no longer works."""
        while True:
            turned()
            await self._make_room()
            await self._waiting.look_around()
            if self._waiting.suspects:
                await self._one_by_one()
            try:
                found = await self._fetch()
            except (NoOffsetForPartitionError, OffsetOutOfRangeError) as error:
                await self._places.find(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody's record caused it
                await self._suspect_all(error)
            else:
                await self._take(found)

    async def _fetch(self) -> Records:
        found: Records = {}
        if not self._waiting.suspects:
            found = await self.consumer.getmany(timeout_ms=_WAIT_MS, max_records=self._intake.batch)
        elif others := self.consumer.assignment() - self._waiting.suspects.keys() - self._waiting.parts.keys():
            found = await self.consumer.getmany(*others, timeout_ms=_WAIT_SHORT_MS, max_records=self._intake.batch)
        else:
            await asyncio.sleep(_WAIT_SHORT_MS / 1000)
        return found

    async def _take(self, found: Records) -> None:
        """Hands records over without waiting for their commit; a partition whose records no system may send waits."""
        arrivals: list[Arrival] = []
        taken: dict[TopicPartition, tuple[int, int]] = {}
        waits: list[tuple[TopicPartition, int, str]] = []
        for part, records in found.items():
            for record in records:
                read = self._read(record)
                if isinstance(read, str):
                    waits.append((part, record.offset, read))
                    break
                arrivals.append(read)
                taken[part] = (taken.get(part, (record.offset, 0))[0], record.offset + 1)
        if arrivals:
            self._places.of.update({part: end for part, (_, end) in taken.items()})
            self._in_hand.add(arrivals, taken)
        for part, at, reason in waits:
            await self._waiting.set_aside(part, at, reason)
        known = self._asides.waiting
        for part in taken.keys() - {part for part, _, _ in waits}:
            if part in known and part not in self._waiting.suspects:
                await self._waiting.flows(part)
        await asyncio.sleep(0)  # the intake's queue is first come, first served

    def _read(self, record: ConsumerRecord) -> Arrival | str:
        """A record as the intake takes it, or a word for why it must wait."""
        system = self._system_of(record.topic)
        if isinstance(system, str):
            return system
        try:
            return self._arrival(record, system)
        except Exception as error:  # noqa: BLE001 - a defect of ours, over one record
            return f"defect:{type(error).__name__}"

    async def _make_room(self) -> None:
        """Waits until another batch may be fetched; a batch that was not handled is fetched again, and all after it."""
        while (failed := await self._in_hand.room()) is not None:
            await self._go_back(failed)

    async def _go_back(self, failed: HandOversFailed) -> None:
        if isinstance(failed.error, Unavailable):
            outages.met(failed.error, work="kafka")
        else:
            log.warning("batch_not_handled", error=type(failed.error).__name__)
        for part, at in failed.first.items():
            self._places.seek(part, at)
            await self._waiting.back(part, at)
            if not isinstance(failed.error, Unavailable | asyncio.CancelledError):
                self._waiting.suspect(part)
        await asyncio.sleep(_BACK_S)

    # --- whose is it?
    # --------------------------------------------------------------------------------------------------

    async def _suspect_all(self, error: Exception) -> None:
        """After a fetch that raised: the records that it had drained are gone, so all partitions go back and are read one by one."""
        if isinstance(error, ConsumerStoppedError) or await self._is_nobodys():
            raise error
        log.warning("fetch_failed", error=type(error).__name__)
        for part in self.consumer.assignment() - self._waiting.parts.keys():
            await self._places.back(part)
            self._waiting.suspect(part)

    async def _is_nobodys(self) -> bool:
        """Whether the consumer fails without any partition: not let into the group, say."""
        try:
            await self.consumer.getmany(_NOWHERE, timeout_ms=0)
        except Exception:  # noqa: BLE001 - the caller raises what it had
            return True
        return False

    async def _one_by_one(self) -> None:
        """Reads each suspect by itself, record after record, so that an error is known to be of that partition and record."""
        for part in list(self._waiting.suspects):
            if part not in self.consumer.assignment():
                self._waiting.suspects.pop(part, None)
                continue
            records: list[ConsumerRecord] = []
            error: Exception | None = None
            while error is None and len(records) < self._intake.batch:
                try:
                    got = await self.consumer.getmany(part, timeout_ms=0, max_records=1)
                except Exception as found:  # noqa: BLE001 - it is this partition's
                    error = found
                else:
                    if not got:
                        break
                    records += got[part]
            if records and not await self._alone(part, records):
                continue
            if isinstance(error, NoOffsetForPartitionError | OffsetOutOfRangeError):
                await self._places.find(error)
            elif error is not None:
                if isinstance(error, ConsumerStoppedError) or await self._is_nobodys():
                    raise error
                await self._waiting.set_aside(
                    part, await self._places.of_fault(part, error), reason_of(error), end_of_batch(error)
                )
            elif not records:
                await self._waiting.acquit(part)

    async def _alone(self, part: TopicPartition, records: Sequence[ConsumerRecord]) -> bool:
        """Handles a suspect's records to their commit, together and if that fails one by one; False: it waits at one."""
        arrivals: list[Arrival] = []
        waits: tuple[int, str] | None = None
        for record in records:
            read = self._read(record)
            if isinstance(read, str):
                waits = (record.offset, read)
                break
            arrivals.append(read)
        groups = [(arrivals, records[0].offset, records[len(arrivals) - 1].offset + 1)] if arrivals else []
        while groups:
            group, first, end = groups.pop(0)
            self._places.of[part] = end
            batch = self._in_hand.add(group, {part: (first, end)})
            error = await self._in_hand.outcome(batch)
            if error is None:
                continue
            if isinstance(error, Unavailable | asyncio.CancelledError):
                return False  # the loop comes to it and goes back
            self._in_hand.forget(batch)
            if len(group) == 1:
                await self._waiting.set_aside(part, first, f"defect:{type(error).__name__}")
                return False
            at = dict(zip(map(id, arrivals), (record.offset for record in records), strict=False))
            groups = [([one], at[id(one)], at[id(one)] + 1) for one in group] + groups
        if waits is not None:
            await self._waiting.set_aside(part, *waits)
            return False
        if (known := self._asides.waiting.get((part.topic, part.partition))) and self._places.of[part] > known.at:
            await self._waiting.flows(part)
        return True

    # --- the group
    # -----------------------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Finishes the batches in hand first; records that take too long come again to the next reader, as repeats."""
        del revoked
        await self._in_hand.finish(_LEAVE_S)
        self._in_hand.epoch += 1
        self._in_hand.is_joining = True
        for state in (self._places.of, self._waiting.parts, self._waiting.suspects):
            state.clear()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Reads partitions that wait by themselves from the start, and a topic that was made anew from its first record."""
        self._in_hand.is_joining = False
        self.note_partitions()
        await self._waiting.given(assigned)
        await self._places.given({part.topic for part in assigned})

    def note_partitions(self) -> None:
        """Notes which partitions are this process's, of how many."""
        assigned, topics = self.consumer.assignment(), self.consumer.subscription()
        if (assigned, topics) != self._noted:
            partitions = {topic: len(self.consumer.partitions_for_topic(topic) or ()) for topic in topics}
            self._own_partitions.look(assigned, partitions)
            if all(partitions.values()):  # else the broker has not said yet how many each has
                self._noted = set(assigned), set(topics)

    async def begin_again(self, topic: str) -> None:
        """The topic was deleted and made anew: read from its first record."""
        await self._places.begin_again(topic)

    async def finish(self, timeout_s: float) -> None:
        """Stops when the batches in hand are handled, within ``timeout_s`` seconds, and commits their offsets."""
        await self._in_hand.finish(timeout_s)

    @property
    def busy(self) -> bool:
        """Whether batches are in hand or partitions suspected: the offsets read are then not the offsets handled."""
        return self._in_hand.busy or bool(self._waiting.suspects)

    async def behind(self, ends: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Records not yet taken, by partition; offsets without a record (aborted, markers) are passed over."""
        found: dict[TopicPartition, int] = {}
        for part, end in ends.items():
            stands = self._places.of.get(part)
            if (stands is None or stands < end) and part not in self._waiting.parts and not self.busy:
                async with asyncio.timeout(ANSWER_S):
                    at = int(await self.consumer.position(part))
                if not self.busy and at > (stands or 0) and part in self.consumer.assignment():
                    self._places.of[part] = at
                    self._in_hand.stand(part, at)
                stands = at
            found[part] = max(0, end - (stands or 0))
        return found

    def waits(self, part: TopicPartition) -> bool:
        """Whether a partition was set aside."""
        return part in self._waiting.parts

    async def outlived(self) -> None:
        """Records the gaps that retention made in partitions that wait."""
        await self._waiting.outlived()
