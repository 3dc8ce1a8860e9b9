"""The order of a lane: per case first come first sent, between cases whoever is due (D-3). Pure; imports the store's
plain row only.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from cachetools import LRUCache

from hub.store.outbox import OutboxRow

_REMEMBERED = 10_000
"""Cases of which the number told last is remembered; of others the table is asked."""


class CaseQueue:
    """Rows by case. A row that is taken off stays known, and its case is left alone, until it is put back or
    finished.

    A notice is sent only after what it follows: one of which that is not known stays ``unproven`` until the table has said
    what comes before it, for another hub may have written that.
    """

    def __init__(self) -> None:
        self.bytes = 0
        """Of the messages in memory, as far as their size is known."""
        self.unproven: dict[str, list[OutboxRow]] = {}
        self._cases: dict[str, deque[OutboxRow]] = {}
        self._told: LRUCache[str, int] = LRUCache(_REMEMBERED)
        self._ready: deque[str] = deque()
        self._ready_set: set[str] = set()
        self._later: list[tuple[datetime, str]] = []
        self._flying: set[str] = set()
        self._known: dict[int, OutboxRow] = {}
        self._finished: set[int] | None = None
        """While the table is being read: what it may show as waiting though it was marked meanwhile."""

    @property
    def length(self) -> int:
        """Rows in memory, those sent but not yet marked in the table included."""
        return len(self._known)

    def begin_refill(self) -> None:
        """The table is being read: what is marked from here on may still look waiting in what comes back."""
        self._finished = set()

    def end_refill(self) -> None:
        """What came back has been brought in."""
        self._finished = None

    def knows(self, id_: int) -> bool:
        """Whether a row need not be read from the table."""
        return id_ in self._known or (self._finished is not None and id_ in self._finished)

    # --- in
    # ------------------------------------------------------------------------------------------------------------

    def add(self, item: OutboxRow) -> None:
        """Brings in a row, after what it follows; one that is known or just finished is passed over."""
        if self.knows(item.id):
            return
        self._known[item.id] = item
        self.bytes += _weight(item)
        case = case_of(item)
        if case in self.unproven or not self._follows(case, item):
            self.unproven.setdefault(case, []).append(item)
        else:
            self._place(case, item)

    def _follows(self, case: str, item: OutboxRow) -> bool:
        if item.kind != "notice" or not item.follows:
            return True
        items = self._cases.get(case)
        return item.follows == (items[-1].sequence if items else self._told.get(case))

    def take_unproven(self) -> dict[str, list[OutboxRow]]:
        """The rows of which the table is to be asked; what comes meanwhile waits for the next time."""
        taken, self.unproven = self.unproven, {}
        return taken

    def prove(
        self, asked: Mapping[str, Sequence[OutboxRow]], turn: Collection[int], before: Iterable[OutboxRow]
    ) -> None:
        """The table has said which rows come up to those asked about: ``turn``, their ids, and ``before``, those that were
        not in memory. What is not among them is forgotten: it was told meanwhile, or waits behind a dead one.
        """
        for case, items in asked.items():
            for item in items:
                if item.id in turn:
                    self._place(case, item)
                else:
                    self._forget(item)
        for item in before:
            if not self.knows(item.id):
                self._known[item.id] = item
                self.bytes += _weight(item)
                self._place(case_of(item), item)

    def _place(self, case: str, item: OutboxRow) -> None:
        items = self._cases.setdefault(case, deque())
        place = len(items)
        while place and (items[place - 1].sequence or 0) > (item.sequence or 0):
            place -= 1
        items.insert(place, item)
        self._ready_up(case)

    # --- out
    # -----------------------------------------------------------------------------------------------------------

    def take_off(self, most: int, *, early: bool = False) -> list[OutboxRow]:
        """Up to ``most`` rows that may be sent now, each case's in order; ``early``: also one whose time has not come."""
        now = datetime.now(UTC)
        while self._later and (self._later[0][0] <= now or (early and not self._ready)):
            due, case = heapq.heappop(self._later)
            if due > now and (items := self._cases.get(case)):
                items[0].due_at = max(now, items[0].not_before or now)
            self._ready_up(case)
        group: list[OutboxRow] = []
        while self._ready and len(group) < most:
            case = self._ready.popleft()
            self._ready_set.discard(case)
            items = self._cases.get(case)
            if not items or case in self._flying:
                continue
            if items[0].attempts and items[0].due_at > now:
                heapq.heappush(self._later, (items[0].due_at, case))
                continue
            group += list(items)[: most - len(group)]
            self._flying.add(case)
        return group

    def hurry(self) -> None:
        """The system is well again: what waited for its sake need not wait for its time."""
        now = datetime.now(UTC)
        for _, case in self._later:
            for item in self._cases.get(case, ()):
                item.due_at = min(item.due_at, max(now, item.not_before or now))
            self._ready_up(case)
        self._later.clear()

    def put_back(self, group: list[OutboxRow]) -> None:
        """The call is over: what of the group is not finished is still there, and its cases may be taken again."""
        for case in {case_of(item) for item in group}:
            self._flying.discard(case)
            if self._cases.get(case):
                self._ready_up(case)

    def next_due_s(self) -> float:
        """Seconds until the next case's time comes."""
        return (self._later[0][0] - datetime.now(UTC)).total_seconds() if self._later else 3600.0

    def finish(self, item: OutboxRow) -> None:
        """The row was sent; it stays known until ``marked``."""
        case = case_of(item)
        self.lighten(item)
        if item.kind == "notice" and item.sequence is not None:
            self._told[case] = item.sequence
        items = self._cases.get(case)
        if items:
            if items[0] is item:
                items.popleft()
            elif item in items:
                items.remove(item)
            if not items:
                del self._cases[case]

    def marked(self, ids: list[int]) -> None:
        """The table knows that they were sent."""
        for id_ in ids:
            self._known.pop(id_, None)
        if self._finished is not None:
            self._finished.update(ids)

    # --- given up
    # ------------------------------------------------------------------------------------------------------

    def lighten(self, item: OutboxRow) -> None:
        """The row's message leaves memory; it is read again when it is sent."""
        self.bytes -= _weight(item)
        item.message = None

    def begin_anew(self) -> None:
        """Nothing in memory counts as tried: the system was paused, and is sent to again."""
        for item in self._known.values():
            item.first_tried_at = item.refused_since = None

    def gone(self, item: OutboxRow) -> bool:
        """Whether a row taken off was given up meanwhile, because one before it in its case died."""
        return item.id not in self._known

    def forget_cases(self, group: Iterable[OutboxRow]) -> None:
        """Out of memory with all rows of these cases; the table keeps them."""
        for case in {case_of(item) for item in group}:
            self._told.pop(case, None)
            for item in (*self._cases.pop(case, ()), *self.unproven.pop(case, ())):
                self._forget(item)

    def forget(self, items: Iterable[OutboxRow]) -> None:
        """Rows that were to be proven, out of memory; the table keeps them."""
        for item in items:
            self._forget(item)

    def _forget(self, item: OutboxRow) -> None:
        if self._known.pop(item.id, None) is not None:
            self.bytes -= _weight(item)

    def _ready_up(self, case: str) -> None:
        if case not in self._ready_set and case not in self._flying:
            self._ready.append(case)
            self._ready_set.add(case)


def _weight(item: OutboxRow) -> int:
    return 0 if item.message is None else item.size


def case_of(item: OutboxRow) -> str:
    """What order is kept within: the case, for a receipt the receipt itself."""
    return item.case_id if item.kind == "notice" and item.case_id is not None else f"#{item.id}"
