"""All lanes together: which systems this hub delivers to, what is handed to each. Imports the lanes, the exits'
protocol and the store.

One hub delivers to a system at any time, the one that holds the system's advisory lock; when it dies PostgreSQL gives
the
lock free and another takes over. So order needs no claims on rows, and what was just committed goes out from memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from hub import metrics
from hub.delivery.lane import Lane
from hub.delivery.marker import Marker
from hub.delivery.parcel import Exit
from hub.errors import Unavailable
from hub.log import log
from hub.store import inbox, outbox
from hub.store.outbox import Item
from hub.store.ownership import Ownership
from hub.store.transaction import Store
from hub.supervisor import turned
from hub.translators import formats
from schemas.directory import Directory
from schemas.envelope import Message

_LOOK_S = 0.4
"""Seconds between looks at pauses, the directory's systems and the locks: a pause takes effect in under a second
(D-5).
"""


class Relay:
    """Starts and stops lanes as systems come and go."""

    def __init__(self, store: Store, directory: Callable[[], Directory], exits: Mapping[str, Exit]) -> None:
        self._store = store
        self._directory = directory
        self._exits = exits
        self.marker = Marker(store)
        """Its loop is the supervisor's to keep: deliveries stand still without marks."""
        self._ownership = Ownership(store, "relay")
        self._lanes: dict[str, Lane] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def offer(self, items: Sequence[Item]) -> None:
        """Rows that were just committed."""
        by_system: dict[str, list[Item]] = {}
        for item in items:
            if item.kind != "lookup":
                by_system.setdefault(item.system, []).append(item)
        for system, those in by_system.items():
            if (lane := self._lanes.get(system)) is not None:
                lane.offer(those)

    @property
    def well(self) -> bool:
        """Health: every lane that this hub has is running."""
        return all(not task.done() for task in self._tasks.values())

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                turned()
                try:
                    await self._look()
                except Unavailable:
                    log.warning("relay_waits", reason="database")
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
        owned = await self._ownership.hold(set(systems))
        gone = [id_ for id_, lane in self._lanes.items() if id_ not in owned or lane.system != systems.get(id_)]
        await self._end(gone + [id_ for id_, task in self._tasks.items() if task.done()])
        for id_ in owned:
            if id_ not in self._lanes:
                system = systems[id_]
                lane = Lane(system, self._exits[system.out.way], self._store, self._messages, self.marker)
                self._lanes[id_] = lane
                self._tasks[id_] = asyncio.create_task(lane.run())
        paused = await self._ownership.paused()
        for id_, lane in self._lanes.items():
            metrics.breaker.labels(id_).set({"closed": 0, "half-open": 0.5, "open": 1}[lane.breaker.state])
            metrics.paused.labels(id_).set(id_ in paused)
            if lane.paused != (id_ in paused):
                lane.paused = id_ in paused
                lane.nudge()

    async def _end(self, systems: Sequence[str]) -> None:
        for id_ in systems:
            self._lanes.pop(id_, None)
            task = self._tasks.pop(id_, None)
            if task is not None:
                task.cancel()
                (result,) = await asyncio.gather(task, return_exceptions=True)
                if isinstance(result, Exception):
                    log.error("lane_ended", system=id_, error=type(result).__name__)

    async def _messages(self, items: Sequence[Item]) -> dict[int, Message]:
        """The messages behind rows, translated anew from the bytes that came in; the rows' bodies as they are now."""
        async with self._store.transaction() as connection:
            rows = await inbox.load(connection, list({(item.source, item.message_id) for item in items}))
            bodies = await outbox.bodies(connection, [item.id for item in items])
        found: dict[int, Message] = {}
        for item in items:
            item.body = bodies[item.id]
            row = rows[item.source, item.message_id]
            message = formats.kept(row)
            found[item.id] = message if item.body is None else formats.with_data(message, item.body)
        return found
