"""The hub, deliberately broken, by name: what `make chaos` and `make simulate` must catch.

``python -m tests.broken NAME run`` is a hub with that defect. Each defect is one that has been made in such systems, as small as it can
be: everything else of the hub is as it is.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from hub.delivery.case_queue import CaseQueue
from hub.intake import commit
from hub.intake.arrival import Arrival
from hub.store import inbox
from hub.store.transaction import Conflict
from schemas.messages import Receipt

_WINDOW_S = 0.05
"""How long a defect's moment lasts, so that a fault falls into it soon."""


@dataclass(frozen=True, slots=True)
class Defect:
    """How a hub is broken, and what shows it."""

    break_it: Callable[[], None]
    """Changes the code of this process."""
    shown_as: frozenset[str]
    """The kinds of violations (``tests.chaos.checker``) of which one shows it."""
    by: tuple[str, ...]
    """The kinds of faults (``tests.chaos.faults``) under which it shows."""
    repeats: float = 0.1
    """The share of messages that are sent twice."""


def _acknowledge_before_commit() -> None:
    """The answer leaves when the message is decided, and the commit comes after it."""

    async def early(self: commit.Transactions, work: Callable[..., Awaitable[Any]], tries: int) -> list[Receipt]:
        answer: asyncio.Future[list[Receipt]] = asyncio.get_running_loop().create_future()

        async def late() -> None:
            try:
                async with self._store.transaction() as connection:
                    handled = await work(connection, self._directory(), self._clock())
                    answer.set_result(handled.receipts)
                    await asyncio.sleep(_WINDOW_S)
            except BaseException as error:
                if not answer.done():
                    answer.set_exception(error)
                    return
                raise
            self.progress += 1
            self._after_commit(handled)

        task = asyncio.create_task(late())
        _kept.add(task)
        task.add_done_callback(_forget)
        for attempt in range(tries):
            try:
                return await asyncio.shield(answer)
            except Conflict:
                if attempt == tries - 1:
                    raise
                answer = asyncio.get_running_loop().create_future()
                await asyncio.sleep(0.01)
                task = asyncio.create_task(late())
                _kept.add(task)
                task.add_done_callback(_forget)
        raise AssertionError

    commit.Transactions._commit = early  # type: ignore[method-assign]


_kept: set[asyncio.Task[None]] = set()


def _forget(task: asyncio.Task[None]) -> None:
    _kept.discard(task)
    if not task.cancelled():
        task.exception()  # nobody is told


def _dedupe_outside_the_transaction() -> None:
    """What has come before is asked before the transaction begins, and the table does not guard its key."""
    before: ContextVar[dict[Any, Any] | None] = ContextVar("before", default=None)
    handle, seen, add = commit.Transactions.handle, inbox.seen, inbox.add

    async def ask_first(self: commit.Transactions, arrivals: Sequence[Arrival]) -> list[Receipt]:
        async with self._store.transaction() as connection:
            token = before.set(await seen(connection, {arrival.key for arrival in arrivals}))
        await asyncio.sleep(_WINDOW_S)
        try:
            return await handle(self, arrivals)
        finally:
            before.reset(token)

    async def as_before(connection: inbox.Connection, keys: Any) -> dict[Any, Any]:
        known = before.get()
        return await seen(connection, keys) if known is None else known

    async def over_what_is_there(connection: inbox.Connection, rows: Sequence[inbox.InboxRow]) -> None:
        there = await seen(connection, [(row.source, row.id) for row in rows])
        await add(connection, [row for row in rows if (row.source, row.id) not in there])

    commit.Transactions.handle = ask_first  # type: ignore[method-assign]
    inbox.seen, inbox.add = as_before, over_what_is_there


def _forget_the_sequence() -> None:
    """A lane takes each row as if nothing came before it."""
    CaseQueue._predecessor_is_last = lambda self, case, row: True  # type: ignore[method-assign]


BROKEN: dict[str, Defect] = {
    "acknowledges-before-commit": Defect(
        _acknowledge_before_commit, frozenset({"no-receipt", "lost"}), ("hub-kill", "database-kill", "reset")
    ),
    "dedupes-outside": Defect(
        _dedupe_outside_the_transaction, frozenset({"twice", "two-answers"}), ("reset",), repeats=0.5
    ),
    "forgets-the-sequence": Defect(_forget_the_sequence, frozenset({"out-of-order"}), ("reset", "delay")),
}


def main() -> None:
    """Breaks this process and runs the command that is left."""
    BROKEN[sys.argv.pop(1)].break_it()
    from hub.cli import main as run

    run()


if __name__ == "__main__":
    main()
