"""The questions to the registers in lanes by how much somebody waits for them: each with its own queue and its own askers, so
that thousands of one kind hold up nothing of another. Imports the store, its ownership and the
supervisor.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from hub.errors import Unavailable
from hub.log import log
from hub.store import outbox
from hub.store.advisory_locks import Ownership
from hub.store.outbox import LICENCES, REGISTERS, VERIFICATIONS, OutboxRow
from hub.store.transaction import Store
from hub.supervisor import turned

_CAPACITY = 4_000
_LOOK_S = 2.0
_AT_ONCE = {LICENCES: 4, REGISTERS: 16, VERIFICATIONS: 8}
"""Lane → questions under way at a time: a menprovning that waits for HSA, an admission that waits for its addressing, what
is only looked at afterwards.
"""

Ask = Callable[[OutboxRow], Awaitable[None]]


class _Lane:
    def __init__(self, name: str, ask: Ask) -> None:
        self.name = name
        self._ask = ask
        self._queue: deque[OutboxRow] = deque()
        self._in_hand: set[int] = set()
        self._wake = asyncio.Event()

    @property
    def has_room(self) -> bool:
        return len(self._queue) < _CAPACITY // 2

    def take(self, items: Sequence[OutboxRow]) -> None:
        """What finds no room is read from the table later."""
        for item in items:
            if item.id not in self._in_hand and len(self._queue) < _CAPACITY:
                self._in_hand.add(item.id)
                self._queue.append(item)
        self._wake.set()

    async def ask_on(self) -> None:
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
            except Exception as error:  # noqa: BLE001 - the row stays due, and the others' questions go on
                log.error("lookup_not_written", error=type(error).__name__, case=item.case_id)
                await asyncio.sleep(1)
            finally:
                self._in_hand.discard(item.id)


class Lanes:
    """All of them; one hub asks at a time, the one that holds the lock."""

    def __init__(self, store: Store, ask: Ask) -> None:
        self._store = store
        self._lanes = {name: _Lane(name, ask) for name in _AT_ONCE}
        self._ownership = Ownership(store, "addressing")
        self.owned = False
        """Whether this hub is the one that asks the registers."""

    def offer(self, items: Sequence[OutboxRow]) -> None:
        """Rows that were just committed. What another hub is to ask is read by it from the table."""
        if self.owned:
            for name, lane in self._lanes.items():
                lane.take([item for item in items if item.system == name])

    async def run(self) -> None:
        """Until cancelled."""
        askers = [
            asyncio.create_task(lane.ask_on()) for lane in self._lanes.values() for _ in range(_AT_ONCE[lane.name])
        ]
        try:
            while not any(asker.done() for asker in askers):  # one that was cancelled from inside: all begin anew
                turned()
                try:
                    await self._refill()
                except Unavailable:
                    self.owned = False
                    log.warning("addressing_waits", reason="database")
                await asyncio.sleep(_LOOK_S)
        finally:
            for asker in askers:
                asker.cancel()
            await asyncio.gather(*askers, return_exceptions=True)
            await self._ownership.close()

    async def _refill(self) -> None:
        self.owned = bool(await self._ownership.hold({REGISTERS}))
        if not self.owned:
            return
        for lane in self._lanes.values():
            if lane.has_room:
                async with self._store.transaction() as connection:
                    lane.take(await outbox.due(connection, lane.name, limit=_CAPACITY))
