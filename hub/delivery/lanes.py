"""The lanes of this process, one for each system with rows to send: begun, handed their rows, and ended. Imports the lane, the exits'
protocol, the shards and the store.

A lane sends the rows of the shards that this process owns, and of no other. So rows need no claims, and a row that was just
committed is sent from memory. A system has a lane only while it has rows to send: ten thousand idle systems cost nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

from hub import clock, metrics
from hub.delivery.lane import CAPACITY, FEW_ROWS, MOST_BYTES, Lane
from hub.delivery.outgoing import Exit
from hub.delivery.row_messages import messages_of
from hub.delivery.sent_marker import SentMarker
from hub.log import log
from hub.shards import Shards
from hub.store.outbox import OutboxRow
from hub.store.sent_marks import Settled
from hub.store.transaction import Store
from schemas.directory import Directory, System
from schemas.envelope import Message

_LEAVE_S = 5.0
"""Seconds that a shard which is given back, or a system whose entry in the directory is another now, waits for what is being sent of it;
the next owner, or the next lane, sends the rest again.
"""

_IDLE_S = 60.0
"""Seconds after which an idle lane ends."""

_ROWS, _BYTES = 40_000, 128 * 1024 * 1024
"""What all lanes together may keep in memory, divided equally among them (D-8)."""

_SHOWN = 500
"""Lanes that operations is shown; those whose breaker is open are shown beyond it."""


class Lanes:
    """Which systems have a lane, and what is known of the rows in the table that are in no lane's memory."""

    def __init__(
        self, store: Store, directory: Callable[[], Directory], exits: Mapping[str, Exit], shards: Shards
    ) -> None:
        self._store = store
        self._directory = directory
        self._exits = exits
        self._shards = shards
        shards.lost, shards.leaving, shards.taken = self._lost, self._until_sent, self._taken
        shards.has_lanes = self.has_lane
        self.marker = SentMarker(store, shards, self._settled)
        """The supervisor runs its loop: without marks, deliveries stop."""
        self.unsure = True
        """Rows may be in the table that no lane knows of: a lane that begins reads it."""
        self.paused: set[str] = set()
        self._lanes: dict[str, Lane] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leaving: dict[str, float] = {}
        """System whose entry is another now → until when the calls of its lane may go on."""
        self._finding_out = False
        """The database is being asked for which systems: until it has answered, a lane that begins reads the table as well."""
        self._to_read: set[str] = set()
        """Systems with rows in the table for which a lane is to begin."""
        self._known_settled = Settled(0, {})

    def offer(self, rows: Sequence[OutboxRow]) -> None:
        """Hand rows that were just committed to their systems' lanes."""
        by_system: dict[str, list[OutboxRow]] = {}
        for row in rows:
            if row.fresh:
                by_system.setdefault(row.system, []).append(row)
        for system, its_rows in by_system.items():
            lane = self._lanes.get(system) or self._begin(system, all_in_memory=system not in self._to_read)
            if lane is not None:
                lane.offer(its_rows)

    def offer_failed(self) -> None:
        """Rows that were just committed could not be offered: they are read from the table."""
        self.unsure = True
        self._lost(set(self._shards.owned))

    @property
    def is_full(self) -> bool:
        """Whether a lane to our own broker has so much in hand that the intake should wait for it (D-8)."""
        return any(lane.is_full for lane in self._lanes.values())

    def try_now(self, system: str, row: int | None) -> None:
        """Operations wants a row tried now, or (None) all of a system; each process does so with what it has."""
        if (lane := self._of(system)) is not None:
            lane.try_now(row)

    def nudge(self, system: str) -> None:
        """Rows of a system wait in the table by themselves, such as those that other processes have written."""
        if (lane := self._of(system)) is not None:
            lane.nudge()

    def read_unsent(self, system: str) -> None:
        """The table may hold rows of a system that are in nobody's memory: its lane reads them, or is to begin."""
        lane = self._lanes.get(system)
        if lane is None:
            self._to_read.add(system)
        elif lane.idle:
            lane.read_anew()

    def is_leaving(self, system: str) -> bool:
        """Whether a system's lane still goes by a former entry of the directory."""
        return system in self._leaving

    def has_lane(self, system: str) -> bool:
        """Whether a system's notices are sent by a lane; else it fetches them itself, or is unknown."""
        found = self._directory().system_by_id.get(system)
        return found is not None and found.out.way in self._exits

    @property
    def shown(self) -> dict[str, dict[str, str]]:
        """System → its breaker, until when it spares the system, and what it last answered when; of the first so many lanes."""
        now = clock.now()
        found: dict[str, dict[str, str]] = {}
        for id_, lane in self._lanes.items():
            opened, answer = lane.breaker.state != "closed", lane.last_answer
            if len(found) >= _SHOWN and not opened:
                continue
            until = (now + timedelta(seconds=lane.breaker.wait_s)).isoformat(timespec="seconds")
            since = (now - timedelta(seconds=lane.breaker.spared_s)).isoformat(timespec="seconds")
            found[id_] = {"breaker": lane.breaker.state} | ({"since": since, "until": until} if opened else {})
            if answer is not None:
                found[id_] |= {"answer": answer[0], "answered": answer[1].isoformat(timespec="seconds")}
        return found

    @property
    def well(self) -> bool:
        """Health: every lane of this process is running."""
        return all(not task.done() for task in self._tasks.values())

    @contextmanager
    def finding_out(self) -> Iterator[bool]:
        """While the database is asked which systems have rows that are not sent: whether rows may be there that no lane knows of."""
        was_unsure, self.unsure = self.unsure, False
        self._finding_out = was_unsure
        try:
            yield was_unsure
        except BaseException:
            self.unsure = self.unsure or was_unsure
            raise
        finally:
            self._finding_out = False

    def begin_to_read(self, most: int) -> None:
        """Begin at most ``most`` lanes of systems with rows in the table."""
        for id_ in sorted(self._to_read)[:most]:
            self._begin(id_, all_in_memory=False)

    def share(self) -> None:
        """Give each lane its part of the memory, and let those wait that are paused."""
        count = max(1, len(self._lanes))
        for id_, lane in self._lanes.items():
            lane.capacity = max(FEW_ROWS // 2, min(CAPACITY, _ROWS // count))
            lane.most_bytes = min(MOST_BYTES, _BYTES // count)
            metrics.breaker.labels(id_).set({"closed": 0, "half-open": 0.5, "open": 1}[lane.breaker.state])
            waits = id_ in self.paused or id_ in self._leaving
            if lane.paused and not waits:
                lane.resume()
            lane.paused = waits

    async def end_needless(self) -> None:
        """End the lanes that have left, that have long been idle, or whose task has ended by itself."""
        systems, now = self._directory().system_by_id, time.monotonic()
        await self._end(
            id_
            for id_, lane in self._lanes.items()
            if self._has_left(lane, systems.get(id_), now)
            or self._tasks[id_].done()
            or (lane.idle and now - lane.used_at > _IDLE_S)
        )

    async def end(self) -> None:
        """End all lanes."""
        await self._end(list(self._tasks))

    def _has_left(self, lane: Lane, system: System | None, now: float) -> bool:
        """Whether a lane's system has another entry in the directory by now, or none, and nothing is under way by the former one: a
        notice whose call is broken off, or that is not marked yet, is told again.
        """
        if lane.system == system:
            self._leaving.pop(lane.system.id, None)
            return False
        until = self._leaving.setdefault(lane.system.id, now + _LEAVE_S)
        lane.paused = True  # nothing more goes by the former entry
        return now >= until or (self.marker.idle and not lane.is_sending(self._shards.owned))

    def _lost(self, shards: set[int]) -> None:
        for lane in self._lanes.values():
            lane.lost(shards)

    async def _until_sent(self, shards: set[int]) -> None:
        """Return when nothing of these shards is being sent any more, and what was sent is marked, or after some seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_S):
                while any(lane.is_sending(shards) for lane in self._lanes.values()):
                    await asyncio.sleep(0.02)
                await self.marker.until_idle()

    def _taken(self, settled: Settled) -> None:
        """Shards were taken over: what was to be sent of them is read from the table."""
        self.unsure, self._known_settled = True, settled
        for lane in self._lanes.values():
            lane.read_anew()

    def _settled_of(self, system: str) -> int:
        return self._known_settled.behind.get(system, self._known_settled.upto)

    def _settled(self) -> Settled | None:
        """What is settled in this process's shards, where that has changed. A lane is behind as far as it has rows to mark."""
        if self.unsure or self._finding_out:
            return None
        upto = max(self._known_settled.upto, self._shards.written_upto)
        behind = {id_: self._settled_of(id_) for id_ in self._to_read}
        behind |= {id_: its for id_, lane in self._lanes.items() if (its := lane.settled) is not None}
        now = Settled(upto, {id_: its for id_, its in behind.items() if its < upto})
        if now == self._known_settled:
            return None
        self._known_settled = now
        return now

    def _of(self, system: str) -> Lane | None:
        return self._lanes.get(system) or self._begin(system, all_in_memory=False)

    def _begin(self, id_: str, *, all_in_memory: bool) -> Lane | None:
        """Start a lane for a system; None when it is unknown, fetches its notices itself, or this process has no shard."""
        system = self._directory().system_by_id.get(id_)
        exit_ = None if system is None else self._exits.get(system.out.way)
        self._to_read.discard(id_)
        if system is None or exit_ is None or not self._shards.owned:
            return None
        lane = Lane(
            system,
            exit_,
            self._store,
            self._messages,
            self.marker,
            self._shards,
            lambda: self._settled_of(id_),
            all_in_memory=all_in_memory and not (self.unsure or self._finding_out),
        )
        lane.paused = id_ in self.paused
        self._lanes[id_] = lane
        self._tasks[id_] = asyncio.create_task(lane.run(), name=f"lane {id_}")
        return lane

    async def _end(self, systems: Iterable[str]) -> None:
        ended = {id_: self._tasks.pop(id_) for id_ in list(systems)}
        for id_, task in ended.items():
            self._lanes.pop(id_)
            if self._leaving.pop(id_, None) is not None:
                self.unsure = True  # what it had in memory is read again, or waits for its readers
            task.cancel()
            metrics.breaker.labels(id_).set(0)
        results = await asyncio.gather(*ended.values(), return_exceptions=True)
        for id_, result in zip(ended, results, strict=True):
            if isinstance(result, Exception):
                metrics.loop_restarts.labels("lane").inc()
                log.error("lane_ended", system=id_, error=type(result).__name__)

    async def _messages(self, rows: Sequence[OutboxRow], most_bytes: int) -> dict[int, Message]:
        async with self._store.transaction() as connection:
            return await messages_of(connection, rows, most_bytes)
