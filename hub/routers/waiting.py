"""Partitions that wait at a record that cannot be read, and partitions suspected of holding one (D-4).
Imports aiokafka only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from hub.log import log
from hub.routers.asides import NOBODYS, Asides
from hub.routers.in_hand import InHand
from hub.routers.places import Places
from schemas.directory import System

_SUSPECTED_S = 10.0
"""Seconds for which partitions are read one by one after an error that does not name its partition."""

_AGAIN_S = (5.0, 30.0, 60.0)
"""Seconds before a partition that was set aside is tried again; the last wait is repeated."""

SystemOf = Callable[[str], System | str]
"""Topic → the system that writes there, or a word for why its records are not taken in."""


@dataclass(slots=True)
class _Wait:
    at: int
    reason: str
    tries: int
    again_at: float | None
    """None: it waits until the directory changes."""


class Waiting:
    """The waiting partitions of one consumer: set aside, tried again, passed by operations, read with the others again."""

    def __init__(
        self,
        consumer: Callable[[], AIOKafkaConsumer],
        system_of: SystemOf,
        places: Places,
        in_hand: InHand,
        asides: Asides,
    ) -> None:
        self._consumer = consumer
        self._system_of = system_of
        self._places = places
        self._in_hand = in_hand
        self._asides = asides
        self.parts: dict[TopicPartition, _Wait] = {}
        self.suspects: dict[TopicPartition, float] = {}
        """Partition that is read by itself → until when."""

    def suspect(self, part: TopicPartition) -> None:
        """Reads the partition by itself from now on, record after record, so that an error is known to be of it."""
        self.suspects[part] = time.monotonic() + _SUSPECTED_S

    async def acquit(self, part: TopicPartition) -> None:
        """Reads a suspect with the others again when all its records are read, or it has given none for long."""
        stable = self._consumer().last_stable_offset(part)
        caught_up = stable is not None and self._places.of.get(part, -1) >= stable
        if not caught_up and time.monotonic() <= self.suspects.get(part, 0):
            return
        self.suspects.pop(part, None)
        if caught_up and part in self._asides.waiting:
            await self.flows(part)
        elif part in self.parts:
            self._consumer().pause(part)  # it showed nothing this time

    async def set_aside(self, part: TopicPartition, at: int, reason: str, until: int | None = None) -> None:
        """Lets the partition wait at this record; the records before it are handled."""
        if part not in self._consumer().assignment():
            return
        self._places.seek(part, at)
        self._consumer().pause(part)
        self.suspects.pop(part, None)
        before = self.parts.get(part)
        tries = before.tries + 1 if before is not None and before.at == at else 0
        later = None if reason in NOBODYS else _AGAIN_S[min(tries, len(_AGAIN_S) - 1)]
        self.parts[part] = _Wait(at, reason, tries, None if later is None else time.monotonic() + later)
        if not tries:
            self._in_hand.stand(part, at)  # so that the group knows where it stands, whatever retention does
        await self._asides.put((part.topic, part.partition), at, reason, until)

    async def flows(self, part: TopicPartition) -> None:
        """Reads the partition with the others again."""
        self.parts.pop(part, None)
        if part in self._consumer().assignment():
            self._consumer().resume(part)
        await self._asides.flows((part.topic, part.partition))

    async def back(self, part: TopicPartition, at: int) -> None:
        """Ends the wait of a partition that is read again from before the record where it waits. Until it comes to that
        record once more operations cannot let the record pass, for records before it are not handled.
        """
        wait = self.parts.get(part)
        if wait is not None and wait.at > at:
            await self.flows(part)

    async def look_around(self) -> None:
        """Goes on with partitions whose system is in the directory, that operations lets pass, or that are due for a new try."""
        known = self._asides.waiting
        for part, wait in list(self.parts.items()):
            row = known.get((part.topic, part.partition))
            if row is not None and row.pass_to is not None and row.at == wait.at:
                log.warning("topic_passed", topic=part.topic, partition=part.partition, at=row.at, to=row.pass_to)
                self._places.go_to(part, row.pass_to)
                await self.flows(part)
            elif wait.again_at is None:
                if not isinstance(self._system_of(part.topic), str):
                    await self.flows(part)
            elif time.monotonic() > wait.again_at and part not in self.suspects:
                self._consumer().resume(part)
                self.suspect(part)
                wait.again_at = time.monotonic() + 2 * _SUSPECTED_S

    async def given(self, parts: Iterable[TopicPartition]) -> None:
        """Partitions came to this hub: it reads those known to wait one by one, so that they disturb no other."""
        await self._asides.refresh()
        known = self._asides.waiting
        for part in parts:
            row = known.get((part.topic, part.partition))
            if row is not None and row.reason not in NOBODYS:
                self.suspect(part)

    async def outlived(self) -> None:
        """Records the gap that retention made in partitions that wait, and goes on after it."""
        at = {part: wait.at for part, wait in self.parts.items()}
        for part, begin in (await self._consumer().beginning_offsets(list(at)) if at else {}).items():
            if begin > at[part] and part in self.parts:
                await self._places.lose(part, at[part], "retention", begin)
                self._places.go_to(part, begin)
                await self.flows(part)
