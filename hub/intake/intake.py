"""The one queue that every way in feeds, and the loop that empties it batch by batch. Imports the batch, the store and the metrics.

Whatever has arrived goes into one transaction; a message that comes alone goes straight through, no timer adds latency.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from schemas.directory import Directory
from schemas.messages import Receipt

from hub import metrics
from hub.errors import Refused, Unavailable
from hub.intake.arrival import Arrival, read
from hub.intake.batch import AWAITS_OPENING, Batch, Known
from hub.log import log
from hub.store import inbox
from hub.store.outbox import Item
from hub.store.transaction import Conflict, Store
from hub.translators import formats

BATCH = 500
"""Messages in one transaction at the most, unless one router hands over more at once."""

QUEUE = 5_000
"""Messages that may wait for their transaction; past it HTTP answers 503 and Kafka is not fetched from (D-8)."""

GIVE_UP_OPENING = timedelta(hours=72)
"""A message whose case is never opened is refused after this long, so that its sender knows."""

_TRIES_ON_CONFLICT = 5


@dataclass(slots=True)
class _Waiting:
    arrivals: Sequence[Arrival]
    done: asyncio.Future[list[Receipt]]


class Intake:
    """Takes arrivals, answers with receipts after their commit, offers what is to be sent to the relay and the addressing."""

    def __init__(self, store: Store, directory: Callable[[], Directory], known: Known, offer: Callable[[list[Item]], None]) -> None:
        self._store = store
        self._directory = directory
        self._known = known
        self._offer = offer
        self._queue: deque[_Waiting] = deque()
        self._length = 0
        self._wake = asyncio.Event()
        self._stopping = False
        self.progress = 0
        """Transactions done so far: health asks whether this moves, not whether anybody answers a ping."""

    @property
    def length(self) -> int:
        """Messages that wait for their transaction."""
        return self._length

    @property
    def full(self) -> bool:
        """True when more should not be taken in now (D-8)."""
        return self._length >= QUEUE

    async def submit(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Handles messages and returns their receipts once they are committed. Raises ``Unavailable`` while the store is down."""
        if self._stopping:
            raise Unavailable("stopping", retry_after=5)
        for arrival in arrivals:
            if arrival.message is None and arrival.refused is None:
                read(arrival)
        done: asyncio.Future[list[Receipt]] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(arrivals, done))
        self._length += len(arrivals)
        self._wake.set()
        return await done

    async def run(self) -> None:
        """Empties the queue until ``stop``; then finishes what was taken in and ends."""
        while not (self._stopping and not self._queue):
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            taken = [self._queue.popleft()]
            size = len(taken[0].arrivals)
            while self._queue and size + len(self._queue[0].arrivals) <= BATCH:
                taken.append(self._queue.popleft())
                size += len(taken[-1].arrivals)
            self._length -= size
            await self._handle(taken)

    def stop(self) -> None:
        """Takes nothing in any more."""
        self._stopping = True
        self._wake.set()

    async def _handle(self, taken: list[_Waiting]) -> None:
        arrivals = [arrival for waiting in taken for arrival in waiting.arrivals]
        try:
            receipts = await self._batch(arrivals)
        except Unavailable as unavailable:
            for waiting in taken:
                if not waiting.done.done():
                    waiting.done.set_exception(unavailable)
            return
        start = 0
        for waiting in taken:
            end = start + len(waiting.arrivals)
            if not waiting.done.done():
                waiting.done.set_result(receipts[start:end])
            start = end

    async def _batch(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """All in one transaction; when that fails for an unexpected reason one by one, and only the one that fails is held (D-4)."""
        try:
            return await self._once(arrivals)
        except Unavailable:
            raise
        except Exception as error:
            if len(arrivals) == 1:
                return [await self._hold_alone(arrivals[0], error)]
            log.warning("batch_failed", size=len(arrivals), error=type(error).__name__)
        return [(await self._batch([arrival]))[0] for arrival in arrivals]

    async def _once(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        for attempt in range(_TRIES_ON_CONFLICT):
            batch = Batch(self._directory(), self._known, datetime.now(UTC))
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
        """A defect of ours: the message is kept and held with the error's name, never its text (it may quote the message)."""
        reason = f"defect:{type(error).__name__}"
        log.error("message_held", reason=reason, system=arrival.system_id, place=arrival.place)
        batch = Batch(self._directory(), self._known, datetime.now(UTC))
        async with self._store.transaction() as connection:
            receipt = await batch.hold_one(connection, arrival, reason)
        self._offer(batch.items)
        metrics.handled(batch.counted)
        return receipt

    async def retry_held(self) -> int:
        """Tries the heads of held cases whose time has come; returns how many were tried."""
        now = datetime.now(UTC)
        async with self._store.transaction() as connection:
            due = await inbox.held(connection, due=now, limit=BATCH)
            rows = await inbox.load(connection, [(h.source, h.message) for h in due])
        for held in due:
            arrival = stored_arrival(rows[held.source, held.message], self._directory())
            if held.reason == AWAITS_OPENING and now - held.since > GIVE_UP_OPENING:
                arrival.refused = NEVER_OPENED
            await self.submit([arrival])
        return len(due)


def stored_arrival(row: inbox.Row, directory: Directory) -> Arrival:
    """A held message as it came in; its receipt goes its system's way out, since nobody waits on the line any more."""
    attributes = None if row.attributes is None else formats.json_from(row.attributes)
    system = directory.system_by_id.get(row.system)
    arrival = Arrival(system, row.raw, row.media_type, attributes, row.received_at, row.id, by_outbox=True, was_held=True)
    read(arrival)
    arrival.digest = row.digest
    return arrival


NEVER_OPENED = Refused(
    "unknown-case",
    "Ärendet som meddelandet hör till öppnades aldrig. Öppna det med svu.inskrivning och sänd meddelandet på nytt.",
    "The case to which the message belongs was never opened. Open it with svu.inskrivning and send the message again.",
    "/subject",
    404,
)
