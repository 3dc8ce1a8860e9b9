"""The one queue that every way in feeds, and the loop that empties it batch by batch. Imports the handling
and the store.

Whatever has arrived goes into one transaction; a message that comes alone goes straight through, no timer adds latency.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hub.attachments.scanner import Inspection
from hub.errors import Unavailable
from hub.intake.arrival import Arrival
from hub.intake.commit import Transactions
from hub.intake.hub_messages import WhatRegistersSaid
from hub.intake.inspection import Named, named
from hub.intake.reading import ArrivalReader
from hub.intake.retry import retry
from hub.intake.workshop import Workshop
from hub.log import log
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store
from schemas.directory import Directory
from schemas.messages import Receipt

QUEUE = 5_000
"""Messages that may wait for their transaction; past it HTTP answers 503 and Kafka is not fetched from (D-8)."""

QUEUE_BYTES = 64 * 1024 * 1024
"""Bytes of messages that may, likewise: a few hundred of the largest."""

_AT_ONCE = 3
"""Transactions under way: one is decided while another is written; what they have in hand never concerns the same
case.
"""

_ENOUGH = 50
"""Messages that must wait for a transaction to begin beside another: fewer cost less, and wait less, in the next one
together.
"""

_DOWN_S = 0.5
"""Seconds between tries while the database is away."""


@dataclass(slots=True)
class _Waiting:
    arrivals: Sequence[Arrival]
    patient: bool
    done: asyncio.Future[list[Receipt]]
    bytes: int
    """Of the messages as they came."""

    def subjects(self) -> set[str]:
        """What it is about, as far as order goes: one system's messages of one case."""
        return {f"{a.system_id}/{a.message.subject}" for a in self.arrivals if a.message is not None}


