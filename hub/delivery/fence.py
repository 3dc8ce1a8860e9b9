"""What stands between a lane and the outside: the question whether this hub still delivers to the system, and whether the rows
are still to be told as they are in memory. Imports the store only.

A hub that was stopped, or whose locks the database has given to another, learns it here before anything leaves. The same
question finds what another hub has told, given up or rewritten meanwhile (a protected person's address, C-62).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from hub.errors import Unavailable
from hub.store import send_queue
from hub.store.advisory_locks import Ownership
from hub.store.outbox import OutboxRow

_FRESH_S = 1.0
"""Seconds for which an answer is good; one that is older when the bytes are about to leave is asked for again."""


class RowsChanged(Exception):  # noqa: N818 - it is no fault: the rows are read again
    """Some of the rows must not leave as they are; ``ids`` says which."""

    def __init__(self, ids: set[int]) -> None:
        super().__init__(f"{len(ids)} rows have changed")
        self.ids = ids


class Fence:
    """One for all lanes: what is asked while a question is under way goes together into the next."""

    def __init__(self, ownership: Ownership) -> None:
        self._ownership = ownership
        self._asked: list[tuple[str, list[tuple[int, int]], asyncio.Future[set[int]]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, lock: str, items: Sequence[OutboxRow]) -> Permit:
        """A pass for the rows; raises ``RowsChanged`` when some have changed, ``Unavailable`` when the lock is lost."""
        granted = Permit(self, lock, items)
        await granted.renew()
        return granted

    async def withheld(self, lock: str, known: list[tuple[int, int]]) -> set[int]:
        """Those of the rows, by (id, revision), that must not be sent so. Raises ``Unavailable`` when the lock is lost."""
        answer: asyncio.Future[set[int]] = asyncio.get_running_loop().create_future()
        self._asked.append((lock, known, answer))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._answer())
        return await answer

    async def _answer(self) -> None:
        while self._asked:
            taken, self._asked = self._asked, []
            found: set[int] | Unavailable
            try:
                found = await self._ownership.ask(
                    send_queue.changed_rows, [row for _, known, _ in taken for row in known]
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever, and nothing may leave
                found = error if isinstance(error, Unavailable) else Unavailable("database")
            for lock, known, answer in taken:
                if answer.done():
                    continue
                if isinstance(found, Unavailable):
                    answer.set_exception(found)
                elif lock not in self._ownership.held:
                    answer.set_exception(Unavailable("another hub delivers to it"))
                else:
                    answer.set_result(found.intersection(id_ for id_, _ in known))


class Permit:
    """What an exit asks when the bytes are about to leave."""

    def __init__(self, gate: Fence, lock: str, items: Sequence[OutboxRow]) -> None:
        self._gate = gate
        self._lock = lock
        self._known = [(item.id, item.revision) for item in items]
        self._at = 0.0

    async def renew(self) -> None:
        """Asks afresh."""
        at = time.monotonic()  # what the answer says was so at some time after this
        if ids := await self._gate.withheld(self._lock, self._known):
            raise RowsChanged(ids)
        self._at = at

    async def __call__(self) -> None:
        """Returns at once while the last answer is fresh, else asks again; raises what ``Fence.ask`` raises."""
        if time.monotonic() - self._at > _FRESH_S:
            await self.renew()
