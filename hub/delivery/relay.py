"""Starts and stops this process's lanes, one for each system. Imports the lanes, the exits' protocol, the shards and the store.

A lane sends the rows of the shards that this process owns, and of no other. So rows need no claims, and a row that was just
committed is sent from memory. A system has a lane only while it has rows to send: ten thousand idle systems cost nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from hub import clock, metrics
from hub.delivery.lane import CAPACITY, FEW_ROWS, MOST_BYTES, Lane
from hub.delivery.outgoing import Exit
from hub.delivery.row_messages import messages_of
from hub.delivery.sent_marker import SentMarker
from hub.errors import Unavailable
from hub.log import log
from hub.outages import outages
from hub.shards import Shards
from hub.store import outbox, paused_systems, send_queue
from hub.store.advisory_locks import end_silent
from hub.store.outbox import OutboxRow
from hub.store.sent_marks import Settled
from hub.store.shards import still_owned
from hub.store.transaction import Store
from hub.supervisor import turned
from schemas.directory import Directory, System
from schemas.envelope import Message

_LOOK_S = 0.4
"""Seconds between checks of the pauses, the directory and the locks: a pause takes effect in under a second (D-5)."""
_GATHER_S = 0.01
"""Seconds in which other processes' rows gather before they are read."""
_SCAN_S = 5.0
"""Seconds between queries for systems with rows that are in nobody's memory, should a process not have been told of them."""

_LANES_PER_SCAN = 200
"""Lanes that read the table after one such query; the next query continues with the following lanes."""

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


