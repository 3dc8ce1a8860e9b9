"""The one queue that every way in feeds, and the loop that empties it batch by batch. Imports the batch, the store
and the metrics.

Whatever has arrived goes into one transaction; a message that comes alone goes straight through, no timer adds latency.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub import metrics
from hub.errors import Refused, Unavailable
from hub.intake.arrival import Arrival, read
from hub.intake.batch import AWAITS_OPENING, Batch
from hub.intake.inspection import Inspection
from hub.intake.kept import stored_arrival
from hub.intake.naming import Named, named
from hub.intake.own import Known
from hub.log import log
from hub.store import inbox
from hub.store.outbox import Item
from hub.store.transaction import Conflict, Store
from schemas.directory import Directory
from schemas.messages import Receipt

_HELD_AT_ONCE = 500
QUEUE = 5_000
"""Messages that may wait for their transaction; past it HTTP answers 503 and Kafka is not fetched from (D-8)."""

GIVE_UP_OPENING = timedelta(hours=72)
"""A message whose case is never opened is refused after this long, so that its sender knows."""

_TRIES_ON_CONFLICT = 5


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
        known: Known,
        offer: Callable[[list[Item]], None],
        *,
        batch: int = 500,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.batch = batch
        """Messages in one transaction at the most, unless one router hands over more at once."""
        self._store = store
        self._directory = directory
        self._known = known
        self._offer = offer
        self._clock = clock
        self._inspection = Inspection(self._named)
        self._queue: deque[_Waiting] = deque()
        self._length = 0
        self._wake = asyncio.Event()
        self._stopping = False
        self._down = False
        self._under_way: dict[asyncio.Task[None], set[str]] = {}
        self.progress = 0
        """Transactions done so far: health asks whether this moves, not whether anybody answers a ping."""

    @property
    def length(self) -> int:
        """Messages that wait for their transaction or are in it."""
        return self._length

    @property
    def full(self) -> bool:
        """True when more should not be taken in now (D-8)."""
        return self._length >= QUEUE

    async def submit(self, arrivals: Sequence[Arrival], *, patient: bool = False) -> list[Receipt]:
        """Handles messages and returns their receipts once they are committed.

        Raises ``Unavailable`` while the store is down; a ``patient`` caller waits until it is back instead.
        """
        self._is_open(patient)
        fresh = [arrival for arrival in arrivals if arrival.message is None and arrival.refused is None]
        for arrival in fresh:
            read(arrival)
        done: asyncio.Future[list[Receipt]] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(arrivals, patient, done)
        self._length += len(arrivals)
        try:
            if self._inspection.concerns(arrivals):
                await self._inspection.pass_through(arrivals, waiting.subjects(), patient=patient)
                self._is_open(patient)
        except BaseException:
            self._length -= len(arrivals)
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
            for task in self._under_way:
                task.cancel()
            await self._inspection.close()

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
        """One batch to its receipts; while the database is away the patient ones wait and the others are told."""
        size = sum(len(waiting.arrivals) for waiting in taken)
        try:
            while taken:
                try:
                    receipts = await self._batch([arrival for waiting in taken for arrival in waiting.arrivals])
                except Unavailable as unavailable:
                    log.warning("intake_waits", reason=unavailable.reason)
                    failed = unavailable
                except Exception as error:  # noqa: BLE001 - not even holding it succeeded: nothing may be lost, so try again
                    log.error("intake_fails", error=type(error).__name__)
                    failed = Unavailable("defect")
                else:
                    break
                self._down = True
                taken = _patient(taken, failed)
                self._length -= sum(len(one.arrivals) for one in self._queue if not one.patient)
                self._queue = deque(_patient(self._queue, failed))
                if taken:
                    await asyncio.sleep(_DOWN_S)
            self._down = False
            start = 0
            for waiting in taken:
                end = start + len(waiting.arrivals)
                if not waiting.done.done():
                    waiting.done.set_result(receipts[start:end])
                start = end
        finally:
            self._length -= size

    async def _batch(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """All in one transaction; when that fails for an unexpected reason one by one, and only the one that fails is
        held (D-4).
        """
        try:
            return await self._once(arrivals)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours: whatever it is, only its own message may wait for it
            if len(arrivals) == 1:
                return [await self._hold_alone(arrivals[0], error)]
            log.warning("batch_failed", size=len(arrivals), error=type(error).__name__)
        return [(await self._batch([arrival]))[0] for arrival in arrivals]

    async def _once(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        for attempt in range(_TRIES_ON_CONFLICT):
            batch = Batch(self._directory(), self._known, self._clock())
            try:
                async with self._store.transaction() as connection:
                    await batch.run(connection, arrivals)
            except Conflict:
                if attempt == _TRIES_ON_CONFLICT - 1:
                    raise
                continue
            self.progress += 1
            self._offer(batch.items)
            metrics.handled(batch.counted)
            return batch.receipts
        raise AssertionError

    async def _hold_alone(self, arrival: Arrival, error: Exception) -> Receipt:
        """A defect of ours: the message is kept and held with the error's name, never its text (it may quote the
        message).
        """
        reason = f"defect:{type(error).__name__}"
        log.error("message_held", reason=reason, system=arrival.system_id, place=arrival.place)
        batch = Batch(self._directory(), self._known, self._clock())
        try:
            async with self._store.transaction() as connection:
                receipt = await batch.hold_one(connection, arrival, reason)
        except (Unavailable, Conflict):
            raise
        except Exception:  # noqa: BLE001 - as above
            # Not even its envelope can be kept: its bytes are, under its place, and nothing waits for it.
            arrival.message, arrival.attributes, arrival.media_type = None, None, "application/octet-stream"
            arrival.refused = NOT_KEPT
            return (await self._once([arrival]))[0]
        self._offer(batch.items)
        metrics.handled(batch.counted)
        return receipt

    async def retry_held(self) -> int:
        """Tries the heads of held cases whose time has come; returns how many were tried."""
        now = self._clock()
        async with self._store.transaction() as connection:
            due = await inbox.held(connection, due=now, limit=_HELD_AT_ONCE)
            rows = await inbox.load(connection, [(h.source, h.message) for h in due])
        for held in due:
            arrival = stored_arrival(rows[held.source, held.message], self._directory())
            if held.reason == AWAITS_OPENING and now - held.since > GIVE_UP_OPENING:
                arrival.refused = NEVER_OPENED
            await self.submit([arrival])
        return len(due)


def _patient(waiting: Iterable[_Waiting], failed: Unavailable) -> list[_Waiting]:
    """Those that wait until it works; the others are told that it does not, and may send again."""
    for one in waiting:
        if not one.patient and not one.done.done():
            one.done.set_exception(failed)
    return [one for one in waiting if one.patient]


NOT_KEPT = Refused(
    "defect",
    "Hubben kan inte hantera meddelandet. Kontakta hubbens drift.",
    "The hub cannot handle the message. Contact the hub's operations.",
    "/",
    400,
)

NEVER_OPENED = Refused(
    "unknown-case",
    "Ärendet som meddelandet hör till öppnades aldrig. Öppna det med svu.inskrivning och sänd meddelandet på nytt.",
    "The case to which the message belongs was never opened. Open it with svu.inskrivning and send the message again.",
    "/subject",
    404,
)
