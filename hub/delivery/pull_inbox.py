"""The pull inbox: a system fetches its notices itself and acknowledges them (delivery.md §3). Imports the outbox's encoding and the
store.

Any hub process answers any reader. A reader that waits holds no database connection and asks nothing: it is woken when rows of its
system are committed here, or in another process, which says so by NOTIFY. What nobody says (a lease that ends, a process that died
after its commit) is found by one query for all readers every few seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from hub import clock, metrics
from hub.delivery import acks
from hub.delivery.acks import Ack
from hub.delivery.case_queue import case_of
from hub.delivery.fence import RowsChanged
from hub.delivery.outgoing import Outgoing, encode
from hub.delivery.row_messages import messages_of
from hub.errors import Refused
from hub.log import log
from hub.shards import PROOF_S
from hub.store import dead_letters, in_hand, paused_systems
from hub.store.notifications import Notifications
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store
from hub.supervisor import turned
from schemas.directory import Directory, System
from schemas.envelope import Message
from schemas.ways_out import InboxOut

MOST_READERS: Final = 16
"""Readers of one system that may wait in one process."""
MOST_IN_HAND: Final = 5_000
"""Rows of one system in its readers' hands; then some must be acknowledged before more are given."""
_ANSWER_BYTES: Final = 4 * 1024 * 1024
"""Bytes of the messages in one answer, unless a single message is larger."""
_LOOK_S: Final = 2.0
"""Seconds between the queries for what nobody has told of."""
_TELL_S: Final = 0.02
"""Seconds in which commits gather before other processes are told of them."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice, receipt or announcement as it is given."""

    outgoing: Outgoing
    again: bool
    """Whether it was given before, to this reader or another."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one reader was given."""

    notices: list[Notice]
    reader: str
    """By this the reader keeps what it has: it names it in its next call."""
    until: datetime
    """When what is not acknowledged may be given to another reader."""


