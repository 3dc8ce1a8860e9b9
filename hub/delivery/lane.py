"""The lane of one receiving system: which of its rows are sent when, and how many at a time (D-3, D-5, D-6). Imports the exits'
protocol and the store.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial

from hub.delivery.attempt import Attempts
from hub.delivery.breaker import Breaker
from hub.delivery.case_queue import CaseQueue, case_of
from hub.delivery.fence import RowsChanged
from hub.delivery.message_reader import MessageReader, Messages
from hub.delivery.outgoing import Exit
from hub.delivery.retry import AbleSince
from hub.delivery.sent_marker import SentMarker
from hub.delivery.table_reader import TableReader
from hub.errors import Unavailable
from hub.log import log
from hub.outages import outages
from hub.shards import Shards
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store
from schemas.directory import System

CAPACITY = 4_000
"""The most rows of one system in memory; a million may wait in the table (D-8)."""

FEW_ROWS = 100
"""The most rows in memory of a system that is paused or failing."""

MOST_BYTES = 16 * 1024 * 1024
"""The most bytes of messages that one lane keeps in memory; beyond them it keeps only the rows and reads the messages on sending."""

_RETRY_S = 0.5
"""Seconds of waiting after the database failed, or after an attempt failed for a reason of the hub's own."""

_LONGEST_SLEEP_S = 30.0


