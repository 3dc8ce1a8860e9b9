"""The questions to the registers, in one queue for each urgency. Each queue has workers of its own, so that thousands of questions
of one kind delay no other kind. Imports the store, its advisory locks and the supervisor.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from hub.errors import Unavailable
from hub.log import log
from hub.outages import outages
from hub.store import outbox
from hub.store.advisory_locks import Ownership
from hub.store.outbox import LICENCES, REGISTERS, VERIFICATIONS, OutboxRow
from hub.store.transaction import Store
from hub.supervisor import turned

_CAPACITY = 4_000
_LOOK_S = 2.0
_WORKERS = {LICENCES: 4, REGISTERS: 48, VERIFICATIONS: 8}
"""Queue → questions that are asked at the same time. A menprovning waits for a licence, an admission for its addressing;
nobody waits for a verification. A producer's rate limits how often it is asked, so these are as many as keep ten calls a second
under way where each takes four seconds; and fewer than a minute's calls of a producer that takes one a second, which turns away
who would wait longer (``rate_limit``).
"""

Ask = Callable[[OutboxRow], Awaitable[None]]


class LookupQueue:
    """The questions of one urgency that wait in memory."""

    def __init__(self, name: str, ask: Ask) -> None:
        self.name = name
        self._ask = ask
        self._queue: deque[OutboxRow] = deque()
        self._in_hand: set[int] = set()
        self._wake = asyncio.Event()

    @property
    def has_room(self) -> bool:
        """Whether more questions are read from the table."""
        return len(self._queue) < _CAPACITY // 2

    def add(self, items: Sequence[OutboxRow]) -> None:
        """Adds questions. A question that finds no room is read from the table later."""
        for item in items:
            if item.id not in self._in_hand and len(self._queue) < _CAPACITY:
                self._in_hand.add(item.id)
                self._queue.append(item)
        self._wake.set()

    async def work(self) -> None:
        """Asks one question after another until cancelled."""
        while True:
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            item = self._queue.popleft()
            try:
                await self._ask(item)
            except Unavailable:
                await asyncio.sleep(1)
            except Exception as error:  # noqa: BLE001 - the row stays due, and the other questions go on
                log.error("lookup_not_written", error=type(error).__name__, case=item.case_id)
                await asyncio.sleep(1)
            finally:
                self._in_hand.discard(item.id)


class LookupQueues:
    """All the queues. Only one hub asks at a time: the hub that holds the lock."""

    def __init__(self, store: Store, ask: Ask) -> None:
        self._store = store
        self._queues = {name: LookupQueue(name, ask) for name in _WORKERS}
        self._ownership = Ownership(store, "addressing")
        self._soon = asyncio.Event()
        self.owned = False
        """Whether this hub is the one that asks the registers."""

    def offer(self, items: Sequence[OutboxRow]) -> None:
        """Rows that were just committed. The hub that asks reads another hub's rows from the table."""
        if self.owned:
            for name, queue in self._queues.items():
                queue.add([item for item in items if item.system == name])

    def look_now(self) -> None:
        """Read the table at once: operations has made questions due."""
        self._soon.set()

    async def run(self) -> None:
        """Until cancelled."""
        workers = [
            asyncio.create_task(queue.work()) for queue in self._queues.values() for _ in range(_WORKERS[queue.name])
        ]
        try:
            while not any(worker.done() for worker in workers):  # if one was cancelled from inside, all begin anew
                turned()
                try:
                    await self._refill()
                except Unavailable as error:
                    self.owned = False
                    outages.met(error, work="addressing")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await self._soon.wait()
                self._soon.clear()
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._ownership.close()

    async def _refill(self) -> None:
        self.owned = bool(await self._ownership.hold({REGISTERS}))
        if not self.owned:
            return
        for queue in self._queues.values():
            if queue.has_room:
                async with self._store.transaction() as connection:
                    queue.add(await outbox.due(connection, queue.name, limit=_CAPACITY))
