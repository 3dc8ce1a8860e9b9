"""The one queue that every way in feeds, and the loop that empties it batch by batch. Imports the file check, the reading,
the transactions and the store.

What can happen. A router hands over arrivals by ``submit`` and waits for their receipts. They are read (``reading``), their
files are checked (``file_check``), and they join the queue. ``run`` takes a batch from the queue and has it committed
(``commit``): ``load`` reads what the batch is about and locks its cases, ``handle`` answers each message, ``save`` writes
receipts, cases, holds and outbox rows. Then the receipts go back to the router, and the outbox rows to delivery and addressing.
A message takes these rooms in this order, each once. There is no timer: a message that comes alone is committed alone, and
under load a batch is whatever has come while the batch before it was written.

What is promised.
* A receipt is returned after the commit of everything that follows from the message, never before. A router acknowledges
  (HTTP answers, a Kafka offset) only with the receipt in hand, so that a crash at any moment loses nothing: what was not
  committed is sent again by the system or read again from Kafka, and what was committed is recognised by its id (D-2).
* One system's messages with one subject are decided in the order in which they joined the queue, although several transactions
  are under way at once: no batch begins while another one has a message of that system and subject. For a caller with ``wait``
  (Kafka) they join in the order in which they were submitted, however long each takes to read.
* A submission ends in receipts or in ``Unavailable``, whatever happens: the store is away, the hub stops, our code fails.
  Without ``wait`` the caller is told at once that the store is away; with ``wait`` it is told when the store is back.
* An error of ours holds the message that met it, and no other (``commit``). A message that may not be decided yet is held,
  and is tried again (``holds``).
* The memory that waiting messages take has a limit: ``full`` tells the routers to take in no more (D-8).

What may never be: a receipt for something that a crash can undo, a message that is handled twice, two transactions that decide
messages of one case in the wrong order, a caller that waits for ever.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub import clock
from hub.errors import Unavailable
from hub.intake.arrival import Arrival
from hub.intake.commit import Transactions
from hub.intake.file_check import CaseNames, FileCheck, case_names
from hub.intake.hub_messages import WhatRegistersSaid
from hub.intake.process_pool import ProcessPool
from hub.intake.reading import ArrivalReader
from hub.intake.retry import retry
from hub.log import log
from hub.outages import outages
from hub.shards import Shards
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store
from schemas.directory import Directory
from schemas.messages import Receipt

QUEUE = 5_000
"""Messages that may wait for their transaction. Above it HTTP answers 503, and nothing is fetched from Kafka (D-8)."""

QUEUE_BYTES = 64 * 1024 * 1024
"""Bytes of messages that may wait, likewise: a few hundred of the largest."""

_AT_ONCE = 3
"""Transactions under way at once: one is handled while another is written. They never concern the same case."""

_ENOUGH = 50
"""Messages that must wait before another transaction begins beside one under way. Fewer messages cost less, and wait less,
in the next transaction together.
"""

_LANES_S = 0.005
"""Seconds between looks at lanes that have much in hand."""

_DOWN_S = 0.5
"""Seconds between tries while the database is away."""


@dataclass(slots=True)
class _Submission:
    """The arrivals that one caller handed over at once."""

    arrivals: Sequence[Arrival]
    wait: bool
    receipts: asyncio.Future[list[Receipt]]
    bytes: int
    """Of the messages as they came."""

    def subjects(self) -> set[str]:
        """The system and subject of each message: the order is kept within each of them."""
        return {f"{a.system_id}/{a.message.subject}" for a in self.arrivals if a.message is not None}

    def fail(self, error: Unavailable) -> None:
        """Tells the caller that the messages were not handled: it does not acknowledge them, and so they are not lost."""
        if not self.receipts.done():
            self.receipts.set_exception(error)


class Intake:
    """Takes arrivals and returns their receipts after the commit; new outbox rows are offered to the relay and the
    addressing.
    """

    def __init__(
        self,
        store: Store,
        directory: Callable[[], Directory],
        said: WhatRegistersSaid,
        offer: Callable[[list[OutboxRow]], None],
        shards: Shards,
        *,
        batch: int = 500,
        lanes_full: Callable[[], bool] = lambda: False,
        clock: Callable[[], datetime] = clock.now,
    ) -> None:
        self.batch = batch
        """Messages in one transaction at the most, unless one caller hands over more at once."""
        self._store = store
        self._directory = directory
        self._transactions = Transactions(store, directory, said, offer, shards, clock)
        self._clock = clock
        self._lanes_full = lanes_full
        self._files = FileCheck(self._case_names)
        self.process_pool = ProcessPool()
        self._reading = ArrivalReader(self.process_pool)
        self._queue: deque[_Submission] = deque()
        self._length = self._bytes = 0
        self._wake = asyncio.Event()
        self._stopping = False
        self._down = False
        self._under_way: dict[asyncio.Task[None], set[str]] = {}

    @property
    def progress(self) -> int:
        """Transactions done so far. Health looks at whether this grows: a loop that answers may still be stuck."""
        return self._transactions.progress

    @property
    def length(self) -> int:
        """Messages that are being read, wait for their transaction, or are in it."""
        return self._length

    @property
    def full(self) -> bool:
        """True when the routers should take in no more (D-8)."""
        return self._length >= QUEUE or self._bytes >= QUEUE_BYTES

    def _count(self, submissions: Iterable[_Submission], sign: int) -> None:
        for one in submissions:
            self._length += sign * len(one.arrivals)
            self._bytes += sign * one.bytes

    async def submit(self, arrivals: Sequence[Arrival], *, wait: bool = False) -> list[Receipt]:
        """Handles messages and returns their receipts once they are committed.

        Raises ``Unavailable`` while the store is away; with ``wait`` it waits until the store is back, and raises only when
        the hub stops.
        """
        self._check_open(wait=wait)
        unread = [arrival for arrival in arrivals if arrival.message is None and not arrival.digest]
        receipts: asyncio.Future[list[Receipt]] = asyncio.get_running_loop().create_future()
        submission = _Submission(arrivals, wait, receipts, sum(len(arrival.raw) for arrival in arrivals))
        self._count([submission], 1)
        try:
            await self._reading.read(arrivals, unread, self._directory().identities, wait=wait)
            self._check_open(wait=wait)
            if self._files.concerns(arrivals):
                await self._files.check(arrivals, submission.subjects(), wait=wait)
                self._check_open(wait=wait)
        except BaseException:
            self._count([submission], -1)
            raise
        self._queue.append(submission)
        self._wake.set()
        return await receipts

    async def _case_names(self, arrivals: Sequence[Arrival]) -> list[CaseNames]:
        async with self._store.transaction() as connection:
            return await case_names(connection, arrivals)

    def _check_open(self, *, wait: bool) -> None:
        if self._stopping or (self._down and not wait):
            raise Unavailable("stopping" if self._stopping else "database", retry_after=5)

    async def run(self) -> None:
        """Empties the queue until ``stop``; then finishes what was taken in and ends."""
        try:
            while self._queue or self._under_way or not self._stopping:
                self._wake.clear()
                while self._lanes_full() and not self._stopping:
                    await asyncio.sleep(_LANES_S)  # what is taken in now would be read back from the table (D-8)
                batch = self._next_batch() if self._may_begin() else []
                if not batch:
                    await self._wake.wait()
                    continue
                subjects = set().union(*(one.subjects() for one in batch))
                task = asyncio.create_task(self._handle(batch))
                self._under_way[task] = subjects
                task.add_done_callback(self._ended)
        finally:
            self._stopping = True
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            _fail(self._queue, Unavailable("stopping", retry_after=5))
            self._count(self._queue, -1)
            self._queue.clear()
            await self._files.close()
            await self.process_pool.close()

    def _may_begin(self) -> bool:
        if not self._under_way:
            return True
        queue = self._queue
        many = len(queue) >= _ENOUGH or sum(len(one.arrivals) for one in queue) >= _ENOUGH
        return many and len(self._under_way) < _AT_ONCE

    def _next_batch(self) -> list[_Submission]:
        """The head of the queue, up to a batch's size; it ends before a message whose subject is under way already."""
        under_way: set[str] = set().union(*self._under_way.values())
        batch: list[_Submission] = []
        size = 0
        while self._queue and (not batch or size + len(self._queue[0].arrivals) <= self.batch):
            if not under_way.isdisjoint(self._queue[0].subjects()):
                break
            batch.append(self._queue.popleft())
            size += len(batch[-1].arrivals)
        return batch

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)
        self._wake.set()

    def stop(self) -> None:
        """Takes in no more."""
        self._stopping = True
        self._wake.set()

    async def _handle(self, batch: list[_Submission]) -> None:
        """Has one batch committed and returns the receipts. While the database is away, callers with ``wait`` wait and the
        others are told. However it ends, every caller gets receipts or ``Unavailable``.
        """
        left = batch
        try:
            while left:
                try:
                    receipts = await self._transactions.handle([a for one in left for a in one.arrivals])
                except Unavailable as unavailable:
                    outages.met(unavailable, work="intake")
                    left = _waiting(left, unavailable)
                    self._report_down(unavailable)
                except Exception as error:  # noqa: BLE001 - not even holding it succeeded: nothing may be lost, so try again
                    log.error("intake_fails", error=type(error).__name__)
                    left = _waiting(left, Unavailable("defect"))
                else:
                    break
                if left:
                    await asyncio.sleep(_DOWN_S)
            self._down = False
            start = 0
            for one in left:
                end = start + len(one.arrivals)
                if not one.receipts.done():
                    one.receipts.set_result(receipts[start:end])
                start = end
        finally:
            self._count(batch, -1)
            _fail(batch, Unavailable("stopping", retry_after=5))

    def _report_down(self, unavailable: Unavailable) -> None:
        """Tells the callers that do not wait that the store is away, those in the queue now and those to come."""
        self._down = True
        self._count([one for one in self._queue if not one.wait], -1)
        self._queue = deque(_waiting(self._queue, unavailable))

    async def retry_held(self) -> int:
        """Tries the held messages that are due; returns how many were tried."""
        return await retry(self._store, self._directory(), self.submit, self._clock())


def _fail(submissions: Iterable[_Submission], error: Unavailable) -> None:
    for one in submissions:
        one.fail(error)


def _waiting(submissions: Iterable[_Submission], error: Unavailable) -> list[_Submission]:
    """The submissions whose callers wait; the other callers get the error, and may send again."""
    _fail((one for one in submissions if not one.wait), error)
    return [one for one in submissions if one.wait]