class Lane:
    """Sends one system's rows until it is cancelled."""

    def __init__(
        self,
        system: System,
        exit_: Exit,
        store: Store,
        messages: Messages,
        marker: SentMarker,
        shards: Shards,
        settled: Callable[[], int],
        *,
        all_in_memory: bool = False,
    ) -> None:
        """``settled``: the id beyond which the table may hold fresh rows that are not sent;
        ``all_in_memory``: as far as is known, the table holds no waiting row that the lane is not offered.
        """
        self.system = system
        self.paused = False
        self.capacity, self.most_bytes = CAPACITY, MOST_BYTES
        """What this lane may keep in memory, in rows and in bytes."""
        self.used_at = time.monotonic()
        failures, open_s = exit_.breaker(system)
        self.breaker = Breaker(failures, open_s, time.monotonic)
        self._exit = exit_
        self._shards = shards
        self._queue = CaseQueue()
        self._reader = TableReader(store, system.id, self._queue, shards, settled, all_in_memory=all_in_memory)
        self._able_since = AbleSince()
        self._attempts = Attempts(
            system,
            exit_,
            store,
            MessageReader(self._queue, messages, lambda: self._room_ahead),
            marker,
            shards,
            self._queue,
            self._reader,
            self.breaker,
            self._able_since,
            marked=self._marked,
            paused=self._pause,
        )
        self._wake = asyncio.Event()
        self._calls: dict[asyncio.Task[None], list[OutboxRow]] = {}
        """The attempts that are under way, with their rows."""

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing is being sent, as far as is known."""
        return (
            self._reader.all_in_memory and not self._queue.length and not self._calls and self.breaker.state == "closed"
        )

    @property
    def is_full(self) -> bool:
        """Whether the intake should wait for this lane: it goes to our own broker, all is well, and it has much in hand."""
        return self._exit.together > 1 and not self._keeps_few and self._queue.length > self.capacity // 2

    def offer(self, rows: Sequence[OutboxRow]) -> None:
        """Take rows that were just committed; those that find no room are read from the table later."""
        self.used_at = time.monotonic()
        room, keeps_few = self._room, self._keeps_few
        owned = self._shards.owned
        for row in rows:
            if row.shard not in owned:
                continue  # another process has taken the shard since, and reads the row from the table
            if keeps_few or self._queue.bytes + row.size > self.most_bytes:
                row.message = None  # it is read again on sending, so that memory stays bounded
            self._reader.offer(row, room)
        self._wake.set()

    def nudge(self) -> None:
        """Look into the table: it may hold rows that wait by themselves, such as another process's, or replayed ones."""
        self._reader.check_waiting()
        self._wake.set()

    def read_anew(self) -> None:
        """Read from the table what is to be sent."""
        self._reader.start_over()
        self._wake.set()

    def lost(self, shards: Collection[int]) -> None:
        """Drop the rows of these shards from memory: the shards are another's, or somebody has changed rows in them."""
        self._queue.drop_shards(shards)
        self.read_anew()

    def is_sending(self, shards: Collection[int]) -> bool:
        """Whether rows of these shards are in a call."""
        return any(row.shard in shards for batch in self._calls.values() for row in batch)

    @property
    def settled(self) -> int | None:
        """The id up to which the system's fresh rows of this process's shards are marked; None: as far as it has written any."""
        first, after = self._queue.first_fresh(), self._reader.after
        found = [one for one in (None if first is None else first - 1, after) if one is not None]
        return min(found, default=None)

    def resume(self) -> None:
        """Send again after a pause, with a full time of trying for every row."""
        self.paused = False
        self._queue.reset_attempts()
        self.nudge()

    def try_now(self, id_: int | None) -> None:
        """Operations wants a row tried now, or (None) all: the breaker lets one call pass, and the table is read.

        A call that began before may still fail, and its rows would wait for their next time and the breaker be open again; so
        its rows are tried again when it ends.
        """
        self.breaker.probe_now()
        self._queue.try_now(id_)
        self.nudge()
        for task, batch in self._calls.items():
            task.add_done_callback(partial(self._try_again, batch))

    def _try_again(self, batch: Sequence[OutboxRow], _: asyncio.Task[None]) -> None:
        self.breaker.probe_now()
        for row in {case_of(row): row for row in batch}.values():
            self._queue.try_now(row.id)
        self._wake.set()

    @property
    def last_answer(self) -> tuple[str, datetime] | None:
        """The receiver's last answer, with its time."""
        return self._attempts.last_answer

    def _pause(self) -> None:
        self.paused = True

    @property
    def _keeps_few(self) -> bool:
        return self.paused or self.breaker.state != "closed"

    @property
    def _room(self) -> int:
        return min(FEW_ROWS, self.capacity) if self._keeps_few else self.capacity

    @property
    def _room_ahead(self) -> int:
        """Bytes of messages that may be read for the next calls: a call that carries many has them with it."""
        return 0 if self._keeps_few or self._exit.together > 1 else self.most_bytes - self._queue.bytes

    @property
    def _concurrency(self) -> int:
        """How many calls may run at once: one where a call carries many messages, else as the directory says."""
        return 1 if self._exit.together > 1 else self.system.delivery.concurrency

    async def run(self) -> None:
        """Send until cancelled; the next owner sends again, with the same ids, what was in a call then (at least once)."""
        try:
            while True:
                self._wake.clear()
                self._able_since.check()
                try:
                    if not self.paused:
                        await self._reader.look(self._room)
                except Unavailable as error:
                    outages.met(error, work="delivery")
                    self._able_since.reset()
                    await asyncio.sleep(_RETRY_S)
                    continue
                except Exception as error:  # noqa: BLE001 - no other process sends these shards, so the lane must go on
                    log.error("lane_look_failed", system=self.system.id, error=type(error).__name__)
                    await asyncio.sleep(_RETRY_S)
                    continue
                if not self._start() or len(self._calls) >= self._concurrency:
                    await self._sleep()
        finally:
            for task in self._calls:
                task.cancel()
            await asyncio.gather(*self._calls, return_exceptions=True)

    def _start(self) -> bool:
        """Start the attempts that are possible now; True when at least one was started."""
        started = False
        while not self.paused and len(self._calls) < self._concurrency and self.breaker.state != "open":
            closed = self.breaker.state == "closed"
            batch = self._queue.take(self._exit.together if closed else 1, early=not closed)
            if not batch:
                break
            if not self.breaker.admit():
                self._queue.release(batch)
                break
            task = asyncio.create_task(self._deliver(batch))
            self._calls[task] = batch
            task.add_done_callback(self._ended)
            started = True
        return started

    async def _deliver(self, batch: list[OutboxRow]) -> None:
        self.used_at = time.monotonic()
        try:
            await self._attempts.deliver(batch)
        except RowsChanged as changed:  # another hub sent them, gave them up or rewrote them: read them again
            self.breaker.abandoned()
            self._read_again([row for row in batch if row.id in changed.ids])
        except Exception as error:  # noqa: BLE001 - one failed attempt must not end the lane; its rows are read again
            if isinstance(error, Unavailable):
                outages.met(error, work="delivery")
            else:
                log.warning("delivery_failed", system=self.system.id, error=type(error).__name__)
            self._able_since.reset()
            self.breaker.abandoned()
            await asyncio.sleep(_RETRY_S)
            self._read_again(batch)
        finally:
            self._queue.release(batch)

    def _read_again(self, rows: Sequence[OutboxRow]) -> None:
        """Drop the rows' cases from memory and read them from the table."""
        self._queue.drop_cases(rows)
        self._reader.start_over()
        self._wake.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._calls[task]
        self._wake.set()

    def _marked(self, rows: Sequence[OutboxRow], is_marked: bool) -> None:
        if is_marked:
            self._queue.marked(rows)
        else:
            self._queue.forget(rows)
            self._reader.start_over()
        if not self._reader.all_in_memory:
            self._wake.set()  # there is room for rows from the table

    async def _sleep(self) -> None:
        """Wait until the lane is woken, or until the next row or the breaker's probe is due."""
        waits = [_LONGEST_SLEEP_S]
        if self.breaker.state == "open":
            waits.append(self.breaker.wait_s)
        elif not self.paused and len(self._calls) < self._concurrency:  # else a due row could not be sent anyway
            waits.append(self._queue.next_due_s())
        try:
            async with asyncio.timeout(max(0.001, min(waits))):
                await self._wake.wait()
        except TimeoutError:
            return
