"""All lanes together: which systems this hub delivers to, what is handed to each. Imports the lanes, the exits'
protocol and the store.

One hub delivers to a system at any time, the one that holds the advisory lock of the system's share; when it dies PostgreSQL
gives the lock free and another takes over. So order needs no claims on rows, and what was just committed goes out from memory.
A lane is there for a system only while something is to be sent to it: ten thousand quiet ones cost nothing.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from hub import metrics
from hub.delivery.fence import Fence
from hub.delivery.lane import CAPACITY, MOST_BYTES, SPARED, Lane
from hub.delivery.outgoing import Exit
from hub.delivery.sent_marker import SentMarker
from hub.errors import Unavailable
from hub.log import log
from hub.store import inbox, outbox, paused_systems, send_queue
from hub.store.advisory_locks import Ownership, check_sessions, end_silent
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store
from hub.supervisor import turned
from hub.translators import formats
from schemas.directory import Directory, System
from schemas.envelope import Message

_LOOK_S = 0.4
"""Seconds between looks at pauses, the directory's systems and the locks: a pause takes effect in under a second
(D-5).
"""
_SCAN_S = 2.0
"""Seconds between questions for whom something waits in the table: rows of other hubs, replays, what was passed over."""

_AT_A_TIME = 200
"""Lanes that look into the table after one such question; the others' turn comes with the next."""

_IDLE_S = 60.0
"""Seconds after which a lane without work ends."""

_ROWS, _BYTES = 40_000, 128 * 1024 * 1024
"""What all lanes together keep in memory, shared evenly (D-8)."""

LOCKS = frozenset(f"{number:02}" for number in range(64))
"""Shares of the systems: a lock for each, since a database's locks are counted in thousands and systems may be more."""


def lock_of(system: str) -> str:
    """The share to which a system belongs."""
    return f"{zlib.crc32(system.encode()) % len(LOCKS):02}"


class Relay:
    """Starts and stops lanes as there is something to send."""

    def __init__(self, store: Store, directory: Callable[[], Directory], exits: Mapping[str, Exit]) -> None:
        self._store = store
        self._directory = directory
        self._exits = exits
        self.marker = SentMarker(store)
        """Its loop is the supervisor's to keep: deliveries stand still without marks."""
        self._ownership = Ownership(store, "relay")
        self._gate = Fence(self._ownership)
        self._lanes: dict[str, Lane] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._paused: set[str] = set()
        self._shown: Mapping[str, System] = {}
        """The systems whose metrics are there."""
        self._held: frozenset[str] = frozenset()
        self._scanned = 0.0
        self._next = ""
        """Where the next question's lanes begin, when they are more than may look at a time."""

    def offer(self, items: Sequence[OutboxRow]) -> None:
        """Rows that were just committed."""
        by_system: dict[str, list[OutboxRow]] = {}
        for item in items:
            if item.kind != "lookup":
                by_system.setdefault(item.system, []).append(item)
        for system, those in by_system.items():
            lane = self._lanes.get(system) or self._begin(system, whole=True)
            if lane is not None:
                lane.offer(those)

    @property
    def well(self) -> bool:
        """Health: every lane that this hub has is running."""
        return all(not task.done() for task in self._tasks.values())

    async def check(self) -> None:
        """Raises ``Misconfigured`` when the locks would not hold on this database connection."""
        await check_sessions(self._store)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                turned()
                try:
                    await self._look()
                except Unavailable:
                    log.warning("relay_waits", reason="database")
                except Exception as error:  # noqa: BLE001 - whatever it is, the lanes must be looked after
                    log.error("relay_look_failed", error=type(error).__name__)
                await asyncio.sleep(_LOOK_S)
        finally:
            await self._end(list(self._tasks))
            await self._ownership.close()

    async def close(self) -> None:
        """Gives up the exits' connections."""
        for exit_ in self._exits.values():
            await exit_.close()

    async def drain(self, timeout_s: float) -> None:
        """A graceful stop: what was sent gets its mark, within ``timeout_s`` seconds."""
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
        self._show(systems, paused)
        if held != self._held or now - self._scanned > _SCAN_S:
            self._held, self._scanned = held, now
            self._wake(await self._ownership.ask(send_queue.systems_with_rows))
            if ended := await self._ownership.ask(end_silent):
                log.warning("silent_sessions_ended", sessions=ended)
        share = max(1, len(self._lanes))
        for id_, lane in self._lanes.items():
            lane.capacity = max(SPARED // 2, min(CAPACITY, _ROWS // share))
            lane.most_bytes = min(MOST_BYTES, _BYTES // share)
            metrics.breaker.labels(id_).set({"closed": 0, "half-open": 0.5, "open": 1}[lane.breaker.state])
            if lane.paused and id_ not in paused:
                lane.resume()
            lane.paused = id_ in paused

    def _show(self, systems: Mapping[str, System], paused: set[str]) -> None:
        """The metrics of systems that are new, and of those that were paused or resumed."""
        if systems is not self._shown:
            for id_ in systems.keys() - self._shown.keys():
                metrics.breaker.labels(id_).set(0)
                metrics.paused.labels(id_).set(id_ in paused)
            self._shown, self._scanned = systems, 0.0
        for id_ in paused ^ self._paused:
            metrics.paused.labels(id_).set(id_ in paused)
        self._paused = paused

    def _wake(self, waiting: Iterable[str]) -> None:
        """Lanes of the systems for which something waits look into the table, some at a time and each in its turn."""
        mine = sorted(id_ for id_ in waiting if lock_of(id_) in self._held)
        turn = [id_ for id_ in mine if id_ > self._next][:_AT_A_TIME]
        turn += mine[: _AT_A_TIME - len(turn)] if len(mine) > len(turn) else []
        self._next = turn[-1] if turn else ""
        for id_ in turn:
            lane = self._lanes.get(id_) or self._begin(id_, whole=False)
            if lane is not None:
                lane.nudge()

    def _begin(self, id_: str, *, whole: bool) -> Lane | None:
        """A lane for a system, if this hub delivers to it."""
        system = self._directory().system_by_id.get(id_)
        lock = lock_of(id_)
        if system is None or lock not in self._ownership.held:
            return None
        ask = partial(self._gate.ask, lock)
        lane = Lane(system, self._exits[system.out.way], self._store, self._messages, self.marker, ask, whole=whole)
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

    async def _messages(self, items: Sequence[OutboxRow], most_bytes: int) -> dict[int, Message]:
        """The messages behind rows, translated anew from the bytes that came in; the rows' bodies as they are now."""
        async with self._store.transaction() as connection:
            if len(items) > 1:
                sizes = await send_queue.message_sizes(connection, [item.id for item in items])
                items = _fitting(items, sizes, most_bytes)
            rows = await inbox.load(connection, list({(item.source, item.message_id) for item in items}))
            bodies = await outbox.bodies(connection, [item.id for item in items])
        found: dict[int, Message] = {}
        for item in items:
            item.body, item.revision = bodies[item.id]
            message = formats.kept(rows[item.source, item.message_id])
            found[item.id] = message if item.body is None else formats.with_data(message, item.body)
        return found


def _fitting(items: Sequence[OutboxRow], sizes: Mapping[int, int], most_bytes: int) -> Sequence[OutboxRow]:
    """As many of the first as the bytes allow, one at least."""
    total = 0
    for number, item in enumerate(items):
        total += sizes.get(item.id, 0)
        if number and total > most_bytes:
            return items[:number]
    return items
