"""Looks which systems have fallen silent, and which send again: one alert when a silence starts and one when it ends, whichever hub looks.
Imports the rule, the store, the log and the metrics.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from hub import clock, metrics
from hub.log import log
from hub.operations.usual import (
    LOOKED_BACK,
    WEEKS,
    Back,
    HeardDay,
    Less,
    Usual,
    is_heard_again,
    learn,
    less_than_usual,
)
from hub.store import figures, partitions, silence
from hub.store.silence import Connection, Ended, Silence
from hub.store.transaction import Store
from schemas.directory import Directory, System
from schemas.swedish_time import local_day

_AT_ONCE: Final = 200
"""Systems whose weeks are in memory at the same time."""
_USUAL_BY_NOW: Final = timedelta(days=14)
"""A silence that has lasted so long is what is usual now, and is over: operations knows, or it is no fault."""
_NONE: Final = (0,) * 24
_Days = Mapping[date, Sequence[int]]
"""Day → its 24 hours."""


class SilenceWatch:
    """Judges every system when a quarter of an hour more is known of it."""

    def __init__(
        self, store: Store, directory: Callable[[], Directory], now: Callable[[], datetime] = clock.now
    ) -> None:
        self._store = store
        self._directory = directory
        self._now = now
        self._judged: datetime | None = None
        self._learnt_on: date | None = None
        self._usual: dict[str, Usual] = {}
        """What is usual for each system, learnt once a day."""

    async def look(self) -> None:
        """Judge, when there is something new; show in the metrics which systems are silent."""
        async with self._store.transaction() as connection:
            known = await figures.last_quarter(connection)
        if known is not None and known != self._judged:
            await self._judge(known + timedelta(minutes=figures.QUARTER))
            self._judged = known
        async with self._store.transaction() as connection:
            silent = await silence.going_on(connection)
        metrics.system_silent.clear()
        for system in silent:
            metrics.system_silent.labels(system).set(1)

    async def _judge(self, upto: datetime) -> None:
        """``upto``: what is known ends there."""
        now = self._now()
        today = local_day(now)
        if today != self._learnt_on:
            self._usual, self._learnt_on = {}, today
        systems = self._directory().system_by_id
        async with self._store.transaction() as connection:
            silent = await silence.going_on(connection)
            blocked = {one.topic for one in await partitions.incidents(connection) if not one.lost}
            for gone in silent.keys() - systems.keys():
                await self._end(connection, gone, now, "left")
        ids = sorted(systems)
        for start in range(0, len(ids), _AT_ONCE):
            some = [systems[id_] for id_ in ids[start : start + _AT_ONCE]]
            async with self._store.transaction() as connection:
                for system, back, spread in await self._known(connection, some, today):
                    one = silent.get(system.id)
                    if one is None:
                        less = None if f"hub.in.{system.id}" in blocked else less_than_usual(back, spread)
                        if less is not None:
                            await self._begin(connection, system.id, now, upto, less)
                    elif is_heard_again(back):
                        await self._end(connection, system.id, now, "heard")
                    elif now - one.since > _USUAL_BY_NOW:
                        self._usual.pop(system.id, None)
                        await self._end(connection, system.id, now, "usual")

    async def _known(
        self, connection: Connection, systems: Sequence[System], today: date
    ) -> list[tuple[System, Back, float]]:
        """Of each system: its hours of the last weeks, the newest first, and how much its weeks differ."""
        untaught = [one.id for one in systems if one.id not in self._usual]
        if untaught:
            await self._learn(connection, systems, untaught, today)
        since = today - LOOKED_BACK
        days = await silence.heard(connection, [one.id for one in systems] + _minutes_of(silence.WAYS), since)
        await asyncio.sleep(0)
        minutes = _listened(days, {one.ways_in for one in systems}, since, today)
        return [
            (one, Back(usual := self._usual[one.id], _days(days.get(one.id, {}), minutes[one.ways_in])), usual.spread)
            for one in systems
        ]

    async def _learn(
        self, connection: Connection, systems: Sequence[System], untaught: Sequence[str], today: date
    ) -> None:
        since = today - timedelta(weeks=WEEKS)
        days = await silence.heard(connection, [*untaught, *_minutes_of(silence.WAYS)], since)
        anew = await silence.usual_since(connection, untaught)
        minutes = _listened(days, {one.ways_in for one in systems}, since, today - timedelta(days=1))
        for system in systems:
            if system.id in untaught:
                await asyncio.sleep(0)
                its = days.get(system.id, {})
                self._usual[system.id] = _learnt(its, minutes[system.ways_in], anew.get(system.id))

    async def _begin(self, connection: Connection, system: str, now: datetime, upto: datetime, less: Less) -> None:
        since = upto - timedelta(minutes=less.minutes)
        if await silence.begin(connection, Silence(system, since, now, less.expected, less.heard, None, None)):
            log.error(
                "system_silent", system=system, since=since.isoformat(), expected=round(less.expected), heard=less.heard
            )

    async def _end(self, connection: Connection, system: str, now: datetime, why: Ended) -> None:
        if await silence.end(connection, system, now, why):
            log.warning("system_silence_over", system=system, why=why)


async def usual_of(connection: Connection, system: System, today: date) -> Usual:
    """What is usual for one system."""
    since = today - timedelta(weeks=WEEKS)
    days = await silence.heard(connection, [system.id, *_minutes_of(silence.WAYS)], since)
    anew = await silence.usual_since(connection, [system.id])
    minutes = _listened(days, {system.ways_in}, since, today - timedelta(days=1))
    return _learnt(days.get(system.id, {}), minutes[system.ways_in], anew.get(system.id))


def _learnt(its: _Days, minutes: _Days, anew: datetime | None) -> Usual:
    """What is usual for a system, of the whole days since it first sent anything, or since something else is usual."""
    if not its:
        return learn(())
    since = max(min(its), *([local_day(anew)] if anew else [min(its)]))
    return learn(one for one in _days(its, minutes) if one.day >= since)


def _days(its: _Days, minutes: _Days) -> list[HeardDay]:
    return [HeardDay(day, its.get(day, _NONE), listened) for day, listened in minutes.items()]


def _listened(
    days: Mapping[str, _Days], ways: Iterable[Sequence[str]], since: date, until: date
) -> dict[Sequence[str], dict[date, Sequence[int]]]:
    """Ways in → each day, the oldest first → in how many minutes of its hours the hub listened on all of them, since nobody knows which of
    its ways a system uses.
    """
    span = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    return {
        some: {
            day: [
                min(each)
                for each in zip(*(days.get(way, {}).get(day, _NONE) for way in _minutes_of(some)), strict=True)
            ]
            or _NONE
            for day in span
        }
        for some in ways
    }


def _minutes_of(ways: Iterable[str]) -> list[str]:
    return [f":{way}" for way in ways]
