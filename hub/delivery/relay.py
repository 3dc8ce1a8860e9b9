"""Starts and stops the lanes of the systems to which this hub delivers. Imports the lanes, the exits' protocol and the store.

Each system belongs to one of 64 lock groups. The hub that holds a group's advisory lock, and no other hub, delivers to its
systems; when that hub dies, PostgreSQL frees the lock and another hub takes it. So rows need no claims, and a row that was just
committed is sent from memory. A system has a lane only while it has rows to send: ten thousand idle systems cost nothing.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from hub import metrics
from hub.delivery.fence import Fence
from hub.delivery.lane import CAPACITY, FEW_ROWS, MOST_BYTES, Lane
from hub.delivery.outgoing import Exit
from hub.delivery.row_messages import messages_of
from hub.delivery.sent_marker import SentMarker
from hub.errors import Unavailable
from hub.log import log
from hub.outages import outages
from hub.store import paused_systems, send_queue
from hub.store.advisory_locks import Ownership, check_sessions, end_silent
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store
from hub.supervisor import turned
from schemas.directory import Directory, System
from schemas.envelope import Message

_LOOK_S = 0.4
"""Seconds between checks of the pauses, the directory and the locks: a pause takes effect in under a second (D-5)."""
_SCAN_S = 2.0
"""Seconds between queries for systems with rows in the table: rows of other hubs, replayed rows, rows that found no room."""

_LANES_PER_SCAN = 200
"""Lanes that read the table after one such query; the next query continues with the following lanes."""

_IDLE_S = 60.0
"""Seconds after which an idle lane ends."""

_ROWS, _BYTES = 40_000, 128 * 1024 * 1024
"""What all lanes together may keep in memory, divided equally among them (D-8)."""

_SHOWN = 500
"""Lanes that operations is shown; those whose breaker is open are shown beyond it."""

LOCKS = frozenset(f"{number:02}" for number in range(64))
"""The lock groups; a lock per system would be too many, since a database has room for some thousand locks."""


def lock_of(system: str) -> str:
    """The lock group of a system."""
    return f"{zlib.crc32(system.encode()) % len(LOCKS):02}"


class Relay:
    """All lanes of this hub."""

    def __init__(self, store: Store, directory: Callable[[], Directory], exits: Mapping[str, Exit]) -> None:
        self._store = store
        self._directory = directory
        self._exits = exits
        self.marker = SentMarker(store)
        """The supervisor runs its loop: without marks, deliveries stop."""
        self._ownership = Ownership(store, "relay")
        self._fence = Fence(self._ownership)
        self._lanes: dict[str, Lane] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._paused: set[str] = set()
        self._with_metrics: Mapping[str, System] = {}
        """The systems that have metrics."""
        self._held: frozenset[str] = frozenset()
        self._scanned_at = 0.0
        self._scan_after = ""
        """The last system woken by a scan that had more systems than ``_LANES_PER_SCAN``; the next scan continues after it."""

    def offer(self, rows: Sequence[OutboxRow]) -> None:
        """Hand rows that were just committed to their systems' lanes."""
        by_system: dict[str, list[OutboxRow]] = {}
        for row in rows:
            if row.kind != "lookup":
                by_system.setdefault(row.system, []).append(row)
        for system, its_rows in by_system.items():
            lane = self._lanes.get(system) or self._begin(system, all_in_memory=True)
            if lane is not None:
                lane.offer(its_rows)

    def try_now(self, system: str, row: int | None) -> None:
        """Operations wants a row tried now, or (None) all of a system; another hub's system is left to it."""
        lane = self._lanes.get(system) or self._begin(system, all_in_memory=False)
        if lane is not None:
            lane.try_now(row)

    @property
    def locks(self) -> list[str]:
        """The lock groups to whose systems this hub delivers."""
        return sorted(self._held)

    @property
    def lanes(self) -> dict[str, dict[str, str]]:
        """System → its breaker, until when it spares the system, and what it last answered when; of the first so many lanes."""
        now = datetime.now(UTC)
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

    async def check(self) -> None:
        """Raise ``Misconfigured`` when advisory locks do not work over this database connection."""
        await check_sessions(self._store)

    async def run(self) -> None:
        """Look after the lanes until cancelled."""
        try:
            while True:
                turned()
                try:
                    await self._look()
                except Unavailable as error:
                    outages.met(error, work="relay")
                except Exception as error:  # noqa: BLE001 - after any error the lanes must still be looked after
                    log.error("relay_look_failed", error=type(error).__name__)
                await asyncio.sleep(_LOOK_S)
        finally:
            await self._end(list(self._tasks))
            await self._ownership.close()

    async def close(self) -> None:
        """Close the exits' connections."""
        for exit_ in self._exits.values():
            await exit_.close()

    async def drain(self, timeout_s: float) -> None:
        """Wait at most ``timeout_s`` seconds until all sent rows are marked: part of a graceful stop."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self.marker.idle:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            log.warning("marks_left", reason="time is up; what is unmarked is sent again with the same id")

    async def _look(self) -> None:
        systems = self._directory().system_by_id
        held = await self._ownership.hold(set(LOCKS))
        now = time.monotonic()
        await self._end(
            id_
            for id_, lane in self._lanes.items()
            if lock_of(id_) not in held
            or lane.system != systems.get(id_)
            or self._tasks[id_].done()
            or (lane.idle and now - lane.used_at > _IDLE_S)
        )
        paused = await self._ownership.ask(paused_systems.paused)
        self._update_metrics(systems, paused)
        if held != self._held or now - self._scanned_at > _SCAN_S:
            self._held, self._scanned_at = held, now
            self._wake(await self._ownership.ask(send_queue.systems_with_rows))
            if ended := await self._ownership.ask(end_silent):
                log.warning("silent_sessions_ended", sessions=ended)
        count = max(1, len(self._lanes))
        for id_, lane in self._lanes.items():
            lane.capacity = max(FEW_ROWS // 2, min(CAPACITY, _ROWS // count))
            lane.most_bytes = min(MOST_BYTES, _BYTES // count)
            metrics.breaker.labels(id_).set({"closed": 0, "half-open": 0.5, "open": 1}[lane.breaker.state])
            if lane.paused and id_ not in paused:
                lane.resume()
            lane.paused = id_ in paused

    def _update_metrics(self, systems: Mapping[str, System], paused: set[str]) -> None:
        """Set the metrics of new systems, and of systems that were paused or resumed."""
        if systems is not self._with_metrics:
            for id_ in systems.keys() - self._with_metrics.keys():
                metrics.breaker.labels(id_).set(0)
                metrics.paused.labels(id_).set(id_ in paused)
            self._with_metrics, self._scanned_at = systems, 0.0
        for id_ in paused ^ self._paused:
            metrics.paused.labels(id_).set(id_ in paused)
        self._paused = paused

    def _wake(self, waiting: Iterable[str]) -> None:
        """Let lanes of systems with waiting rows read the table: some at a time, all in turn."""
        own = sorted(id_ for id_ in waiting if lock_of(id_) in self._held)
        chosen = [id_ for id_ in own if id_ > self._scan_after][:_LANES_PER_SCAN]
        chosen += own[: _LANES_PER_SCAN - len(chosen)] if len(own) > len(chosen) else []
        self._scan_after = chosen[-1] if chosen else ""
        for id_ in chosen:
            lane = self._lanes.get(id_) or self._begin(id_, all_in_memory=False)
            if lane is not None:
                lane.nudge()

    def _begin(self, id_: str, *, all_in_memory: bool) -> Lane | None:
        """Start a lane for a system; None when another hub delivers to it, it is unknown, or it fetches its notices itself."""
        system = self._directory().system_by_id.get(id_)
        exit_ = None if system is None else self._exits.get(system.out.way)
        lock = lock_of(id_)
        if system is None or exit_ is None or lock not in self._ownership.held:
            return None
        lane = Lane(
            system,
            exit_,
            self._store,
            self._messages,
            self.marker,
            partial(self._fence.permit, lock),
            all_in_memory=all_in_memory,
        )
        lane.paused = id_ in self._paused
        self._lanes[id_] = lane
        self._tasks[id_] = asyncio.create_task(lane.run(), name=f"lane {id_}")
        return lane

    async def _end(self, systems: Iterable[str]) -> None:
        ended = {id_: self._tasks.pop(id_) for id_ in list(systems)}
        for id_, task in ended.items():
            self._lanes.pop(id_)
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
