"""Looks after this process's lanes: what is paused, whose entry is another now, and what waits in the table. Imports the lanes, the
shards and the store.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress

from hub import metrics
from hub.delivery.lanes import Lanes
from hub.delivery.outgoing import Exit
from hub.errors import Unavailable
from hub.log import log
from hub.outages import outages
from hub.shards import Shards
from hub.store import outbox, paused_systems, send_queue
from hub.store.advisory_locks import end_silent
from hub.store.shards import still_owned
from hub.store.transaction import Store
from hub.supervisor import turned
from schemas.directory import Directory, System

_LOOK_S = 0.4
"""Seconds between checks of the pauses, the directory and the locks: a pause takes effect in under a second (D-5)."""
_GATHER_S = 0.01
"""Seconds in which other processes' rows gather before they are read."""
_SCAN_S = 5.0
"""Seconds between queries for systems with rows that are in nobody's memory, should a process not have been told of them."""

_LANES_PER_SCAN = 200
"""Lanes that read the table after one such query; the next query continues with the following lanes."""


class Relay:
    """Runs ``lanes``, all that this process has."""

    def __init__(
        self, store: Store, directory: Callable[[], Directory], exits: Mapping[str, Exit], shards: Shards
    ) -> None:
        self.lanes = Lanes(store, directory, exits, shards)
        self._store = store
        self._directory = directory
        self._exits = exits
        self._shards = shards
        self._with_metrics: Mapping[str, System] = {}
        """The systems that have metrics."""
        self._unsent_before: set[str] = set()
        self._wake = asyncio.Event()
        self._looked_at = self._scanned_at = self._ended_at = 0.0
        self._scan_after = ""
        """The last system woken by a scan that had more systems than ``_LANES_PER_SCAN``; the next scan continues after it."""

    def rows_written(self, shards: Collection[int]) -> None:
        """Another process has written rows for shards, which may be this process's; none: nobody knows for which."""
        owned = self._shards.owned
        if not shards:
            self._scanned_at = self._looked_at = 0.0
        if not shards or any(shard in owned for shard in shards):
            self._wake.set()

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
            await self.lanes.end()
            await self._shards.close()

    async def close(self) -> None:
        """Close the exits' connections."""
        for exit_ in self._exits.values():
            await exit_.close()

    async def drain(self, timeout_s: float) -> None:
        """Wait at most ``timeout_s`` seconds until all sent rows are marked: part of a graceful stop."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.lanes.marker.until_idle()
        except TimeoutError:
            log.warning("marks_left", reason="time is up; what is unmarked is sent again with the same id")

    async def _look(self) -> None:
        systems = self._directory().system_by_id
        await self._end_silent()
        await self._shards.look()
        now = time.monotonic()
        await self.lanes.end_needless()
        paused = await self._shards.ask(paused_systems.paused)
        self._update_metrics(systems, paused)
        if self.lanes.unsure or now - self._scanned_at > _SCAN_S:
            self._scanned_at = now
            await self._scan()
        self.lanes.begin_to_read(_LANES_PER_SCAN)
        self.lanes.share()

    async def _scan(self) -> None:
        """Let the lanes read what is in nobody's memory: rows that wait by themselves; and whatever a system has that the counts
        say is not sent, when no lane of this process knows of it.
        """
        await self._read_waiting()
        systems = self._directory().system_by_id
        with self.lanes.finding_out() as was_unsure:
            unsent = set(await self._shards.ask(send_queue.systems_unsent))
        for id_ in unsent if was_unsure else unsent & self._unsent_before:
            if self.lanes.is_leaving(id_):
                continue
            if id_ in systems and not self.lanes.has_lane(id_):
                await self._make_waiting(id_)
            else:
                self.lanes.read_unsent(id_)
        self._unsent_before = {id_ for id_ in unsent if self.lanes.has_lane(id_)}

    async def _end_silent(self) -> None:
        """End the sessions of hubs that were stopped within a statement. First of all: what such a session has locked may be a shard that
        this process is to take over.
        """
        if time.monotonic() - self._ended_at > _SCAN_S:
            self._ended_at = time.monotonic()
            if ended := await self._shards.ask(end_silent):
                log.warning("silent_sessions_ended", sessions=ended)

    async def _read_waiting(self) -> None:
        """Let the lanes read the rows that wait by themselves, such as those that other processes have written."""
        for id_ in self._some(await self._shards.ask(send_queue.systems_waiting, self._shards.owned)):
            self.lanes.nudge(id_)

    async def _make_waiting(self, system: str) -> None:
        """The system fetches its notices itself: those that were written for its lane wait in the table from now on."""
        async with self._store.transaction() as connection:
            owned = await still_owned(connection, self._shards.states(self._shards.owned))
            await outbox.make_waiting(connection, system, owned)

    def _update_metrics(self, systems: Mapping[str, System], paused: set[str]) -> None:
        """Set the metrics of new systems, and of systems that were paused or resumed."""
        if systems is not self._with_metrics:
            for id_ in systems.keys() - self._with_metrics.keys():
                metrics.breaker.labels(id_).set(0)
                metrics.paused.labels(id_).set(id_ in paused)
            self._with_metrics, self.lanes.unsure = systems, True  # a system may have another way now
        for id_ in paused ^ self.lanes.paused:
            metrics.paused.labels(id_).set(id_ in paused)
        self.lanes.paused = paused

    def _some(self, waiting: Iterable[str]) -> list[str]:
        """Some of the systems with waiting rows: as many as may read the table at once, all in turn."""
        own = sorted(waiting)
        chosen = [id_ for id_ in own if id_ > self._scan_after][:_LANES_PER_SCAN]
        chosen += own[: _LANES_PER_SCAN - len(chosen)] if len(own) > len(chosen) else []
        self._scan_after = chosen[-1] if chosen else ""
        return chosen
