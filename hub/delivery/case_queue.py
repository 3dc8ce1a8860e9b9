"""The queue of one lane: each case's rows in order, and of all cases those that are due (D-3). Pure; imports the store's outbox
row and the language only.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice

from cachetools import LRUCache

from hub import clock
from hub.store.outbox import OutboxRow
from schemas.envelope import Message

# How a lane's queue keeps the order.
#
# What can happen. Rows come in two ways: from the intake in memory, right after its commit (``add``), and from the table
# (``begin_read``, ``add`` …, ``end_read``). Several processes write rows of the same case, and only the owner of its shard sends
# them; so rows may come late, in the wrong order, or twice. A call may succeed, fail, or succeed for some of its rows; the process
# may die at any moment.
#
# In which order. A row passes through these states:
#   unlinked   its predecessor in the case (``follows``) is neither in the queue nor the last one sent; the lane asks the table
#              which rows precede it (``take_unlinked``, ``link``)
#   queued     in its case's list, in order of sequence; the case is ready, waits for its time (``_later``), or is in a call
#   in a call  taken by ``take``; its whole case is left alone until ``release``
#   sent       acknowledged, but the mark is not yet in the table; the row stays known, so that a read does not bring it back
#   forgotten  marked in the table, or dropped because it must be read again
# Only the object that is known stands for a row: one that was dropped, while it was in a call or asked about, is passed over
# wherever it turns up afterwards. A call that succeeds makes its row known again.
#
# What is promised.
#   A case is in at most one call at a time, and its rows are taken in order of sequence.
#   A row is queued only behind the row it follows, so nothing that another process wrote is overtaken.
#   A row that fails stays first in its case; ``drop_cases`` drops all rows of the case with it, never a single one from between.
#   Cases do not wait for each other: a case that waits for its time lets all others pass.
#
# What may never be. Two calls with rows of one case; a row sent before its predecessor; a row that is sent and unmarked taken
# again; a dropped row that the table does not hold. ``Course`` in tests/unit/test_delivery.py plays all of this at random.

_REMEMBERED = 10_000
"""Cases whose last sent sequence is remembered; for other cases the table is asked."""


class CaseQueue:
    """Rows by case; see the comment above."""

    def __init__(self) -> None:
        self.bytes = 0
        """Of the messages in memory, as far as their sizes are known."""
        self.unlinked: dict[str, list[OutboxRow]] = {}
        """Case → rows whose predecessor is unknown."""
        self._asked: dict[str, list[OutboxRow]] = {}
        """Those of them about which the table is being asked."""
        self._cases: dict[str, deque[OutboxRow]] = {}
        self._last_sent: LRUCache[str, int] = LRUCache(_REMEMBERED)
        self._ready: deque[str] = deque()
        self._ready_set: set[str] = set()
        self._later: list[tuple[datetime, str]] = []
        self._in_call: set[str] = set()
        self._known: dict[int, OutboxRow] = {}
        self._marked_during_read: set[int] | None = None
        """While the table is read: ids that the result may show as waiting although they have been marked since. Else None."""

    @property
    def length(self) -> int:
        """Rows in memory, including those that are sent but not yet marked."""
        return len(self._known)

    def begin_read(self) -> None:
        """A read of the table begins; rows marked from now on may still be waiting in its result."""
        self._marked_during_read = set()

    def end_read(self) -> None:
        """The rows of the read have been added."""
        self._marked_during_read = None

    def knows(self, id_: int) -> bool:
        """Whether the row need not be read from the table."""
        return id_ in self._known or (self._marked_during_read is not None and id_ in self._marked_during_read)

    # --- rows come in
    # --------------------------------------------------------------------------------------------------

    def add(self, row: OutboxRow) -> None:
        """Queue a row behind its predecessor, or keep it as unlinked; a row that is known is ignored."""
        if self.knows(row.id):
            return
        self._remember(row)
        case = case_of(row)
        if case in self.unlinked or not self._predecessor_is_last(case, row):
            self.unlinked.setdefault(case, []).append(row)
        else:
            self._insert(case, row)

    def _predecessor_is_last(self, case: str, row: OutboxRow) -> bool:
        if row.kind != "notice" or not row.follows:
            return True
        rows = self._cases.get(case)
        return row.follows == (rows[-1].sequence if rows else self._last_sent.get(case))

    def take_unlinked(self) -> dict[str, list[OutboxRow]]:
        """The unlinked rows by case, to ask the table about; rows that come meanwhile wait for the next time."""
        taken, self.unlinked = self.unlinked, {}
        self._asked = dict(taken)
        return taken

    def link(
        self, asked: Mapping[str, Sequence[OutboxRow]], sendable: Collection[int], missing: Iterable[OutboxRow]
    ) -> bool:
        """Queue the rows that were ``asked`` about, with the table's answer; False when some cases must be read again.

        ``sendable``: the ids of all unsent rows up to and including them; ``missing``: those of them that were not in memory.
        A row that is not sendable is dropped: it was sent meanwhile, or waits for a dead one. A case of which a row was dropped
        since the table was asked is dropped whole: what would be missing of it now is not in the answer.
        """
        self._asked = {}
        changed = {case for case, rows in asked.items() if any(map(self.is_dropped, rows))}
        for case, rows in asked.items():
            for row in rows:
                if row.id in sendable and case not in changed:
                    self._insert(case, row)
                else:
                    self._drop(row)
        for row in missing:
            case = case_of(row)
            if case not in changed and not self.knows(row.id):
                self._remember(row)
                self._insert(case, row)
        return not changed

    def _insert(self, case: str, row: OutboxRow) -> None:
        rows = self._cases.setdefault(case, deque())
        position = len(rows)
        while position and (rows[position - 1].sequence or 0) > (row.sequence or 0):
            position -= 1
        rows.insert(position, row)
        self._make_ready(case)

    # --- rows are sent
    # -------------------------------------------------------------------------------------------------

    def take(self, most: int, *, early: bool = False) -> list[OutboxRow]:
        """Up to ``most`` rows to send now, each case's in order; ``early``: one that is not due yet, when none is."""
        now = clock.now()
        while self._later and (self._later[0][0] <= now or (early and not self._ready)):
            due, case = heapq.heappop(self._later)
            if due > now and (rows := self._cases.get(case)):
                rows[0].due_at = max(now, rows[0].not_before or now)
            self._make_ready(case)
        batch: list[OutboxRow] = []
        while self._ready and len(batch) < most:
            case = self._ready.popleft()
            self._ready_set.discard(case)
            rows = self._cases.get(case)
            if not rows or case in self._in_call:
                continue
            if rows[0].attempts and rows[0].due_at > now:
                heapq.heappush(self._later, (rows[0].due_at, case))
                continue
            batch += list(rows)[: most - len(batch)]
            self._in_call.add(case)
        return batch

    def next_rows(self, most: int) -> list[OutboxRow]:
        """The rows of the cases that are in calls, and of those that come next: of so many cases, as far as is known."""
        cases = dict.fromkeys(islice(chain(self._in_call, self._ready), most))
        return [row for case in cases for row in self._cases.get(case, ())][:most]

    def make_due(self) -> None:
        """The system works again: rows that wait for their time are due now, unless the receiver asked for a later time."""
        now = clock.now()
        for _, case in self._later:
            for row in self._cases.get(case, ()):
                row.due_at = min(row.due_at, max(now, row.not_before or now))
            self._make_ready(case)
        self._later.clear()

    def try_now(self, id_: int | None) -> None:
        """Operations wants a row tried now, or all of them: the first row of its case is due, before all other cases."""
        now = clock.now()
        row = None if id_ is None else self._known.get(id_)
        cases = list(self._cases) if id_ is None else [] if row is None else [case_of(row)]
        for case in cases:
            if rows := self._cases.get(case):
                rows[0].due_at, rows[0].not_before = now, None
                if case in self._ready_set and id_ is not None:
                    self._ready.remove(case)
                    self._ready.appendleft(case)
                elif case not in self._in_call:
                    self._ready.appendleft(case)
                    self._ready_set.add(case)

    def release(self, batch: list[OutboxRow]) -> None:
        """The call is over: the rows that were not sent are still queued, and their cases may be taken again."""
        for case in {case_of(row) for row in batch}:
            self._in_call.discard(case)
            if self._cases.get(case):
                self._make_ready(case)

    def next_due_s(self) -> float:
        """Seconds until the next waiting case is due; an hour when none waits."""
        return (self._later[0][0] - clock.now()).total_seconds() if self._later else 3600.0

    def sent(self, row: OutboxRow) -> None:
        """The row was acknowledged; it stays known until ``marked``. One that left memory while it was in the call, and may have been
        read again since, is known again: its copy is not sent.
        """
        known = self._known.get(row.id)
        if known is not row:
            row.message = None  # its bytes were given back when it left memory
            self._known[row.id] = row
            if known is not None:
                self._remove(known)
        if row.kind == "notice" and row.sequence is not None:
            self._last_sent[case_of(row)] = row.sequence
        self._remove(row)

    def _remove(self, row: OutboxRow) -> None:
        """Take a row out of its case's list, where it is in it."""
        case = case_of(row)
        self.drop_message(row)
        rows = self._cases.get(case)
        if rows:
            if rows[0] is row:
                rows.popleft()
            elif row in rows:
                rows.remove(row)
            if not rows:
                del self._cases[case]
        if row in (unlinked := self.unlinked.get(case, [])):
            unlinked.remove(row)
            if not unlinked:
                del self.unlinked[case]

    def forget(self, rows: Iterable[OutboxRow]) -> None:
        """These sent rows could not be marked, since another process has their shard, or had it: they are sent again."""
        for row in rows:
            if not self.is_dropped(row):
                del self._known[row.id]

    def marked(self, rows: Iterable[OutboxRow]) -> None:
        """The table has the marks of these sent rows. One that was read again before its mark was there is sent no more."""
        for row in rows:
            known = self._known.pop(row.id, None)
            if known is not None and known is not row:
                self._remove(known)
            if self._marked_during_read is not None:
                self._marked_during_read.add(row.id)

    # --- rows leave memory
    # ---------------------------------------------------------------------------------------------

    def keep_message(self, row: OutboxRow, message: Message) -> None:
        """The message of a row that is still to be sent has been read before its call."""
        if row.message is None and any(queued is row for queued in self._cases.get(case_of(row), ())):
            row.message = message
            self.bytes += _bytes_of(row)

    def drop_message(self, row: OutboxRow) -> None:
        """Free the memory of the row's message; it is read again when the row is sent."""
        self.bytes -= _bytes_of(row)
        row.message = None

    def reset_attempts(self) -> None:
        """Give all rows a full time of trying again: the system was paused and is resumed."""
        for row in self._known.values():
            row.first_tried_at = row.refused_since = None

    def is_dropped(self, row: OutboxRow) -> bool:
        """Whether a row that was taken has left memory since: an earlier one of its case died, or its shard was dropped."""
        return self._known.get(row.id) is not row

    def drop_cases(self, rows: Iterable[OutboxRow]) -> None:
        """Drop all rows of these rows' cases from memory; the table still holds them."""
        for case in {case_of(row) for row in rows}:
            self._last_sent.pop(case, None)
            for row in (*self._cases.pop(case, ()), *self.unlinked.pop(case, ()), *self._asked.pop(case, ())):
                self._drop(row)

    def drop_shards(self, shards: Collection[int]) -> None:
        """Drop all rows of these shards from memory, those in a call too: the shards are another's, or their rows were changed."""
        self.drop_cases([row for row in self._known.values() if row.shard in shards])

    def first_fresh(self) -> int | None:
        """The lowest id of the fresh rows in memory that are not marked."""
        return min((id_ for id_, row in self._known.items() if row.fresh), default=None)

    def drop(self, rows: Iterable[OutboxRow]) -> None:
        """Drop rows that were asked about from memory; the table still holds them."""
        self._asked = {}
        for row in rows:
            self._drop(row)

    def _remember(self, row: OutboxRow) -> None:
        self._known[row.id] = row
        self.bytes += _bytes_of(row)

    def _drop(self, row: OutboxRow) -> None:
        if not self.is_dropped(row):
            del self._known[row.id]
            self.bytes -= _bytes_of(row)

    def _make_ready(self, case: str) -> None:
        if case not in self._ready_set and case not in self._in_call:
            self._ready.append(case)
            self._ready_set.add(case)


def _bytes_of(row: OutboxRow) -> int:
    return 0 if row.message is None else row.size


def case_of(row: OutboxRow) -> str:
    """The key within which order is kept: the case of a notice; of any other row the row itself."""
    return row.case_id if row.kind == "notice" and row.case_id is not None else f"#{row.id}"
