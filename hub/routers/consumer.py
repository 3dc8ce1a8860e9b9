"""The loop that must not lose (D-1): fetch → submit → commit, and on any error back to what was handled. Imports aiokafka
and the intake only.

Whatever a fetch or a record raises concerns its own partition: that one waits by name, everything else flows (D-4).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import (
    ConsumerStoppedError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    RecordTooLargeError,
)

from hub.errors import Unavailable
from hub.intake.arrival import Arrival
from hub.intake.intake import Intake
from hub.log import log
from hub.routers.asides import NOBODYS, Asides
from hub.routers.faults import end_of_batch, reason_of
from hub.routers.in_hand import Failed, InHand
from hub.supervisor import turned
from schemas.directory import System

_WAIT_MS, _WAIT_SHORT_MS = 1_000, 50
_SUSPECTED_S = 10.0
"""Seconds for which partitions are read one by one after an error that does not say whose it is."""

_AGAIN_S = (5.0, 30.0, 60.0)
"""Waits before a partition that was set aside is tried again; the last one is repeated."""

_BACK_S = 0.5
_COMMIT_S = 5.0
_LEAVE_S = 5.0
"""Seconds that what is in hand is given when the partitions go to another hub."""

_ANEW_S = 300.0
_NOWHERE = TopicPartition("", 0)

Records = Mapping[TopicPartition, Sequence[ConsumerRecord]]


@dataclass(slots=True)
class _Waiting:
    at: int
    reason: str
    tries: int
    again_at: float | None
    """None: it goes on when the directory changes."""


class Reader(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Reads one consumer's partitions for as long as it runs."""

    def __init__(
        self,
        intake: Intake,
        system_of: Callable[[str], System | str],
        arrival: Callable[[ConsumerRecord, System], Arrival],
        asides: Asides,
    ) -> None:
        """``system_of``: topic → the system that writes there, or in a word why its records are not taken in."""
        self.consumer: AIOKafkaConsumer
        self._intake = intake
        self._system_of = system_of
        self._arrival = arrival
        self._asides = asides
        self._in_hand = InHand(intake, lambda: self.consumer)
        self._stands: dict[TopicPartition, int] = {}
        self._waiting: dict[TopicPartition, _Waiting] = {}
        self._suspects: dict[TopicPartition, float] = {}
        self._anew: dict[str, float] = {}

    # --- the loop
    # ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled. Raises when the consumer itself does not work any more."""
        while True:
            turned()
            await self._make_room()
            await self._look_around()
            if self._suspects:
                await self._one_by_one()
            try:
                found = await self._fetch()
            except (NoOffsetForPartitionError, OffsetOutOfRangeError) as error:
                await self._find_place(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody's record caused it
                await self._suspect_all(error)
            else:
                await self._take(found)

    async def _fetch(self) -> Records:
        found: Records = {}
        if not self._suspects:
            found = await self.consumer.getmany(timeout_ms=_WAIT_MS, max_records=self._intake.batch)
        elif others := self.consumer.assignment() - self._suspects.keys() - self._waiting.keys():
            found = await self.consumer.getmany(*others, timeout_ms=_WAIT_SHORT_MS, max_records=self._intake.batch)
        else:
            await asyncio.sleep(_WAIT_SHORT_MS / 1000)
        return found

    async def _take(self, found: Records) -> None:
        """Hands records over without waiting for their commit; what nobody may send here waits."""
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
            self._stands.update({part: end for part, (_, end) in taken.items()})
            self._in_hand.add(arrivals, taken)
        for part, at, reason in waits:
            await self._set_aside(part, at, reason)
        known = self._asides.waiting
        for part in taken.keys() - {part for part, _, _ in waits}:
            if part in known and part not in self._suspects:
                await self._flows(part)
        await asyncio.sleep(0)  # the intake's queue is first come, first served

    def _read(self, record: ConsumerRecord) -> Arrival | str:
        """A record as the intake takes it, or in a word why it must wait."""
        system = self._system_of(record.topic)
        if isinstance(system, str):
            return system
        try:
            return self._arrival(record, system)
        except Exception as error:  # noqa: BLE001 - a defect of ours, over one record
            return f"defect:{type(error).__name__}"

    async def _make_room(self) -> None:
        """Until another batch may be fetched; one that was not handled is fetched again, and all after it."""
        while (failed := await self._in_hand.room()) is not None:
            await self._go_back(failed)

    async def _go_back(self, failed: Failed) -> None:
        log.warning("batch_not_handled", error=type(failed.error).__name__)
        for part, at in failed.first.items():
            self._seek(part, at)
            if not isinstance(failed.error, Unavailable | asyncio.CancelledError):
                self._suspects[part] = time.monotonic() + _SUSPECTED_S
        await asyncio.sleep(_BACK_S)

    def _seek(self, part: TopicPartition, at: int) -> None:
        if part in self.consumer.assignment():
            self.consumer.seek(part, at)
            self._stands[part] = at

    # --- whose is it?
    # --------------------------------------------------------------------------------------------------

    async def _suspect_all(self, error: Exception) -> None:
        """A fetch raised, and what it had drained of others is gone with it: all go back, and are read one by one."""
        if isinstance(error, ConsumerStoppedError) or await self._is_nobodys():
            raise error
        log.warning("fetch_failed", error=type(error).__name__)
        for part in self.consumer.assignment() - self._waiting.keys():
            if part not in self._stands:
                self._stands[part] = await self._committed(part)
            self._seek(part, self._stands[part])
            self._suspects[part] = time.monotonic() + _SUSPECTED_S

    async def _is_nobodys(self) -> bool:
        """Whether the consumer fails without any partition: not let into the group, say."""
        try:
            await self.consumer.getmany(_NOWHERE, timeout_ms=0)
        except Exception:  # noqa: BLE001 - the caller raises what it had
            return True
        return False

    async def _committed(self, part: TopicPartition) -> int:
        at: int | None = await self.consumer.committed(part)
        return at if at is not None else int((await self.consumer.beginning_offsets([part]))[part])

    async def _one_by_one(self) -> None:
        """Reads each suspect by itself, record after record, so that an error says whose it is and where."""
        for part in list(self._suspects):
            if part not in self.consumer.assignment():
                self._suspects.pop(part, None)
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
                await self._find_place(error)
            elif error is not None:
                if isinstance(error, ConsumerStoppedError) or await self._is_nobodys():
                    raise error
                await self._set_aside(part, await self._position(part, error), reason_of(error), end_of_batch(error))
            elif not records:
                await self._acquit(part)

    async def _acquit(self, part: TopicPartition) -> None:
        """A suspect that has given all it had, or nothing for long, is read with the others again."""
        stable = self.consumer.last_stable_offset(part)
        caught_up = stable is not None and self._stands.get(part, -1) >= stable
        if not caught_up and time.monotonic() <= self._suspects.get(part, 0):
            return
        self._suspects.pop(part, None)
        if caught_up and part in self._asides.waiting:
            await self._flows(part)
        elif part in self._waiting:
            self.consumer.pause(part)  # it showed nothing this time

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
            self._stands[part] = end
            batch = self._in_hand.add(group, {part: (first, end)})
            error = await self._in_hand.outcome(batch)
            if error is None:
                continue
            if isinstance(error, Unavailable | asyncio.CancelledError):
                return False  # the loop comes to it and goes back
            self._in_hand.forget(batch)
            if len(group) == 1:
                await self._set_aside(part, first, f"defect:{type(error).__name__}")
                return False
            at = dict(zip(map(id, arrivals), (record.offset for record in records), strict=False))
            groups = [([one], at[id(one)], at[id(one)] + 1) for one in group] + groups
        if waits is not None:
            await self._set_aside(part, *waits)
            return False
        if (known := self._asides.waiting.get((part.topic, part.partition))) and self._stands[part] > known.at:
            await self._flows(part)
        return True

    async def _position(self, part: TopicPartition, error: Exception) -> int:
        """Where the record is that cannot be read; aiokafka has stepped over one that is too large."""
        async with asyncio.timeout(_COMMIT_S):
            at = int(await self.consumer.position(part))
        return at - 1 if isinstance(error, RecordTooLargeError) else at

    # --- waiting, and going on
    # -----------------------------------------------------------------------------------------

    async def _set_aside(self, part: TopicPartition, at: int, reason: str, until: int | None = None) -> None:
        """The partition waits at this record; what was before it is handled."""
        if part not in self.consumer.assignment():
            return
        self._seek(part, at)
        self.consumer.pause(part)
        self._suspects.pop(part, None)
        before = self._waiting.get(part)
        tries = before.tries + 1 if before is not None and before.at == at else 0
        later = None if reason in NOBODYS else _AGAIN_S[min(tries, len(_AGAIN_S) - 1)]
        self._waiting[part] = _Waiting(at, reason, tries, None if later is None else time.monotonic() + later)
        if not tries:
            self._in_hand.stand(part, at)  # so that the group knows where it stands, whatever retention does
        await self._asides.put((part.topic, part.partition), at, reason, until)

    async def _flows(self, part: TopicPartition) -> None:
        self._waiting.pop(part, None)
        if part in self.consumer.assignment():
            self.consumer.resume(part)
        await self._asides.flows((part.topic, part.partition))

    async def _look_around(self) -> None:
        """What waits and may go on: its system is in the directory, operations says so, or it is time to try again."""
        known = self._asides.waiting
        for part, waiting in list(self._waiting.items()):
            row = known.get((part.topic, part.partition))
            if row is not None and row.pass_to is not None and row.at == waiting.at:
                log.warning("topic_passed", topic=part.topic, partition=part.partition, at=row.at, to=row.pass_to)
                self._seek(part, row.pass_to)
                self._in_hand.stand(part, row.pass_to)
                await self._flows(part)
            elif waiting.again_at is None:
                if not isinstance(self._system_of(part.topic), str):
                    await self._flows(part)
            elif time.monotonic() > waiting.again_at and part not in self._suspects:
                self.consumer.resume(part)
                self._suspects[part] = time.monotonic() + _SUSPECTED_S
                waiting.again_at = time.monotonic() + 2 * _SUSPECTED_S

    async def _find_place(self, error: KafkaError) -> None:
        """Where to begin in a partition that the group has never read, or in which what came next is gone."""
        (found,) = error.args
        fresh = isinstance(error, NoOffsetForPartitionError)
        part, stood = (found, 0) if fresh else next(iter(found.items()))
        begin = int((await self.consumer.beginning_offsets([part]))[part])
        if begin > stood:
            await self._lose(part, stood, "never-read" if fresh else "retention", begin)
        elif not fresh:
            await self._lose(part, int((await self.consumer.end_offsets([part]))[part]), "log-cut", stood)
        if fresh and not begin:
            self._seek(part, begin)
        else:
            self._go_to(part, begin)

    async def _lose(self, part: TopicPartition, at: int, reason: str, until: int | None) -> None:
        await self._asides.lose((part.topic, part.partition), at, reason, until)

    def _go_to(self, part: TopicPartition, at: int) -> None:
        self._seek(part, at)
        self._in_hand.stand(part, at)

    async def begin_again(self, topic: str) -> None:
        """The topic was deleted and made anew: read from its first record, for what was read of it may be of either."""
        self._anew[topic] = time.monotonic()
        mine = [part for part in self.consumer.assignment() if part.topic == topic]
        async with asyncio.timeout(_COMMIT_S):
            found = await self.consumer.beginning_offsets(mine) if mine else {}
        for part, begin in found.items():
            self._go_to(part, begin)

    # --- the group
    # -----------------------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """What is in hand is finished first; what takes too long comes again to whoever reads next, as a repeat."""
        del revoked
        await self._in_hand.finish(_LEAVE_S)
        self._in_hand.epoch += 1
        for state in (self._stands, self._waiting, self._suspects):
            state.clear()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """What is known to wait is read one by one from the beginning, so that it disturbs nobody."""
        await self._asides.refresh()
        known = self._asides.waiting
        for part in assigned:
            row = known.get((part.topic, part.partition))
            if row is not None and row.reason not in NOBODYS:
                self._suspects[part] = time.monotonic() + _SUSPECTED_S
        for topic in {part.topic for part in assigned}:
            if time.monotonic() - self._anew.get(topic, -_ANEW_S) < _ANEW_S:
                await self.begin_again(topic)

    async def finish(self, timeout_s: float) -> None:
        """A graceful stop: what is in hand is handled and committed, within ``timeout_s`` seconds."""
        await self._in_hand.finish(timeout_s)

    @property
    def busy(self) -> bool:
        """Something is in hand, or somebody is suspected: positions are not what has been handled."""
        return self._in_hand.busy or bool(self._suspects)

    async def behind(self, ends: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Records not yet taken, by partition; what lies there and is nobody's (aborted, markers) is passed over."""
        found: dict[TopicPartition, int] = {}
        for part, end in ends.items():
            stands = self._stands.get(part)
            if (stands is None or stands < end) and part not in self._waiting and not self.busy:
                async with asyncio.timeout(_COMMIT_S):
                    at = int(await self.consumer.position(part))
                if not self.busy and at > (stands or 0) and part in self.consumer.assignment():
                    self._stands[part] = at
                    self._in_hand.stand(part, at)
                stands = at
            found[part] = max(0, end - (stands or 0))
        return found

    def waits(self, part: TopicPartition) -> bool:
        """Whether a partition was set aside."""
        return part in self._waiting

    async def oldest(self) -> None:
        """Names what retention took from under partitions that wait."""
        waiting = {part: each.at for part, each in self._waiting.items()}
        for part, begin in (await self.consumer.beginning_offsets(list(waiting)) if waiting else {}).items():
            if begin > waiting[part] and part in self._waiting:
                await self._lose(part, waiting[part], "retention", begin)
                self._go_to(part, begin)
                await self._flows(part)
