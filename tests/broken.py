"""The hub, deliberately broken, by name: what `make chaos` and `make simulate` must catch.

``python -m tests.broken NAME run`` is a hub with that defect. Each defect is one that has been made in such systems, as small as it can
be: everything else of the hub is as it is.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.delivery import attempt, relay, sent_marker, table_reader
from hub.delivery.case_queue import CaseQueue
from hub.intake import commit, save
from hub.intake.arrival import Arrival
from hub.shards import Shards
from hub.store import first_look, inbox
from hub.store.advisory_locks import Ownership
from hub.store.outbox import OutboxRow
from hub.store.rows_to_write import RowsToWrite
from hub.store.sent_marks import SentRange
from hub.store.transaction import Store
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
    soon: bool = True
    """One round most often shows it; else it takes several, and `make chaos-broken` alone plays them."""
    repeats: float = 0.1
    """The share of messages that are sent twice."""
    follow: tuple[int, ...] = (0, 0, 1, 2, 3)
    """How many messages follow in a case, at once and by all ways."""


def _acknowledge_before_commit() -> None:
    """The answer leaves when the message is decided, and the commit comes after it."""

    class Early:
        """A store whose transactions are over for the caller before they are committed."""

        def __init__(self, store: Store) -> None:
            self._store = store

        @asynccontextmanager
        async def transaction(self) -> AsyncIterator[Any]:
            async with AsyncExitStack() as opened:
                yield await opened.enter_async_context(self._store.transaction())
                task = asyncio.create_task(_commit_late(opened.pop_all()))
                _kept.add(task)
                task.add_done_callback(_forget)

    made = commit.Transactions.__init__

    def on_an_early_store(self: commit.Transactions, store: Any, *more: Any) -> None:
        made(self, Early(store), *more)  # type: ignore[arg-type]

    commit.Transactions.__init__ = on_an_early_store  # type: ignore[method-assign, assignment]


async def _commit_late(opened: AsyncExitStack) -> None:
    async with opened:
        await asyncio.sleep(_WINDOW_S)


_kept: set[asyncio.Task[None]] = set()


def _forget(task: asyncio.Task[None]) -> None:
    _kept.discard(task)
    if not task.cancelled():
        task.exception()  # nobody is told


def _dedupe_outside_the_transaction() -> None:
    """What has come before is asked before the transaction begins, and the table does not guard its key."""
    before: ContextVar[Any] = ContextVar("before", default=None)
    handle, look, write = commit.Transactions.handle, first_look.look, save.write

    async def ask_first(self: commit.Transactions, arrivals: Sequence[Arrival]) -> list[Receipt]:
        async with self._store.transaction() as connection:
            token = before.set((await look(connection, {arrival.key for arrival in arrivals})).seen)
        await asyncio.sleep(_WINDOW_S)
        try:
            return await handle(self, arrivals)
        finally:
            before.reset(token)

    async def as_before(connection: inbox.Connection, *asked: Any) -> first_look.FirstLook:
        found, known = await look(connection, *asked), before.get()
        if known is not None:
            found.seen, found.envelopes = known, {}
        return found

    async def over_what_is_there(connection: inbox.Connection, rows: RowsToWrite, *others: Any, **named: Any) -> Any:
        if others:  # the first are messages
            there = (await look(connection, [(row.source, row.id) for row in rows.items])).seen
            rows = inbox.new([row for row in rows.items if (row.source, row.id) not in there])
        return await write(connection, rows, *others, **named)

    commit.Transactions.handle = ask_first  # type: ignore[method-assign]
    first_look.look, save.write = as_before, over_what_is_there


def _forget_the_sequence() -> None:
    """A lane takes each row as if nothing came before it; and it hears a little late of what other processes have written."""
    hear = relay.Relay.rows_written

    def late(self: relay.Relay, shards: Any) -> None:
        asyncio.get_running_loop().call_later(5 * _WINDOW_S, hear, self, shards)

    relay.Relay.rows_written = late  # type: ignore[method-assign]
    CaseQueue._predecessor_is_last = lambda self, case, row: True  # type: ignore[method-assign]


def _own_every_shard() -> None:
    """A process believes that every shard is its own, whoever has it."""

    async def alone(self: Ownership, connection: Any, number: int) -> frozenset[int]:
        return frozenset({number})

    async def all_of_them(self: Ownership, connection: Any, names: list[str], most: int) -> frozenset[str]:
        return frozenset(names[:most])

    async def as_known(connection: Any, known: Any) -> dict[int, Any]:
        return dict(known)

    async def still_mine(self: Shards) -> None:
        self._confirmed_at = time.monotonic()

    Ownership._share, Ownership._try = alone, all_of_them  # type: ignore[method-assign]
    Shards._confirm = still_mine  # type: ignore[method-assign]
    for module in (attempt, table_reader, relay, sent_marker):
        module.still_owned = as_known  # type: ignore[attr-defined]
    write = save.write

    async def as_if_proved(connection: Any, *rows: Any, known: Any = None) -> dict[int, Any]:
        await write(connection, *rows)
        return dict(known or {})

    save.write = as_if_proved


def _mark_what_lies_between() -> None:
    """A mark reaches from the one before it to the last row that was sent, over all that lies between: what was refused, too."""
    upto: dict[str, int] = {}

    def over_all(system: str, rows: Iterable[OutboxRow], at: datetime, answer: str) -> list[SentRange]:
        ids = sorted(row.id for row in rows if row.id > upto.get(system, 0))
        if not ids:
            return []
        first, upto[system] = upto.get(system, ids[0] - 1) + 1, ids[-1]
        return [SentRange(system, first, ids[-1], at, answer, len(ids))]

    sent_marker.ranges_of = over_all


BROKEN: dict[str, Defect] = {
    "acknowledges-before-commit": Defect(
        _acknowledge_before_commit,
        frozenset({"no-receipt", "lost", "twice", "two-answers", "deadline"}),
        ("hub-kill", "database-kill", "reset"),
    ),
    "owns-every-shard": Defect(
        _own_every_shard, frozenset({"unexplained", "out-of-order", "lost", "twice"}), ("hub-kill", "reset"), soon=False
    ),
    "dedupes-outside": Defect(
        _dedupe_outside_the_transaction, frozenset({"twice", "two-answers"}), ("reset",), repeats=0.5
    ),
    "forgets-the-sequence": Defect(_forget_the_sequence, frozenset({"out-of-order"}), ("reset", "delay"), follow=(8,)),
    "marks-what-lies-between": Defect(
        _mark_what_lies_between, frozenset({"lost", "unexplained", "no-receipt"}), ("receiver", "hub-kill")
    ),
}


def main() -> None:
    """Breaks this process and runs the command that is left."""
    BROKEN[sys.argv.pop(1)].break_it()
    from hub.cli import main as run

    run()


if __name__ == "__main__":
    main()
