"""Marks rows as sent in the outbox, many at a time, while the lanes go on. Imports the shards and the store."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.errors import Unavailable
from hub.log import log
from hub.outages import outages
from hub.shards import Shards
from hub.store import outbox, replays, sent_marks
from hub.store.outbox import OutboxRow
from hub.store.sent_marks import SentRange, Settled
from hub.store.shards import ShardState, still_owned
from hub.store.transaction import Store

_MOST_ROWS = 5_000
"""Rows in one transaction, unless a single call carried more."""
_GATHER_S = 0.1
"""Seconds in which marks gather: nothing waits for a mark, and every transaction costs time that the next message needs."""
_RETRY_S = 0.5
_SETTLE_S = 0.5
"""Seconds between notes of up to where all is sent: a process that takes a shard over reads from there."""


@dataclass(frozen=True, slots=True)
class _Mark:
    system: str
    rows: Sequence[OutboxRow]
    at: datetime
    answer: str
    proof: Mapping[int, ShardState]
    done: Callable[[Sequence[OutboxRow], bool], None]

    def standing(self, owned: Mapping[int, ShardState]) -> set[int]:
        """The shards that nobody has taken since the rows were sent."""
        return {id_ for id_, was in self.proof.items() if id_ in owned and owned[id_].epoch == was.epoch}

    def split(self, owned: Mapping[int, ShardState]) -> tuple[list[OutboxRow], list[OutboxRow]]:
        """The rows that a range may cover: fresh, in shards in which nobody has changed rows since they were sent; and those that
        are marked by themselves, if they are still there.
        """
        ranged: list[OutboxRow] = []
        single: list[OutboxRow] = []
        stands = self.standing(owned)
        unchanged = {id_ for id_ in stands if owned[id_] == self.proof[id_]}
        for row in self.rows:
            if row.fresh and row.shard in unchanged:
                ranged.append(row)
            elif row.shard in stands:
                single.append(row)
        return ranged, single


class SentMarker:
    """One writer for all lanes. When a crash loses a mark, the notice is sent again with the same id."""

    def __init__(self, store: Store, shards: Shards, settled: Callable[[], Settled | None] = lambda: None) -> None:
        """``settled``: what is settled in this process's shards, where that has changed."""
        self._store = store
        self._shards = shards
        self._settled = settled
        self._settled_at = 0.0
        self._waiting: deque[_Mark] = deque()
        self._wake = asyncio.Event()
        self._busy = False

    def mark(
        self,
        system: str,
        rows: Sequence[OutboxRow],
        at: datetime,
        answer: str,
        proof: Mapping[int, ShardState],
        done: Callable[[Sequence[OutboxRow], bool], None],
    ) -> None:
        """Mark the rows soon. ``proof``: how their shards stood when they were sent. After the commit ``done`` is called with
        rows and whether they are marked. Those of a shard that another process took over are not, and it sends them again; nor are
        those that somebody has changed since: the table says what is to become of them.
        """
        self._waiting.append(_Mark(system, rows, at, answer, proof, done))
        self._wake.set()

    @property
    def idle(self) -> bool:
        """All marks are written."""
        return not self._waiting and not self._busy

    async def until_idle(self) -> None:
        """Return when all marks are written."""
        while not self.idle:
            await asyncio.sleep(_GATHER_S)

    async def run(self) -> None:
        """Write marks until cancelled; when the database fails, the marks wait and are written later."""
        while True:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                await asyncio.sleep(_GATHER_S)
            self._busy = True
            marks = self._take()
            while (written := await self._write(marks)) is None:
                await asyncio.sleep(_RETRY_S)
            self._busy = False
            for mark, marked in zip(marks, written, strict=True):
                for is_marked in (True, False):
                    if rows := [row for row in mark.rows if (row.id in marked) is is_marked]:
                        mark.done(rows, is_marked)

    def _take(self) -> list[_Mark]:
        marks = [self._waiting.popleft()]
        count = len(marks[0].rows)
        while self._waiting and count + len(self._waiting[0].rows) <= _MOST_ROWS:
            count += len(self._waiting[0].rows)
            marks.append(self._waiting.popleft())
        return marks

    async def _write(self, marks: Sequence[_Mark]) -> list[set[int]] | None:
        """Write the marks of rows in shards that are still this process's; return the ids of each mark's rows that are marked now, or
        None when nothing is written.
        """
        proof = {shard: state for mark in marks for shard, state in mark.proof.items()}
        try:
            async with self._store.transaction() as connection:
                # A mark that a crash loses means only that the notice is sent again, with the same id.
                await connection.execute("SET LOCAL synchronous_commit = off")
                owned = await still_owned(connection, proof)
                parted = [(mark, *mark.split(owned)) for mark in marks]
                by_themselves: set[int] = set()
                if ranges := [
                    one for mark, ranged, _ in parted for one in ranges_of(mark.system, ranged, mark.at, mark.answer)
                ]:
                    await sent_marks.add(connection, ranges)
                if single := [((row.id, row.revision), mark) for mark, _, rows in parted for row in rows]:
                    at, answers = [mark.at for _, mark in single], [mark.answer for _, mark in single]
                    rows = [row for row, _ in single]
                    by_themselves = await outbox.mark_sent(connection, rows, at, answers)
                    if any(id_ not in by_themselves for id_, _ in rows):
                        by_themselves |= await replays.sent_after_all(connection, rows, at, answers)
            if time.monotonic() - self._settled_at > _SETTLE_S:
                await self._settle()
        except Unavailable as error:
            outages.met(error, work="marks")
            return None
        except Exception as error:  # noqa: BLE001 - without marks all lanes fill up and stop, so every error is retried
            log.warning("marks_wait", error=type(error).__name__)
            return None
        return [
            {row.id for row in ranged} | {row.id for row in single if row.id in by_themselves}
            for _, ranged, single in parted
        ]

    async def _settle(self) -> None:
        """Write what is settled. It is so for good: what is marked later only adds to it."""
        async with self._shards.taking:
            known = list(self._shards.owned)
            if (now := self._settled()) is not None:
                async with self._store.transaction() as connection:
                    await connection.execute("SET LOCAL synchronous_commit = off")
                    await sent_marks.settle(connection, self._shards.owner, now, known)
        self._settled_at = time.monotonic()


def ranges_of(system: str, rows: Iterable[OutboxRow], at: datetime, answer: str) -> list[SentRange]:
    """Fresh rows as ranges: a row is put to the range that ends with the row before it, and to no other, so that a range covers
    no row that was not sent.
    """
    ranges: list[SentRange] = []
    for row in sorted(rows, key=lambda row: row.id):
        if ranges and row.previous == ranges[-1].last:
            ranges[-1].last = row.id
            ranges[-1].rows += 1
        else:
            ranges.append(SentRange(system, row.id, row.id, at, answer))
    return ranges
