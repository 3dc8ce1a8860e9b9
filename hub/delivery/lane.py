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
from hub.delivery.case_queue import CaseQueue, case_of
from hub.delivery.fence import RowsChanged
from hub.delivery.outgoing import AttemptOutcome, BeforeSending, Exit, Outgoing, wrap
from hub.delivery.retry import next_attempt
from hub.delivery.sent_marker import SentMarker
from hub.errors import Unavailable
from hub.log import log
from hub.store import dead_letters, operator_log, outbox, paused_systems, send_queue
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store
from schemas.directory import System
from schemas.envelope import Message

CAPACITY = 4_000
"""Rows of one system in memory at the most; a million may wait in the table (D-8)."""

SPARED = 100
"""Rows in memory of a system that is paused or failing."""

MOST_BYTES = 16 * 1024 * 1024
"""Of messages that one lane keeps in memory; of others only the row is kept, and the message read when it is sent."""

_CALL_BYTES = 4 * 1024 * 1024
"""Of messages in one call, unless one alone is larger."""

_AGAIN_S = 0.5
"""Seconds of rest when the database is away or a group has failed."""

_LONGEST_REST_S = 30.0
_STOPPED = timedelta(seconds=90)
"""A lane that has not gone round for so long was stopped with its process or its machine."""

Messages = Callable[[Sequence[OutboxRow], int], Awaitable[dict[int, Message]]]
"""Reads the messages behind rows that are no longer in memory, as many of the first as the bytes allow: row id → message."""

Ask = Callable[[Sequence[OutboxRow]], Awaitable[BeforeSending]]
"""Asks the gate for rows that are about to be sent."""


