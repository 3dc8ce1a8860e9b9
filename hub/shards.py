"""Which shards this process owns, and the proof of it before anything is sent or marked. Imports the store and the errors only.

Every case belongs to a shard. The process that owns a shard sends what is to be told in its cases, from memory; it opens its new
cases in its own shards. Ownership is a session's advisory lock: when the process dies, PostgreSQL frees its locks, and the others
take the shards, each an equal part. A process that was stopped finds at its next word with the database that its shards are at a
later epoch, and drops what it has of them.
"""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from uuid_utils import uuid7

from hub.errors import Unavailable
from hub.log import log
from hub.store import shards as table
from hub.store.advisory_locks import Ownership, check_sessions
from hub.store.outbox import BLOCK, OutboxRow
from hub.store.sent_marks import Settled
from hub.store.shards import ShardState, shard_of
from hub.store.transaction import Store

Answer = TypeVar("Answer")
Begins = Callable[[int], None]
"""Told the first id of the rows that a transaction writes (``Shards.writing``)."""
PROOF_S = 0.5
"""Seconds for which the database's word that this process owns its shards, and that nobody has changed their rows, is good; then it is
asked again before sending.
"""

_DRAWS = 64
"""So many ends of a case's id are tried; then its partition is left to chance."""
_SLOW_S = 4.0
"""Seconds that a slow database's word may have taken; a silent session keeps its locks for longer (``advisory_locks``)."""


