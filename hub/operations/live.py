"""Tells whoever listens, in a process, that something has changed: one read a second for all of them. Imports what is seen, the
overview and the store.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import TypeAdapter

from hub.directory_in_force import DirectoryInForce
from hub.errors import Unavailable, kind_and_place
from hub.log import log
from hub.operations.overview import Overview, overview
from hub.operations.seen import Seen
from hub.operations.watch import Watch
from hub.outages import outages
from hub.store import operator_sessions
from hub.store.transaction import Store

LOOK_S: Final = 1.0
_REST: Final = 19.0
"""So many times as long as a look took it rests, so that looking never takes more than a twentieth of the time, however much there is."""
_APART_S: Final = 2.0
_PAGES: Final = 2
"""A page that is told that a list has changed asks for itself again, which costs some 15 ms. So it is told at most every two seconds, and
of all pages at most two at each look, those first that were told longest ago: many open pages cost the intake no more than a few.
"""
_SESSIONS_S: Final = 3.0
_QUIET_S: Final = 15.0
"""After so many seconds without news a listener is sent a comment, so that proxies keep the connection and a lost one is noticed."""
_JSON: Final = TypeAdapter(Overview)


@dataclass(eq=False, slots=True)
class _Listener:
    """One open page."""

    session: int | None
    is_page: bool = False
    """It asks for itself again when it is told something, and is told the names of lists alone."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    told: int = 0
    """The number of the overview that it was sent last."""
    lists: set[str] = field(default_factory=set)
    """The lists that have changed since it was told."""
    told_at: float = 0.0
    """When a page was told last, by the event loop's clock."""
    is_due: bool = False
    """Whether a page is told now."""
    ended: str | None = None