class Lane:
    """Sends one system's rows until it is cancelled. ``whole``: nothing waits for it in the table but what it is offered, as
    far as is known.
    """

    def __init__(
        self,
        system: System,
        exit_: Exit,
        store: Store,
        messages: Messages,
        marker: SentMarker,
        ask: Ask,
        *,
        whole: bool = False,
    ) -> None:
        self.system = system
        self.paused = False
        self.capacity, self.most_bytes = CAPACITY, MOST_BYTES
        """This lane's share of the hub's memory."""
        self.used_at = time.monotonic()
        failures, open_s = exit_.breaker(system)
        self.breaker = Breaker(failures, open_s, time.monotonic)
        self._exit = exit_
        self._store = store
        self._messages = messages
        self._marker = marker
        self._ask = ask
        self._queue = CaseQueue()
        self._all_in_memory = whole
        self._missed = False
        self._cursor = 0
        self._look_for_strays = False
        self._wake = asyncio.Event()
        self._table = asyncio.Lock()
        """Whoever reads the table sees a dying row either in memory or dead, never in between."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._latency = metrics.latency.labels(system.id)
        self._able_since = self._turned_at = datetime.now(UTC)
        """Since when this lane can send, as far as it is for us to say: before, nothing counts as time of trying (D-6)."""

    @property
    def idle(self) -> bool:
        """Nothing is waiting or under way, as far as is known."""
        return self._all_in_memory and not self._queue.length and not self._tasks and self.breaker.state == "closed"

    def offer(self, items: Sequence[OutboxRow]) -> None:
        """Rows just committed; those for which there is no room are read from the table later."""
        self.used_at = time.monotonic()
        spared = self._spared
        for item in items:
            if spared or self._queue.bytes + item.size > self.most_bytes:
                item.message = None  # it is read again, so that memory stays flat
            if self._all_in_memory and self._queue.length < self._room:
                self._take(item)
            else:
                self._all_in_memory, self._missed = False, True
        self._wake.set()

    def nudge(self) -> None:
        """Something may be in the table that is not in memory: another hub's rows, a replay, what was passed over."""
        self._look_for_strays = True
        self._wake.set()

    def resume(self) -> None:
        """The system is sent to again after a pause; what was tried before it is tried from the beginning."""
        self.paused = False
        self._queue.begin_anew()
        self.nudge()

    @property
    def _spared(self) -> bool:
        return self.paused or self.breaker.state != "closed"

    @property
    def _room(self) -> int:
        return min(SPARED, self.capacity) if self._spared else self.capacity

    def _take(self, item: OutboxRow) -> None:
        self._cursor = max(self._cursor, item.id)
        self._queue.add(item)

    async def run(self) -> None:
        """Until cancelled; what is in flight then is sent again by whoever comes after (at least once, same id)."""
        try:
            while True:
                self._wake.clear()
                self._turn()
                try:
                    await self._look()
                except Unavailable:
                    self._able_since = datetime.now(UTC)
                    await asyncio.sleep(_AGAIN_S)
                    continue
                except Exception as error:  # noqa: BLE001 - whatever it is, the lane goes on: nobody else sends for this system
                    log.error("lane_look_failed", system=self.system.id, error=type(error).__name__)
                    await asyncio.sleep(_AGAIN_S)
                    continue
                if not self._start() or len(self._tasks) >= self._width:
                    await self._sleep()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _turn(self) -> None:
        now = datetime.now(UTC)
        if now - self._turned_at > _STOPPED:
            self._able_since = now
        self._turned_at = now

    @property
    def _width(self) -> int:
        """How many calls may be under way: one after the other where a call carries many, else the system's
        concurrency.
        """
        return 1 if self._exit.together > 1 else self.system.delivery.concurrency

    # --- out of the table
    # ----------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        """Into the table: when there is room and something is only there, and for what comes before a row of another."""
        if self.paused:
            return
        async with self._table:
            if self._queue.length <= self._room // 2:
                if not self._all_in_memory:
                    await self._refill(self._cursor)
                elif self._look_for_strays:
                    self._look_for_strays = False
                    await self._refill(0)
            if self._queue.unproven:
                await self._prove()

    async def _refill(self, after: int) -> None:
        room = self._room - self._queue.length
        limit = room if after else self._room
        self._missed = False
        self._queue.begin_refill()
        try:
            async with self._store.transaction() as connection:
                ids = await send_queue.sendable_ids(connection, self.system.id, after=after, limit=limit)
                unknown = [id_ for id_ in ids if not self._queue.knows(id_)]
                rows = await send_queue.sendable_rows(connection, unknown[:room])
            for row in rows:
                self._queue.add(row)
        finally:
            self._queue.end_refill()
        if len(ids) < limit and len(unknown) <= room:
            self._all_in_memory = not self._missed
            self._cursor = max([self._cursor, *ids[-1:]])
        else:
            self._all_in_memory = False
            self._cursor = unknown[room - 1] if len(unknown) > room else ids[-1]

    async def _prove(self) -> None:
        """What comes before rows of which that is not known: another hub may have written it (D-3)."""
        asked = self._queue.take_unproven()
        last = [(case, max(item.sequence or 0 for item in items)) for case, items in asked.items()]
        self._queue.begin_refill()
        try:
            async with self._store.transaction() as connection:
                found = await send_queue.unsent_up_to(connection, self.system.id, last)
                stopped = {case for case, _, stops in found if stops}
                turn = {id_ for case, id_, _ in found if case not in stopped}
                before = await send_queue.sendable_rows(connection, [id_ for id_ in turn if not self._queue.knows(id_)])
                if stopped:
                    await dead_letters.block_followers(connection, self.system.id, sorted(stopped))
            self._queue.prove(asked, turn, before)
        except BaseException:
            self._queue.forget(item for items in asked.values() for item in items)
            self._from_the_table()
            raise
        finally:
            self._queue.end_refill()

    def _from_the_table(self) -> None:
        """Something left memory that is still to be sent."""
        self._all_in_memory, self._cursor = False, 0
        self._wake.set()

    # --- when
    # ----------------------------------------------------------------------------------------------------------

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
        waits = [_LONGEST_REST_S]
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

    async def _deliver(self, group: list[OutboxRow]) -> None:
        self.used_at = time.monotonic()
        try:
            loaded, messages = await self._load(group)
            before_sending = await self._ask(loaded)
            batch = await self._wrap(loaded, messages)
            if batch:
                await self._send(batch, before_sending)
            else:
                self.breaker.abandoned()
        except RowsChanged as withheld:  # told, given up or rewritten by another: the table says what is so now
            self.breaker.abandoned()
            self._queue.forget_cases([item for item in group if item.id in withheld.ids])
            self._from_the_table()
        except Exception as error:  # noqa: BLE001 - one group's trouble must not end the lane; its cases are read again
            log.warning("delivery_failed", system=self.system.id, error=type(error).__name__)
            self._able_since = datetime.now(UTC)
            self.breaker.abandoned()
            await asyncio.sleep(_AGAIN_S)
            self._queue.forget_cases(group)
            self._from_the_table()
        finally:
            self._queue.put_back(group)

    async def _load(self, group: list[OutboxRow]) -> tuple[list[OutboxRow], dict[int, Message]]:
        """The first of the group that may go together, and the messages of those that are not in memory."""
        size = 0
        for number, item in enumerate(group):
            size += item.size
            if number and size > _CALL_BYTES:
                group = group[:number]
                break
        absent = [item for item in group if item.kind == "notice" and item.message is None]
        if not absent:
            return group, {}
        messages = await self._messages(absent, _CALL_BYTES)
        left = next((item for item in absent if item.id not in messages), None)
        return group if left is None else group[: group.index(left)], messages

    async def _wrap(self, group: list[OutboxRow], messages: dict[int, Message]) -> list[tuple[OutboxRow, Outgoing]]:
        batch: list[tuple[OutboxRow, Outgoing]] = []
        for item in group:
            if self._queue.gone(item):
                continue
            try:
                batch.append((item, wrap(item, messages.get(item.id) or item.message, self.system)))
            except Exception as error:  # noqa: BLE001 - what cannot be written goes dead with its reason, the flow goes on
                await self._die(item, f"cannot-be-written:{type(error).__name__}")
        return batch

    async def _send(self, batch: list[tuple[OutboxRow, Outgoing]], before_sending: BeforeSending) -> bool:
        """One call; True when all of it came through."""
        outcome = await self._exit.send(self.system, [outgoing for _, outgoing in batch], before_sending)
        metrics.attempts.labels(self.system.id, outcome.result).inc(len(batch))
        items = [item for item, _ in batch]
        if outcome.result == "ok":
            if self.breaker.state != "closed":
                self._queue.hurry()
            self.breaker.passed()
            now = datetime.now(UTC)
            for item in items:
                self._latency.observe((now - item.accepted_at).total_seconds())
                self._queue.finish(item)
            self._marker.mark(items, now, outcome.answer, self._marked)
            return True
        if outcome.result == "gone":
            await self._pause(items, outcome)
        elif outcome.result in {"retry", "receiver"}:
            self.breaker.failed()
            await self._again(items, outcome)
        elif len(batch) > 1:
            # One of many is at fault: one at a time shows which, and nothing of its case may overtake it.
            waits: set[str] = set()
            for item, outgoing in batch:
                if case_of(item) in waits or self._queue.gone(item):
                    continue
                if not await self._send([(item, outgoing)], await self._ask([item])):
                    waits.add(case_of(item))
        else:
            self.breaker.passed()
            await self._die(items[0], outcome.answer)
        return False

    def _marked(self, ids: list[int]) -> None:
        self._queue.marked(ids)
        if not self._all_in_memory:
            self._wake.set()  # there is room again

    async def _again(self, items: list[OutboxRow], outcome: AttemptOutcome) -> None:
        self._turn()
        now = datetime.now(UTC)
        due = None
        for item in items:
            item.failed(now, self._able_since, refused=outcome.result == "receiver")
            again = next_attempt(
                self.system.delivery,
                item.attempts + 1,
                item.first_tried_at or now,
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
            self._queue.lighten(item)  # what waits is read again, so that memory stays flat
        async with self._store.transaction() as connection:
            await outbox.retry(connection, items, due, outcome.answer)

    async def _pause(self, items: list[OutboxRow], outcome: AttemptOutcome) -> None:
        """D-6: the receiver says that it is gone for good. Nothing is given up: operations asks it, and resumes."""
        log.error("system_paused", system=self.system.id, answer=outcome.answer)
        self.paused = True
        self.breaker.abandoned()
        for item in items:
            self._queue.lighten(item)
        async with self._store.transaction() as connection:
            await paused_systems.pause(connection, self.system.id)
            await operator_log.record(
                connection, "hub", "pause", self.system.id, f"the receiver answered {outcome.answer}"
            )

    async def _die(self, item: OutboxRow, answer: str) -> None:
        """D-6: the row is dead, and what follows it in the case waits in the table until someone replays or skips it."""
        log.error("delivery_dead", system=self.system.id, case=item.case_id, sequence=item.sequence, answer=answer)
        async with self._table:
            self._queue.forget_cases([item])
            async with self._store.transaction() as connection:
                await dead_letters.add(connection, item.id, answer)
