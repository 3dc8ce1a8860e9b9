"""One receiving system's lane (D-3, D-5, D-6): what is waiting for it, in what order, how much at a time. Imports the
exits' protocol and the store.

A lane holds a bounded number of rows in memory and reads the rest from the table when it has room; order is kept per
case.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from hub import metrics
from hub.delivery.breaker import Breaker
from hub.delivery.marker import Marker
from hub.delivery.parcel import Exit, Outcome, Parcel, wrap
from hub.delivery.queue import CaseQueue, case_of
from hub.delivery.schedule import next_attempt
from hub.errors import Unavailable
from hub.log import log
from hub.store import outbox, timeline
from hub.store.outbox import Item
from hub.store.transaction import Store
from schemas.directory import System
from schemas.envelope import Message

CAPACITY = 4_000
"""Rows of one system in memory at the most; a million may wait in the table (D-8)."""

_RESCAN_S = 2.0
"""Seconds between looks into the table of a lane with room: for rows of other hubs, replays, and whatever was passed
over.
"""

_STALE = timedelta(seconds=5)
"""A notice accepted longer ago is read again before it is sent: protection may have been learnt meanwhile (C-62)."""

_AGAIN_S = 0.5
"""Seconds of rest when the database is away or a group has failed."""

Messages = Callable[[Sequence[Item]], Awaitable[dict[int, Message]]]
"""Reads the messages behind rows that are no longer in memory: row id → message."""


class Lane:
    """Sends one system's rows until it is cancelled."""

    def __init__(self, system: System, exit_: Exit, store: Store, messages: Messages, marker: Marker) -> None:
        self.system = system
        self.paused = False
        failures, open_s = exit_.breaker(system)
        self.breaker = Breaker(failures, open_s, time.monotonic)
        self._exit = exit_
        self._store = store
        self._messages = messages
        self._marker = marker
        self._queue = CaseQueue()
        self._all_in_memory = False
        self._missed = False
        self._cursor = 0
        self._scanned = 0.0
        self._wake = asyncio.Event()
        self._table = asyncio.Lock()
        """Whoever reads the table sees a dying row either in memory or dead, never in between."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._latency = metrics.latency.labels(system.id)

    def offer(self, items: Sequence[Item]) -> None:
        """Rows just committed; those for which there is no room are read from the table later."""
        waits = self.paused or self.breaker.state != "closed"
        for item in items:
            if waits:
                item.message = None  # what waits is read again, so that memory stays flat
            if self._all_in_memory and self._queue.length < CAPACITY:
                self._take(item)
            else:
                self._all_in_memory, self._missed = False, True
        self._wake.set()

    def nudge(self) -> None:
        """Something changed (pause, resume, a replay): look again."""
        self._scanned = 0.0
        self._wake.set()

    def _take(self, item: Item) -> None:
        self._cursor = max(self._cursor, item.id)
        self._queue.add(item)

    async def run(self) -> None:
        """Until cancelled; what is in flight then is sent again by whoever comes after (at least once, same id)."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self._look()
                except Unavailable:
                    await asyncio.sleep(_AGAIN_S)
                    continue
                if not self._start() or len(self._tasks) >= self._width:
                    await self._sleep()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def _width(self) -> int:
        """How many calls may be under way: one after the other where a call carries many, else the system's
        concurrency.
        """
        return 1 if self._exit.together > 1 else self.system.delivery.concurrency

    async def _look(self) -> None:
        """Into the table, when there is room and either something is only there or it is time to look for strays."""
        if self._queue.length > CAPACITY // 2:
            return
        async with self._table:
            if not self._all_in_memory:
                await self._refill(self._cursor)
            elif time.monotonic() - self._scanned > _RESCAN_S:
                await self._refill(0)

    async def _refill(self, after: int) -> None:
        limit = CAPACITY - self._queue.length
        self._missed = False
        self._queue.begin_refill()
        async with self._store.transaction() as connection:
            blocked = await outbox.blocked(connection, self.system.id)
            rows = await outbox.waiting(connection, self.system.id, after=after, limit=limit)
        self._queue.blocked = blocked
        for row in rows:
            self._take(row)
        if after == self._cursor or len(rows) < limit:
            self._all_in_memory = len(rows) < limit and not self._missed
        if after == 0 or len(rows) < limit:
            self._scanned = time.monotonic()

    def _start(self) -> bool:
        """Starts what may be sent now; True when something was started."""
        started = False
        while not self.paused and len(self._tasks) < self._width and self.breaker.state != "open":
            well = self.breaker.state == "closed"
            group = self._queue.take_off(self._exit.together if well else 1, early=not well)
            if not group:
                break
            if not self.breaker.admit():
                self._queue.put_back(group)
                break
            task = asyncio.create_task(self._deliver(group))
            self._tasks.add(task)
            task.add_done_callback(self._landed)
            started = True
        return started

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()

    async def _sleep(self) -> None:
        """Until something happens or the next time comes."""
        waits = [_RESCAN_S]
        if self.breaker.state == "open":
            waits.append(self.breaker.wait_s)
        elif not self.paused and len(self._tasks) < self._width:  # else what is due could not be sent anyway
            waits.append(self._queue.next_due_s())
        try:
            async with asyncio.timeout(max(0.001, min(waits))):
                await self._wake.wait()
        except TimeoutError:
            return

    # --- one call
    # ------------------------------------------------------------------------------------------------------

    async def _deliver(self, group: list[Item]) -> None:
        try:
            parcels = await self._wrap(group)
            if parcels:
                await self._send(parcels)
            else:
                self.breaker.abandoned()
        except Exception as error:  # noqa: BLE001 - one group's trouble must not end the lane; its cases are read again
            log.warning("delivery_failed", system=self.system.id, error=type(error).__name__)
            self.breaker.abandoned()
            await asyncio.sleep(_AGAIN_S)
            self._queue.forget_cases(group)
            self._all_in_memory, self._cursor = False, 0
        finally:
            self._queue.put_back(group)

    async def _wrap(self, group: list[Item]) -> list[tuple[Item, Parcel]]:
        fresh = datetime.now(UTC) - _STALE
        absent = [
            item for item in group if item.kind == "notice" and (item.message is None or item.accepted_at < fresh)
        ]
        messages = await self._messages(absent) if absent else {}
        parcels: list[tuple[Item, Parcel]] = []
        for item in group:
            if self._queue.gone(item):
                continue
            try:
                parcels.append((item, wrap(item, messages.get(item.id) or item.message, self.system)))
            except Exception as error:  # noqa: BLE001 - what cannot be written goes dead with its reason, the flow goes on
                await self._die(item, f"cannot-be-written:{type(error).__name__}")
        return parcels

    async def _send(self, parcels: list[tuple[Item, Parcel]]) -> bool:
        """One call; True when all of it came through."""
        outcome = await self._exit.send(self.system, [parcel for _, parcel in parcels])
        metrics.attempts.labels(self.system.id, outcome.result).inc(len(parcels))
        items = [item for item, _ in parcels]
        if outcome.result == "ok":
            if self.breaker.state != "closed":
                self._queue.hurry()
            self.breaker.passed()
            now = datetime.now(UTC)
            for item in items:
                self._latency.observe((now - item.accepted_at).total_seconds())
                self._queue.finish(item)
            self._marker.mark(items, now, outcome.answer, self._queue.marked)
            return True
        if outcome.result == "gone":
            await self._pause(items, outcome)
        elif outcome.result in {"retry", "receiver"}:
            self.breaker.failed()
            await self._again(items, outcome)
        elif len(parcels) > 1:
            # One of many is at fault: one at a time shows which, and nothing of its case may overtake it.
            waits: set[str] = set()
            for item, parcel in parcels:
                if case_of(item) not in waits and not self._queue.gone(item) and not await self._send([(item, parcel)]):
                    waits.add(case_of(item))
        else:
            self.breaker.passed()
            await self._die(items[0], outcome.answer)
        return False

    async def _again(self, items: list[Item], outcome: Outcome) -> None:
        now = datetime.now(UTC)
        refused = outcome.result == "receiver"
        due = None
        for item in items:
            item.first_tried_at = item.first_tried_at or now
            item.refused_since = (item.refused_since or now) if refused else None
            again = next_attempt(
                self.system.delivery,
                item.attempts + 1,
                item.first_tried_at,
                now,
                outcome.retry_after_s,
                item.refused_since,
            )
            if again is None and not self._queue.gone(item):
                await self._die(item, f"gave-up:{outcome.answer}")
            due = due or again
        items = [item for item in items if not self._queue.gone(item)]
        if due is None or not items:
            return
        for item in items:
            item.attempts += 1
            item.due_at = due
            item.not_before = now + timedelta(seconds=outcome.retry_after_s or 0)
            item.message = None  # what waits is read again, so that memory stays flat
        async with self._store.transaction() as connection:
            await outbox.retry(connection, [item.id for item in items], due, outcome.answer, refused=refused)

    async def _pause(self, items: list[Item], outcome: Outcome) -> None:
        """D-6: the receiver says that it is gone for good. Nothing is given up: operations asks it, and resumes."""
        log.error("system_paused", system=self.system.id, answer=outcome.answer)
        self.paused = True
        self.breaker.abandoned()
        for item in items:
            item.message = None
        async with self._store.transaction() as connection:
            await timeline.pause(connection, self.system.id)
            await timeline.operated(
                connection, "hub", "pause", self.system.id, f"the receiver answered {outcome.answer}"
            )

    async def _die(self, item: Item, answer: str) -> None:
        """D-6: the row is dead, and what follows it in the case waits in the table until someone replays or skips it."""
        log.error("delivery_dead", system=self.system.id, case=item.case_id, sequence=item.sequence, answer=answer)
        async with self._table:
            self._queue.block(item)
            async with self._store.transaction() as connection:
                await outbox.die(connection, item.id, answer)