class Live:
    """The events for all listeners of this process. A slow listener misses what was between: it gets the newest."""

    def __init__(self, store: Store, in_force: DirectoryInForce, most: int = 200) -> None:
        """``most``: listeners at a time. Each has a connection of the hub's, and most of those are for messages."""
        self._store = store
        self.watch = Watch(store, in_force)
        self._most = most
        self._listeners: dict[_Listener, None] = {}
        """The longest open first."""
        self._task: asyncio.Task[None] | None = None
        self._signs: Mapping[str, object] = {}
        self._number = 0
        self._overview = b""
        self._stopped = False

    async def listen(self, session: int | None, *, is_page: bool = False) -> AsyncIterator[bytes]:
        """Server-sent events, until the session ends or the hub stops: ``overview`` with the overview, at once and when it has changed;
        ``lists`` with the names of the lists that have changed; at the end ``end``, with why. A page is told ``lists`` alone, ``overview``
        among them, in its turn. Where there are too many, whose session has the most loses the one that was open longest.
        """
        one = _Listener(session, is_page)
        self._listeners[one] = None
        self._make_room()
        if self._task is None:
            self._number, self._signs = self._number + 1, {}
            self._task = asyncio.create_task(self._look(), name="events of operations")
        elif self._overview and not is_page:
            one.wake.set()
        try:
            while not self._stopped:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_QUIET_S):
                        await one.wake.wait()
                one.wake.clear()
                yield self._news(one)
                if one.ended is not None:
                    return
            yield _event("end", b'{"why": "hub-stops"}')
        finally:
            self._listeners.pop(one, None)
            if not self._listeners and self._task is not None:
                self._task.cancel()
                self._task = None
                self._overview = b""

    def _make_room(self) -> None:
        while len(self._listeners) > self._most:
            (greediest, _), *_ = Counter(one.session for one in self._listeners).most_common(1)
            oldest = next(one for one in self._listeners if one.session == greediest)
            del self._listeners[oldest]
            oldest.ended = "too-many"
            oldest.wake.set()

    def stop(self) -> None:
        """The hub stops: everybody is told, and listens to another."""
        self._stopped = True
        for one in self._listeners:
            one.ended = one.ended or "hub-stops"
            one.wake.set()

    def _news(self, one: _Listener) -> bytes:
        if one.ended is not None:
            return _event("end", f'{{"why": "{one.ended}"}}'.encode())
        said = b""
        if one.told != self._number and self._overview and not one.is_page:
            one.told = self._number
            said += self._overview
        if one.lists and (one.is_due or not one.is_page):
            one.is_due = False
            names = ", ".join(f'"{name}"' for name in sorted(one.lists))
            one.lists.clear()
            said += _event("lists", f'{{"changed": [{names}]}}'.encode())
        return said or b": still here\n\n"

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        sessions_at = loop.time() + _SESSIONS_S
        while True:
            began = loop.time()
            try:
                self._tell(await self.watch.now())
                if began >= sessions_at:
                    sessions_at = began + _SESSIONS_S
                    await self._end_sessions()
            except Unavailable as error:
                outages.met(error, work="events of operations")
            except Exception as error:  # noqa: BLE001 - a read that failed does not end the events
                log.error("events_failed", error=kind_and_place(error))
            took = loop.time() - began
            await asyncio.sleep(max(LOOK_S - took, _REST * took))

    def _tell(self, seen: Seen) -> None:
        now = overview(seen)
        signs: dict[str, object] = {**lists(seen), "overview": _lasting(now)}
        changed = {name for name, sign in signs.items() if self._signs.get(name) != sign}
        is_first, self._signs = not self._signs, signs
        if "overview" in changed:
            self._number += 1
            self._overview = _event("overview", _JSON.dump_json(now))
        for one in self._listeners if changed else ():
            if not is_first:
                one.lists |= changed if one.is_page else changed - {"overview"}
            if not one.is_page:
                one.wake.set()
        self._tell_pages()

    def _tell_pages(self) -> None:
        at = asyncio.get_running_loop().time()
        waiting = [one for one in self._listeners if one.is_page and one.lists and one.told_at <= at - _APART_S]
        for one in sorted(waiting, key=lambda one: one.told_at)[:_PAGES]:
            one.told_at, one.is_due = at, True
            one.wake.set()

    async def _end_sessions(self) -> None:
        asked = {one.session for one in self._listeners if one.session is not None}
        if not asked:
            return
        async with self._store.transaction() as connection:
            going = await operator_sessions.in_force(connection, asked)
        for one in self._listeners:
            if one.session is not None and one.session not in going and one.session in asked:
                one.ended = "signed-out"
                one.wake.set()


def _event(name: str, data: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


def _lasting(now: Overview) -> Overview:
    """The overview without what is another at each look and says nothing new."""
    return replace(now, at=now.at.min, hubs=[replace(hub, last_said=now.at.min) for hub in now.hubs])


def lists(seen: Seen) -> dict[str, Any]:
    """The lists of the console, each with what is another when its rows are."""
    systems = seen.systems.values()
    return {
        "waiting": [(one.system, one.waiting) for one in systems if one.waiting],
        "dead": [(one.system, one.dead) for one in systems if one.dead],
        "systems": [
            (
                one.system,
                bool(one.waiting),
                one.dead,
                one.paused,
                one.breaker,
                one.last_answer,
                seen.is_late(one.system),
            )
            for one in systems
        ],
        "held": (seen.glance.held, seen.glance.held_since),
        "manual-queue": (seen.glance.manual, seen.glance.manual_since),
        "unserved": seen.unserved,
        "silences": list(seen.silences),
        "deadlines": seen.overdue,
        "partitions": seen.incidents,
        "replays": seen.replays,
        "registers": [
            (name, one.failing_since, one.is_down(seen.at), one.reason)
            for name, one in seen.registers.contracts.items()
        ],
        "hubs": [(hub.hub, hub.state, hub.roles, hub.shards, hub.asks_registers, hub.replaced) for hub in seen.hubs],
        "directory": seen.version,
        "trail": seen.newest_act,
    }
