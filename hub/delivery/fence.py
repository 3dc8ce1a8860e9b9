"""The fence: before rows are sent, the database confirms that this hub still delivers to the system and that the rows are
unchanged. Imports the store only.

A hub that was stopped, or that lost its locks to another hub, is held back here. The same query finds rows that another hub has
sent, given up or rewritten (a protected person's address, C-62).
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
"""Seconds for which a confirmation is valid; when it is older at the moment of sending, the database is asked again."""


class RowsChanged(Exception):  # noqa: N818 - not an error: the rows are read again
    """The rows ``ids`` must not be sent as they are in memory."""

    def __init__(self, ids: set[int]) -> None:
        super().__init__(f"{len(ids)} rows have changed")
        self.ids = ids


class Fence:
    """One fence for all lanes: the questions that arrive during a query are asked together in the next query."""

    def __init__(self, ownership: Ownership) -> None:
        self._ownership = ownership
        self._questions: list[tuple[str, list[tuple[int, int]], asyncio.Future[set[int]]]] = []
        self._task: asyncio.Task[None] | None = None

    async def permit(self, lock: str, rows: Sequence[OutboxRow]) -> Permit:
        """A permit to send the rows; raises ``RowsChanged`` when some have changed, ``Unavailable`` when the lock is lost."""
        permit = Permit(self, lock, rows)
        await permit.renew()
        return permit

    async def changed(self, lock: str, known: list[tuple[int, int]]) -> set[int]:
        """The ids of those rows, given as (id, revision), that must not be sent as they are.

        Raises ``Unavailable`` when the lock is lost or the database does not answer.
        """
        answer: asyncio.Future[set[int]] = asyncio.get_running_loop().create_future()
        self._questions.append((lock, known, answer))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._answer())
        return await answer

    async def _answer(self) -> None:
        while self._questions:
            questions, self._questions = self._questions, []
            changed: set[int] | Unavailable
            try:
                rows = [row for _, known, _ in questions for row in known]
                changed = await self._ownership.ask(send_queue.changed_rows, rows)
            except Exception as error:  # noqa: BLE001 - after any error every lane must get an answer, and nothing may be sent
                changed = error if isinstance(error, Unavailable) else Unavailable("database")
            for lock, known, answer in questions:
                if answer.done():
                    continue
                if isinstance(changed, Unavailable):
                    answer.set_exception(changed)
                elif lock not in self._ownership.held:
                    answer.set_exception(Unavailable("another hub delivers to it"))
                else:
                    answer.set_result(changed.intersection(id_ for id_, _ in known))


class Permit:
    """The permission to send some rows; an exit calls it right before the bytes are sent."""

    def __init__(self, fence: Fence, lock: str, rows: Sequence[OutboxRow]) -> None:
        self._fence = fence
        self._lock = lock
        self._known = [(row.id, row.revision) for row in rows]
        self._asked_at = 0.0

    async def renew(self) -> None:
        """Ask the database; raises as ``Fence.permit``."""
        asked_at = time.monotonic()  # the answer describes a moment after this one
        if ids := await self._fence.changed(self._lock, self._known):
            raise RowsChanged(ids)
        self._asked_at = asked_at

    async def __call__(self) -> None:
        """Return at once while the last answer is fresh, else ask again; raises as ``Fence.permit``."""
        if time.monotonic() - self._asked_at > _FRESH_S:
            await self.renew()