class Shards:
    """The shards of this process. ``owner``: what operations is shown as their owner."""

    def __init__(self, store: Store, owner: str, *, takes_part: bool = True) -> None:
        """``takes_part``: False for a process that sends nothing; it owns no shard."""
        self._store = store
        self.owner = owner
        self._takes_part = takes_part
        self._ownership = Ownership(store, "shards")
        self._number = secrets.randbelow(2**31)
        self._states: dict[int, ShardState] = {}
        self._confirmed_at = 0.0
        self._confirming: asyncio.Task[None] | None = None
        self._writing: dict[object, int] = {}
        self._reserved = 0
        """The highest id that this process knows to be reserved: one that is reserved later is higher."""
        self.count = table.SHARDS
        self.has_lanes: Callable[[str], bool] = lambda _: True
        """Whether rows of a ``system`` are sent by lanes; those of no connected system wait in the table."""
        self.lost: Callable[[set[int]], None] = lambda _: None
        """Called with shards that this process no longer owns, or whose rows in memory are no longer right."""
        self.taking = asyncio.Lock()
        """Held while shards are taken over, and while it is written what is settled in this process's shards."""
        self.taken: Callable[[Settled], None] = lambda _: None
        """Called when shards were taken over, with what is settled now in all shards of this process."""
        self.leaving: Callable[[set[int]], Awaitable[None]] = _nothing
        """Awaited with shards that are to be given back: what is being sent of them must end first."""
        self.comes_here: Callable[[str], Callable[[str], bool] | None] = lambda _: None
        """Beginning of a case's id → which ends make it an id with which as key messages come to this process; None: any."""

    # --- which shards are ours ----------------------------------------------------------------------------------------

    @property
    def owned(self) -> Collection[int]:
        """The shards that this process owns, as far as it knows."""
        return self._states.keys()

    def states(self, shards: Iterable[int]) -> dict[int, ShardState]:
        """Shard → how it stood at the last proof, for those of the shards that this process owns."""
        return {id_: self._states[id_] for id_ in shards if id_ in self._states}

    async def check(self, wanted: int | None = None) -> None:
        """Raise ``Misconfigured`` when advisory locks do not work over this database connection, or when so many shards are
        wanted and hubs run by another number.
        """
        await check_sessions(self._store)
        async with self._store.transaction() as connection:
            if wanted is not None:
                await table.set_count(connection, wanted)
            self.count = await table.count(connection)

    def heard(self, count: int) -> None:
        """Hear how many shards the database has. Raises ``Unavailable`` when it has others than this process knew: what it has under
        way is done anew by the new number.
        """
        if count != self.count:
            self.count = count
            self._lose(set(self._states))
            raise Unavailable("shards")

    async def look(self) -> None:
        """Take this process's part of the shards, or give back what is more than that.

        Raises ``Unavailable`` when the database does not answer; nothing is owned then.
        """
        if not self._takes_part:
            return
        try:
            self.heard(await self._ownership.ask(table.count))
            part = math.ceil(self.count / len(await self._ownership.sharing(self._number)))
            if surplus := sorted(self._states)[part:]:
                await self._give_back(set(surplus))
            held = await self._ownership.hold({_name(id_) for id_ in range(self.count)}, part)
            await self._confirm()
        except Unavailable:
            self._lose(set(self._states))
            raise
        new = {int(name) for name in held} - self._states.keys()
        if not new:
            return
        async with self.taking:
            async with self._store.transaction() as connection:
                taken, settled = await table.take(connection, new, self.owner)
            self._states |= taken
            self.taken(settled)
        log.info("shards_taken", shards=len(taken), owned=len(self._states))

    async def _give_back(self, surplus: set[int]) -> None:
        self._lose(surplus)
        await self.leaving(surplus)
        await self._ownership.give_back({_name(id_) for id_ in surplus})
        log.info("shards_given_back", shards=len(surplus), owned=len(self._states))

    def _lose(self, shards: set[int]) -> None:
        for id_ in shards:
            self._states.pop(id_, None)
        if shards:
            self.lost(shards)

    async def close(self) -> None:
        """Give all shards back; the other processes take them at once."""
        self._states.clear()
        await self._ownership.close()

    # --- proof --------------------------------------------------------------------------------------------------------

    async def ask(self, question: Callable[..., Awaitable[Answer]], *values: Any) -> Answer:
        """Ask the database something in the session that holds the locks. Raises ``Unavailable``."""
        try:
            return await self._ownership.ask(question, *values)
        except Unavailable:
            self._lose(set(self._states))
            raise

    async def confirm(self) -> None:
        """Return at once while the last proof is fresh, else ask the database; then ``lost`` has been called with every shard
        that is another's by now, or in which somebody has changed rows. Raises ``Unavailable`` when it does not answer.
        """
        while time.monotonic() - self._confirmed_at > PROOF_S:
            if self._confirming is None or self._confirming.done():
                self._confirming = asyncio.create_task(self._confirm())
            await asyncio.shield(self._confirming)
            if time.monotonic() - self._confirmed_at < _SLOW_S:
                return  # a process that was stopped while it waited asks again

    async def _confirm(self) -> None:
        asked_at = time.monotonic()  # the answer describes a moment after this one
        found = await self.ask(table.states, list(self._states))
        gone = {id_ for id_, mine in self._states.items() if id_ not in found or found[id_].epoch != mine.epoch}
        changed = {id_ for id_, mine in self._states.items() if id_ in found and found[id_].changes != mine.changes}
        self._states |= {id_: found[id_] for id_ in changed - gone}
        self._lose(gone)
        if changed - gone:
            self.lost(changed - gone)
        self._confirmed_at = asked_at

    # --- what is written ----------------------------------------------------------------------------------------------

    def new_case_id(self) -> str:
        """An id for a new case: a UUID of version 7, so that those of one time lie beside each other in the indexes. It is of a shard of
        this process, which then tells of the case from memory, and one with which messages come to this process; of a process
        without shards, any. Where none is found soon, one of a shard of this process: any process may decide a case's messages.
        """
        id_ = str(uuid7())
        if not self._states:
            return id_
        own, beginning, drawn = tuple(self._states), id_[:-4], int(id_[-8:], 16)
        comes_here = self.comes_here(beginning)
        for _ in range(_DRAWS):
            # Quicker than another UUID; the upper bits are the better ones.
            drawn = (drawn * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
            row, column = divmod(drawn >> 16, self.count)
            number = row * self.count + own[column % len(own)]
            end = f"{number if number <= 0xFFFF else number - self.count:04x}"
            if comes_here is None or comes_here(end):
                break
        return beginning + end

    def place(self, rows: Sequence[OutboxRow]) -> dict[int, ShardState]:
        """Give new rows their shards; return those shards that are this process's, to be proved when the rows are written."""
        free = next(iter(self._states), 0)
        for row in rows:
            row.shard = free if row.case_id is None else shard_of(row.case_id, self.count)
        return self.states({row.shard for row in rows})

    @contextmanager
    def writing(self) -> Iterator[Begins]:
        """While a transaction writes rows: call the function with the first of their ids. Until the rows are offered to the lanes,
        or the transaction has failed, nothing from that id on counts as settled; nor, until it is called, any id above those that
        were known before: the answer that tells the first may be late, and a transaction that began after it end before it.
        """
        token = object()
        self._writing[token] = self._reserved + 1

        def begins(first: int) -> None:
            self._writing[token] = first
            self._reserved = max(self._reserved, first + BLOCK - 1)

        try:
            yield begins
        finally:
            del self._writing[token]

    @property
    def written_upto(self) -> int:
        """The id up to which this process writes no more rows; 0 when it has written none."""
        return min(self._writing.values(), default=self._reserved + 1) - 1


async def _nothing(_: set[int]) -> None:
    return


def _name(shard: int) -> str:
    return f"{shard:02}"