@dataclass(slots=True)
class _WaitingHere:
    """Readers of one system that wait in this process."""

    waiting: set[asyncio.Event] = field(default_factory=set)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One of them asks the database at a time: the others would hold a connection only to wait for the lock there."""

    def wake(self) -> None:
        for event in self.waiting:
            event.set()


class PullInbox:
    """All pull inboxes, in one hub process."""

    def __init__(self, store: Store, directory: Callable[[], Directory]) -> None:
        self._store = store
        self._directory = directory
        self._readers: dict[str, _WaitingHere] = {}
        self._to_tell: set[str] = set()
        self._committed = asyncio.Event()
        self._known: tuple[Mapping[str, System], frozenset[str]] = ({}, frozenset())
        self._stopping = False

    # --- who waits, and who is woken -----------------------------------------------------------------------------------

    def offer(self, rows: Sequence[OutboxRow]) -> None:
        """Rows were just committed: wake the readers of those that are fetched, here and in other processes."""
        if systems := self._fetching():
            self._tell({row.system for row in rows if row.system in systems})

    def _fetching(self) -> frozenset[str]:
        """The systems that fetch their notices."""
        systems = self._directory().system_by_id
        if self._known[0] is not systems:
            found = frozenset(id_ for id_, system in systems.items() if isinstance(system.out, InboxOut))
            self._known = (systems, found)
        return self._known[1]

    def _tell(self, systems: set[str]) -> None:
        if systems:
            self._wake(systems)
            self._to_tell |= systems
            self._committed.set()

    def _wake(self, systems: Sequence[str] | set[str]) -> None:
        for system in systems:
            if (readers := self._readers.get(system)) is not None:
                readers.wake()

    async def run(self) -> None:
        """Tell other processes of what is committed here, until cancelled."""
        while True:
            await self._committed.wait()
            await asyncio.sleep(_TELL_S)
            self._committed.clear()
            told, self._to_tell = sorted(self._to_tell), set()
            async with self._store.transaction() as connection:
                await in_hand.tell(connection, told)

    async def listen(self) -> None:
        """Wake readers for what other processes tell of, and for what nobody tells of, until cancelled."""
        looked_at = 0.0
        async with aclosing(Notifications(self._store, in_hand.CHANNEL)) as notifications:
            while True:
                turned()
                if not self._fetching():
                    await notifications.aclose()
                    await asyncio.sleep(_LOOK_S)
                    continue
                told = await notifications.within(_LOOK_S)
                self._wake(told)
                if self._readers and (not told or time.monotonic() - looked_at > _LOOK_S):
                    looked_at = time.monotonic()
                    async with self._store.transaction() as connection:
                        self._wake(await in_hand.with_something_free(connection, list(self._readers)))

    def readers(self, system: str) -> int:
        """How many readers of the system wait in this process."""
        found = self._readers.get(system)
        return 0 if found is None else len(found.waiting)

    def stop(self) -> None:
        """Let every reader that waits have its empty answer."""
        self._stopping = True
        self._wake(list(self._readers))

    @contextmanager
    def _waiting(self, system: str) -> Iterator[asyncio.Event]:
        """A place among the system's readers; raises ``Refused`` 429 where there is none."""
        readers = self._readers.setdefault(system, _WaitingHere())
        if len(readers.waiting) >= MOST_READERS:
            raise replace(TOO_MANY_READERS)
        woken = asyncio.Event()
        readers.waiting.add(woken)
        metrics.inbox_readers.labels(system).set(len(readers.waiting))
        try:
            yield woken
        finally:
            readers.waiting.discard(woken)
            metrics.inbox_readers.labels(system).set(len(readers.waiting))
            if not readers.waiting:
                self._readers.pop(system, None)

    # --- fetching ------------------------------------------------------------------------------------------------------

    async def fetch(
        self, system: System, reader: str | None, limit: int, wait_s: float, gone: asyncio.Future[Any]
    ) -> Fetched:
        """What may be given now, or within ``wait_s`` seconds; nothing where the time is over, or when ``gone`` (the client is) or
        the hub stops. Raises ``Refused`` and ``Unavailable``.
        """
        loop = asyncio.get_running_loop()
        name, end = reader or str(uuid4()), loop.time() + wait_s
        with self._waiting(system.id) as woken:
            while True:
                woken.clear()
                notices = [] if gone.done() else await self._take(system, name, limit)
                left = end - loop.time()
                if notices or left <= 0 or gone.done() or self._stopping:
                    break
                waking: asyncio.Future[Any] = asyncio.ensure_future(woken.wait())
                try:
                    await asyncio.wait((waking, gone), timeout=left, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    waking.cancel()
        metrics.inbox_fetched.labels(system.id).inc(len(notices))
        return Fetched(notices, name, clock.now() + timedelta(seconds=_lease_s(system)))

    async def _take(self, system: System, reader: str, limit: int) -> list[Notice]:
        try:
            async with self._readers[system.id].turn:
                rows, messages, times = await self._give(system, reader, limit)
        except RowsChanged:  # they moved to another system at this moment
            return []
        notices: list[Notice] = []
        let_go: list[int] = []
        stopped: set[str] = set()
        """Cases with a row that cannot be written; what follows it waits for operations."""
        for row in rows:
            if case_of(row) in stopped:
                let_go.append(row.id)
                continue
            try:
                encoded = encode(row, messages.get(row.id), system)
            except Exception as error:  # noqa: BLE001 - a row that cannot be written goes dead; the others are given
                log.error("delivery_dead", system=system.id, case=row.case_id, answer=type(error).__name__)
                stopped.add(case_of(row))
                let_go.append(row.id)
                async with self._store.transaction() as connection:
                    await dead_letters.add(connection, row.id, f"cannot-be-written:{type(error).__name__}")
                continue
            notices.append(Notice(encoded, again=times[row.id] > 1))
        if let_go:
            async with self._store.transaction() as connection:
                await in_hand.let_go(connection, let_go)
        return notices

    async def _give(
        self, system: System, reader: str, limit: int
    ) -> tuple[list[OutboxRow], dict[int, Message], dict[int, int]]:
        """The rows that the reader has in its hands from now on, their messages, and how often each was given."""
        lease_s = _lease_s(system)
        async with self._store.transaction() as connection:
            await in_hand.lock(connection, system.id)
            await in_hand.renew(connection, system.id, reader, lease_s)
            room = MOST_IN_HAND - await in_hand.count(connection, system.id)
            if room > 0 and not await paused_systems.pauses(connection, system.id):
                rows = await in_hand.free(connection, system.id, reader, min(limit, room))
                told = [row for row in rows if row.kind == "notice"]
                messages = await messages_of(connection, told, _ANSWER_BYTES) if told else {}
                # Of a case that does not fit as a whole its first rows are given: each case's rows are in order.
                rows = [row for row in rows if row.kind != "notice" or row.id in messages]
                return rows, messages, await in_hand.give(connection, rows, reader, lease_s) if rows else {}
        if room <= 0:
            raise replace(TOO_MUCH_IN_HAND)
        return [], {}, {}

    # --- acknowledging -------------------------------------------------------------------------------------------------

    async def acknowledge(self, system: System, said: Sequence[Ack]) -> list[Refused | None]:
        """Take what a receiver says of its notices (``acks.take``); what is wrong with each, or None.

        A receiver that is called may refuse a notice before it answers the call. It is answered when no process sends any more what
        follows in the case, so that nothing passes the refused notice (D-6).
        """
        async with self._store.transaction() as connection:
            found = await acks.take(connection, system, said)
        if found.refused and system.id not in self._fetching():
            await asyncio.sleep(PROOF_S)
        acks.count(system, found)
        self._tell({system.id})  # the cases are free for what follows
        return found.faults


def _lease_s(system: System) -> float:
    assert isinstance(system.out, InboxOut)
    return system.out.lease_s


TOO_MANY_READERS: Final = Refused(
    "too-many-readers",
    f"Systemet har redan {MOST_READERS} anrop som väntar. Låt färre läsare vänta, och fråga igen om en stund.",
    f"The system has {MOST_READERS} calls waiting already. Let fewer readers wait, and ask again in a while.",
    "/",
    429,
)
TOO_MUCH_IN_HAND: Final = Refused(
    "too-much-in-hand",
    f"Systemet har {MOST_IN_HAND} hämtade underrättelser som inte är kvitterade. Kvittera dem med POST /inbox/ack först.",
    f"The system has {MOST_IN_HAND} fetched notices that are not acknowledged. Acknowledge them by POST /inbox/ack first.",
    "/",
    429,
)
