"""Removes the content of closed cases, and of refused messages, when the rule of their region says so. Imports the store, the formats, the
metrics and the supervisor.

One process at a time does it, by small transactions with pauses, and not at all while messages or notices are behind, or while the
clocks disagree. A case in which anything is not settled is passed over, and looked at again in the next round.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from hub import clock, metrics
from hub.errors import Unavailable
from hub.log import log
from hub.processes.registry import PROCESSES
from hub.store import edits, gallring, operator_log
from hub.store.advisory_locks import Ownership
from hub.store.gallring import Closed, RefusedToRemove
from hub.store.inbox import Connection, InboxRow
from hub.store.transaction import Conflict, Store
from hub.supervisor import turned
from hub.translators import formats
from schemas.directory import Directory

_AT_ONCE: Final = 30
"""Cases, or refused messages, in one transaction."""
_SHARE: Final = 0.05
"""Of the time of one connection of the database."""
_LONGEST_PAUSE_S: Final = 60.0
_WORD_S: Final = 3.0
"""Seconds between words with the session that holds the lock, which ends when it is silent for longer."""
_BEHIND: Final = 20_000
"""Rows that wait for connected systems: while there are more, nothing is removed."""
_CLOCKS_AGREE_S: Final = 600.0
"""Seconds within which this machine's clock and the database's must agree: what a wrong clock removes cannot be had again."""
_ON_THE_TRAIL: Final = 1_000
"""Cases after which the trail of operations is told, if the round goes on for long."""
_LOCK: Final = "gallring"
WHO: Final = "hub"
"""Who stands in the trail of operations."""


class Gallring:
    """``busy``: whether this process has more to do than it can."""

    def __init__(
        self,
        store: Store,
        directory: Callable[[], Directory],
        busy: Callable[[], bool] = lambda: False,
        now: Callable[[], datetime] = clock.now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._directory = directory
        self._busy = busy
        self._now = now
        self._sleep = sleep
        self._ownership = Ownership(store, _LOCK)
        self._untold = [0, 0]
        """Cases and refused messages of which the trail has not been told."""

    async def go_round(self) -> None:
        """Remove all that is due, if no other process is at it. Raises ``Unavailable`` when the database does not answer."""
        metrics.gallring_oldest.set(0)
        if not any(region.gallring for region in self._directory().regions):
            return
        if abs(ahead := clock.machine_ahead_s()) > _CLOCKS_AGREE_S:
            log.error("gallring_waits", reason="clocks_differ", ahead_s=round(ahead))
            return
        try:
            if _LOCK in await self._ownership.hold({_LOCK}):
                await self._round()
        finally:
            with suppress(Unavailable):
                await self._tell_trail()
            await self._ownership.close()

    async def _round(self) -> None:
        oldest = timedelta()
        async with self._store.transaction() as connection:
            kinds, senders = await gallring.kinds(connection), await gallring.senders(connection)
        for kind in kinds:
            async for cases, overdue in self._due_cases(kind):
                oldest = max(oldest, overdue)
                metrics.gallring_oldest.set(oldest.total_seconds())
                await self._gently(partial(self._remove_cases, cases))
        for system in senders:
            async for messages, overdue in self._due_refused(system):
                oldest = max(oldest, overdue)
                metrics.gallring_oldest.set(oldest.total_seconds())
                await self._gently(partial(self._remove_refused, messages))

    async def _due_cases(self, kind: tuple[str, str]) -> AsyncIterator[tuple[list[Closed], timedelta]]:
        """(cases that are due, for how long the oldest has been), page by page."""
        after: tuple[datetime, str] | None = None
        now, directory = self._now(), self._directory()
        least = _least(directory, [kind[1]])
        while least is not None:
            async with self._store.transaction() as connection:
                page = await gallring.closed(connection, kind, now - least, after, _AT_ONCE)
            overdue = {one.id: _overdue(directory, one.opened_by, [kind[1]], one.changed_at, now) for one in page}
            due = [one for one in page if overdue[one.id] > timedelta()]
            if due:
                yield due, max(overdue.values())
            if len(page) < _AT_ONCE:
                return
            after = page[-1].changed_at, page[-1].id
            turned()

    async def _due_refused(self, system: str) -> AsyncIterator[tuple[list[RefusedToRemove], timedelta]]:
        """The same of refused messages. They are of no process: the longest of its unit's times holds, when each process has one."""
        after: RefusedToRemove | None = None
        now, directory = self._now(), self._directory()
        processes = sorted(PROCESSES)
        least = _least(directory, processes)
        while least is not None:
            async with self._store.transaction() as connection:
                page = await gallring.refused(connection, system, now - least, after, _AT_ONCE)
            overdue = {
                one: _overdue(directory, _unit(one, system, directory), processes, one.received_at, now) for one in page
            }
            due = [one for one in page if overdue[one] > timedelta()]
            if due:
                yield due, max(overdue.values())
            if len(page) < _AT_ONCE:
                return
            after = page[-1]
            turned()

    async def _remove_cases(self, cases: Sequence[Closed]) -> None:
        now = self._now()
        async with self._store.transaction() as connection:
            taken = await gallring.take(connection, cases, now)
            if taken.cases:
                await gallring.remove_cases(connection, taken, await _digests(connection, taken.messages), now)
        self._untold[0] += len(taken.cases)
        metrics.gallring_cases.inc(len(taken.cases))

    async def _remove_refused(self, messages: Sequence[RefusedToRemove]) -> None:
        async with self._store.transaction() as connection:
            taken = await gallring.take_refused(connection, [(one.source, one.id) for one in messages])
            if taken:
                await gallring.remove_refused(connection, taken, await _digests(connection, taken))
        self._untold[1] += len(taken)
        metrics.gallring_messages.inc(len(taken))

    async def _gently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do a piece of work when nothing is behind, and rest after it for so long that it is a small part of the time."""
        while await self._is_behind():
            await self._rest(_WORD_S)
        began = time.monotonic()
        with suppress(Conflict):  # another was first: it is looked at again in the next round
            await work()
        await self._rest(min((time.monotonic() - began) * (1 / _SHARE - 1), _LONGEST_PAUSE_S))
        if sum(self._untold) >= _ON_THE_TRAIL:
            await self._tell_trail()

    async def _is_behind(self) -> bool:
        async with self._store.transaction() as connection:
            return self._busy() or await gallring.waiting(connection) > _BEHIND

    async def _rest(self, seconds: float) -> None:
        """Rest, and prove again and again that this process holds the lock. Raises ``Unavailable`` when it is lost."""
        while True:
            turned()
            await self._sleep(min(seconds, _WORD_S))
            await self._ownership.ask(gallring.word)
            if (seconds := seconds - _WORD_S) <= 0:
                return

    async def _tell_trail(self) -> None:
        """Write on the trail of operations, and in the log, what was removed."""
        cases, refused = self._untold
        if not cases and not refused:
            return
        async with self._store.transaction() as connection:
            said = (
                f"the content of {cases} closed cases and {refused} refused messages was removed by the regions' rules"
            )
            await operator_log.record(connection, WHO, "gallring", "cases", said)
        self._untold = [0, 0]
        log.info("gallrat", cases=cases, refused=refused)


def _least(directory: Directory, processes: Sequence[str]) -> timedelta | None:
    """The shortest time of any region for one of these processes."""
    days = [(region.gallring or {}).get(process) for region in directory.regions for process in processes]
    known = [one for one in days if one is not None]
    return timedelta(days=min(known)) if known else None


def _overdue(
    directory: Directory, unit: str | None, processes: Sequence[str], since: datetime, now: datetime
) -> timedelta:
    """For how long what a unit has left lying since then has been due; zero or less where it is not."""
    days = [directory.gallring_days(unit, process) for process in processes]
    longest = None if None in days else max((one for one in days if one is not None), default=None)
    return timedelta() if longest is None else now - since - timedelta(days=longest)


def _unit(message: RefusedToRemove, system: str, directory: Directory) -> str | None:
    """The unit that sent it; of one that names none, as it could not be read, a unit of the system that did."""
    if message.source.startswith("urn:hsa:"):
        return message.source.removeprefix("urn:hsa:")
    found = directory.system_by_id.get(system)
    return None if found is None else found.units[0]


async def _digests(connection: Connection, messages: Sequence[InboxRow]) -> list[bytes]:
    """The digest of each as this hub takes it: an earlier one may have taken it otherwise, and the message cannot be read again (D-2).

    One that cannot be read now keeps the digest that it has.
    """
    found = []
    came = await edits.as_they_came(connection, {(row.source, row.id): row for row in messages})
    for row in messages:
        await asyncio.sleep(0)  # each takes a part of a millisecond, in which nothing else is done
        digest = row.digest
        with suppress(Exception):
            digest = formats.digest(formats.read_stored(came[row.source, row.id]))
        found.append(digest)
    return found