class Intake:
    """Takes arrivals, answers with receipts after their commit, offers what is to be sent to the relay and the
    addressing.
    """

    def __init__(
        self,
        store: Store,
        directory: Callable[[], Directory],
        known: WhatRegistersSaid,
        offer: Callable[[list[OutboxRow]], None],
        *,
        batch: int = 500,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.batch = batch
        """Messages in one transaction at the most, unless one router hands over more at once."""
        self._store = store
        self._directory = directory
        self._transactions = Transactions(store, directory, known, offer, clock)
        self._clock = clock
        self._inspection = Inspection(self._named)
        self.workshop = Workshop()
        self._reading = ArrivalReader(self.workshop)
        self._queue: deque[_Waiting] = deque()
        self._length = self._bytes = 0
        self._wake = asyncio.Event()
        self._stopping = False
        self._down = False
        self._under_way: dict[asyncio.Task[None], set[str]] = {}

    @property
    def progress(self) -> int:
        """Transactions done so far: health asks whether this moves, not whether anybody answers a ping."""
        return self._transactions.progress

    @property
    def length(self) -> int:
        """Messages that wait for their transaction or are in it."""
        return self._length

    @property
    def full(self) -> bool:
        """True when more should not be taken in now (D-8)."""
        return self._length >= QUEUE or self._bytes >= QUEUE_BYTES

    def _count(self, waiting: Iterable[_Waiting], sign: int) -> None:
        for one in waiting:
            self._length += sign * len(one.arrivals)
            self._bytes += sign * one.bytes

    async def submit(self, arrivals: Sequence[Arrival], *, patient: bool = False) -> list[Receipt]:
        """Handles messages and returns their receipts once they are committed.

        Raises ``Unavailable`` while the store is down; a ``patient`` caller waits until it is back instead.
        """
        self._is_open(patient)
        fresh = [arrival for arrival in arrivals if arrival.message is None and not arrival.digest]
        done: asyncio.Future[list[Receipt]] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(arrivals, patient, done, sum(len(arrival.raw) for arrival in arrivals))
        self._count([waiting], 1)
        try:
            await self._reading.read(arrivals, fresh, self._directory().identities, patient=patient)
            self._is_open(patient)
            if self._inspection.concerns(arrivals):
                await self._inspection.pass_through(arrivals, waiting.subjects(), patient=patient)
                self._is_open(patient)
        except BaseException:
            self._count([waiting], -1)
            raise
        self._queue.append(waiting)
        self._wake.set()
        return await done

    async def _named(self, arrivals: Sequence[Arrival]) -> list[Named]:
        async with self._store.transaction() as connection:
            return await named(connection, arrivals)

    def _is_open(self, patient: bool) -> None:
        if self._stopping or (self._down and not patient):
            raise Unavailable("stopping" if self._stopping else "database", retry_after=5)

    async def run(self) -> None:
        """Empties the queue until ``stop``; then finishes what was taken in and ends."""
        try:
            while self._queue or self._under_way or not self._stopping:
                self._wake.clear()
                taken = self._take() if self._may_begin() else []
                if not taken:
                    await self._wake.wait()
                    continue
                subjects = set().union(*(waiting.subjects() for waiting in taken))
                task = asyncio.create_task(self._handle(taken))
                self._under_way[task] = subjects
                task.add_done_callback(self._landed)
        finally:
            self._stopping = True
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            self._give_back(self._queue)
            self._count(self._queue, -1)
            self._queue.clear()
            await self._inspection.close()
            await self.workshop.close()

    def _may_begin(self) -> bool:
        if not self._under_way:
            return True
        waiting = self._queue
        many = len(waiting) >= _ENOUGH or sum(len(one.arrivals) for one in waiting) >= _ENOUGH
        return many and len(self._under_way) < _AT_ONCE

    def _take(self) -> list[_Waiting]:
        """The next batch: whatever has come, up to its size, in order and of no case that is in hand already."""
        in_hand: set[str] = set().union(*self._under_way.values())
        taken: list[_Waiting] = []
        size = 0
        while self._queue and (not taken or size + len(self._queue[0].arrivals) <= self.batch):
            if not in_hand.isdisjoint(self._queue[0].subjects()):
                break
            taken.append(self._queue.popleft())
            size += len(taken[-1].arrivals)
        return taken

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)
        self._wake.set()

    def stop(self) -> None:
        """Takes nothing in any more."""
        self._stopping = True
        self._wake.set()

    async def _handle(self, taken: list[_Waiting]) -> None:
        """One batch to its receipts; while the database is away the patient ones wait and the others are told.

        However it ends, nobody is left waiting for an answer that does not come.
        """
        left = taken
        try:
            while left:
                try:
                    receipts = await self._transactions.handle(
                        [arrival for waiting in left for arrival in waiting.arrivals]
                    )
                except Unavailable as unavailable:
                    log.warning("intake_waits", reason=unavailable.reason)
                    left = _patient(left, unavailable)
                    self._tell_all(unavailable)
                except Exception as error:  # noqa: BLE001 - not even holding it succeeded: nothing may be lost, so try again
                    log.error("intake_fails", error=type(error).__name__)
                    left = _patient(left, Unavailable("defect"))
                else:
                    break
                if left:
                    await asyncio.sleep(_DOWN_S)
            self._down = False
            start = 0
            for waiting in left:
                end = start + len(waiting.arrivals)
                if not waiting.done.done():
                    waiting.done.set_result(receipts[start:end])
                start = end
        finally:
            self._count(taken, -1)
            self._give_back(taken)

    def _tell_all(self, failed: Unavailable) -> None:
        """The store does not answer: whoever cannot wait is told so now, and until it answers again."""
        self._down = True
        self._count([one for one in self._queue if not one.patient], -1)
        self._queue = deque(_patient(self._queue, failed))

    def _give_back(self, waiting: Iterable[_Waiting]) -> None:
        """What was not handled is its sender's again: not acknowledged, and so not lost."""
        for one in waiting:
            if not one.done.done():
                one.done.set_exception(Unavailable("stopping", retry_after=5))

    async def retry_held(self) -> int:
        """Tries what is held and whose time has come; returns how many were tried."""
        return await retry(self._store, self._directory(), self.submit, self._clock())


def _patient(waiting: Iterable[_Waiting], failed: Unavailable) -> list[_Waiting]:
    """Those that wait until it works; the others are told that it does not, and may send again."""
    for one in waiting:
        if not one.patient and not one.done.done():
            one.done.set_exception(failed)
    return [one for one in waiting if one.patient]