class Relay:
    """All lanes of this process."""

    def __init__(
        self, store: Store, directory: Callable[[], Directory], exits: Mapping[str, Exit], shards: Shards
    ) -> None:
        self._store = store
        self._directory = directory
        self._exits = exits
        self._shards = shards
        shards.lost, shards.leaving, shards.taken = self._lost, self._until_sent, self._taken
        shards.has_lanes = self._has_lane
        self.marker = SentMarker(store, shards, self._settled)
        """The supervisor runs its loop: without marks, deliveries stop."""
        self._lanes: dict[str, Lane] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._paused: set[str] = set()
        self._leaving: dict[str, float] = {}
        """System whose entry is another now → until when the calls of its lane may go on."""
        self._with_metrics: Mapping[str, System] = {}
        """The systems that have metrics."""
        self._unsure = True
        """Rows may be in the table that no lane knows of: a lane that begins reads it."""
        self._finding_out = False
        """The database is being asked for which systems: until it has answered, a lane that begins reads the table as well."""
        self._unsent_before: set[str] = set()
        self._to_read: set[str] = set()
        """Systems with rows in the table for which a lane is to begin."""
        self._known_settled = Settled(0, {})
        self._wake = asyncio.Event()
        self._looked_at = self._scanned_at = 0.0
        self._scan_after = ""
        """The last system woken by a scan that had more systems than ``_LANES_PER_SCAN``; the next scan continues after it."""

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
        self._unsure = True
        self._lost(set(self._shards.owned))

    @property
    def is_full(self) -> bool:
        """Whether a lane to our own broker has so much in hand that the intake should wait for it (D-8)."""
        return any(lane.is_full for lane in self._lanes.values())

    def rows_written(self, shards: Collection[int]) -> None:
        """Another process has written rows for shards, which may be this process's; none: nobody knows for which."""
        owned = self._shards.owned
        if not shards:
            self._scanned_at = self._looked_at = 0.0
        if not shards or any(shard in owned for shard in shards):
            self._wake.set()

    def try_now(self, system: str, row: int | None) -> None:
        """Operations wants a row tried now, or (None) all of a system; each process does so with what it has."""
        lane = self._lanes.get(system) or self._begin(system, all_in_memory=False)
        if lane is not None:
            lane.try_now(row)

    @property
    def shards(self) -> list[int]:
        """The shards whose cases this process tells of."""
        return sorted(self._shards.owned)

    @property
    def lanes(self) -> dict[str, dict[str, str]]:
        """System → its breaker, until when it spares the system, and what it last answered when; of the first so many lanes."""
        now = clock.now()
        found: dict[str, dict[str, str]] = {}
        for id_, lane in self._lanes.items():
            opened, answer = lane.breaker.state != "closed", lane.last_answer
            if len(found) >= _SHOWN and not opened:
                continue
            until = (now + timedelta(seconds=lane.breaker.wait_s)).isoformat(timespec="seconds")
            found[id_] = {"breaker": lane.breaker.state} | ({"until": until} if opened else {})
            if answer is not None:
                found[id_] |= {"answer": answer[0], "answered": answer[1].isoformat(timespec="seconds")}
        return found

    @property
    def well(self) -> bool:
        """Health: every lane of this hub is running."""
        return all(not task.done() for task in self._tasks.values())

    async def run(self) -> None:
        """Look after the lanes until cancelled."""
        try:
            while True:
                turned()
                woken = self._wake.is_set()
                self._wake.clear()
                try:
                    if time.monotonic() - self._looked_at >= _LOOK_S:
                        self._looked_at = time.monotonic()
                        await self._look()
                    if woken:
                        await self._read_waiting()
                except Unavailable as error:
                    outages.met(error, work="relay")
                    self._wake.set()
                    await asyncio.sleep(_LOOK_S)
                except Exception as error:  # noqa: BLE001 - after any error the lanes must still be looked after
                    log.error("relay_look_failed", error=type(error).__name__)
                    self._wake.set()
                    await asyncio.sleep(_LOOK_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await self._wake.wait()
                        await asyncio.sleep(_GATHER_S)
        finally:
            await self._end(list(self._tasks))
            await self._shards.close()

    async def close(self) -> None:
        """Close the exits' connections."""
        for exit_ in self._exits.values():
            await exit_.close()

    async def drain(self, timeout_s: float) -> None:
        """Wait at most ``timeout_s`` seconds until all sent rows are marked: part of a graceful stop."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.marker.until_idle()
        except TimeoutError:
            log.warning("marks_left", reason="time is up; what is unmarked is sent again with the same id")

    async def _look(self) -> None:
        systems = self._directory().system_by_id
        await self._shards.look()
        now = time.monotonic()
        await self._end(
            id_
            for id_, lane in self._lanes.items()
            if self._has_left(lane, systems.get(id_), now)
            or self._tasks[id_].done()
            or (lane.idle and now - lane.used_at > _IDLE_S)
        )
        paused = await self._shards.ask(paused_systems.paused)
        self._update_metrics(systems, paused)
        if self._unsure or now - self._scanned_at > _SCAN_S:
            self._scanned_at = now
            await self._scan()
        for id_ in sorted(self._to_read)[:_LANES_PER_SCAN]:
            self._begin(id_, all_in_memory=False)
        count = max(1, len(self._lanes))
        for id_, lane in self._lanes.items():
            lane.capacity = max(FEW_ROWS // 2, min(CAPACITY, _ROWS // count))
            lane.most_bytes = min(MOST_BYTES, _BYTES // count)
            metrics.breaker.labels(id_).set({"closed": 0, "half-open": 0.5, "open": 1}[lane.breaker.state])
            if lane.paused and id_ not in paused and id_ not in self._leaving:
                lane.resume()
            lane.paused = id_ in paused or id_ in self._leaving

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

    async def _scan(self) -> None:
        """Let the lanes read what is in nobody's memory: rows that wait by themselves; and whatever a system has that the counts
        say is not sent, when no lane of this process knows of it.
        """
        await self._read_waiting()
        systems = self._directory().system_by_id
        was_unsure, self._unsure = self._unsure, False
        self._finding_out = was_unsure
        try:
            unsent = set(await self._shards.ask(send_queue.systems_unsent))
        except BaseException:
            self._unsure = self._unsure or was_unsure
            raise
        finally:
            self._finding_out = False
        for id_ in unsent if was_unsure else unsent & self._unsent_before:
            lane = self._lanes.get(id_)
            if id_ in self._leaving:
                continue
            if id_ in systems and not self._has_lane(id_):
                await self._make_waiting(id_)
            elif lane is None:
                self._to_read.add(id_)
            elif lane.idle:
                lane.read_anew()
        self._unsent_before = {id_ for id_ in unsent if self._has_lane(id_)}
        if ended := await self._shards.ask(end_silent):
            log.warning("silent_sessions_ended", sessions=ended)

    async def _read_waiting(self) -> None:
        """Let the lanes read the rows that wait by themselves, such as those that other processes have written."""
        for id_ in self._some(await self._shards.ask(send_queue.systems_waiting, self._shards.owned)):
            lane = self._lanes.get(id_) or self._begin(id_, all_in_memory=False)
            if lane is not None:
                lane.nudge()

    async def _make_waiting(self, system: str) -> None:
        """The system fetches its notices itself: those that were written for its lane wait in the table from now on."""
        async with self._store.transaction() as connection:
            owned = await still_owned(connection, self._shards.states(self._shards.owned))
            await outbox.make_waiting(connection, system, owned)

    def _has_lane(self, system: str) -> bool:
        found = self._directory().system_by_id.get(system)
        return found is not None and found.out.way in self._exits

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
        self._unsure, self._known_settled = True, settled
        for lane in self._lanes.values():
            lane.read_anew()

    def _settled_of(self, system: str) -> int:
        return self._known_settled.behind.get(system, self._known_settled.upto)

    def _settled(self) -> Settled | None:
        """What is settled in this process's shards, where that has changed. A lane is behind as far as it has rows to mark."""
        if self._unsure or self._finding_out:
            return None
        upto = max(self._known_settled.upto, self._shards.written_upto)
        behind = {id_: self._settled_of(id_) for id_ in self._to_read}
        behind |= {id_: its for id_, lane in self._lanes.items() if (its := lane.settled) is not None}
        now = Settled(upto, {id_: its for id_, its in behind.items() if its < upto})
        if now == self._known_settled:
            return None
        self._known_settled = now
        return now

    def _update_metrics(self, systems: Mapping[str, System], paused: set[str]) -> None:
        """Set the metrics of new systems, and of systems that were paused or resumed."""
        if systems is not self._with_metrics:
            for id_ in systems.keys() - self._with_metrics.keys():
                metrics.breaker.labels(id_).set(0)
                metrics.paused.labels(id_).set(id_ in paused)
            self._with_metrics, self._unsure = systems, True  # a system may have another way now
        for id_ in paused ^ self._paused:
            metrics.paused.labels(id_).set(id_ in paused)
        self._paused = paused

    def _some(self, waiting: Iterable[str]) -> list[str]:
        """Some of the systems with waiting rows: as many as may read the table at once, all in turn."""
        own = sorted(waiting)
        chosen = [id_ for id_ in own if id_ > self._scan_after][:_LANES_PER_SCAN]
        chosen += own[: _LANES_PER_SCAN - len(chosen)] if len(own) > len(chosen) else []
        self._scan_after = chosen[-1] if chosen else ""
        return chosen

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
            all_in_memory=all_in_memory and not (self._unsure or self._finding_out),
        )
        lane.paused = id_ in self._paused
        self._lanes[id_] = lane
        self._tasks[id_] = asyncio.create_task(lane.run(), name=f"lane {id_}")
        return lane

    async def _end(self, systems: Iterable[str]) -> None:
        ended = {id_: self._tasks.pop(id_) for id_ in list(systems)}
        for id_, task in ended.items():
            self._lanes.pop(id_)
            if self._leaving.pop(id_, None) is not None:
                self._unsure = True  # what it had in memory is read again, or waits for its readers
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
