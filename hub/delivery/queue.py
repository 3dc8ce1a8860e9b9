"""The order of a lane: per case first come first sent, between cases whoever is due (D-3). Pure; imports the store's
plain row only.
"""

from __future__ import annotations

import heapq
from collections import deque
from datetime import UTC, datetime

from hub.store.outbox import Item


class CaseQueue:
    """Rows by case. A row that is taken off stays known, and its case is left alone, until it is put back or
    finished.
    """

    def __init__(self) -> None:
        self.blocked: set[str] = set()
        """Cases with a dead row: nothing of theirs is sent."""
        self._cases: dict[str, deque[Item]] = {}
        self._ready: deque[str] = deque()
        self._ready_set: set[str] = set()
        self._later: list[tuple[datetime, str]] = []
        self._flying: set[str] = set()
        self._known: set[int] = set()
        self._finished: set[int] = set()

    @property
    def length(self) -> int:
        """Rows in memory, those sent but not yet marked in the table included."""
        return len(self._known)

    def begin_refill(self) -> None:
        """The table is being read: what is marked from here on may still look waiting in what comes back."""
        self._finished.clear()

    def add(self, item: Item) -> None:
        """Brings in a row, in the place of its sequence; one that is known, just finished or blocked is passed over."""
        case = case_of(item)
        if item.id in self._known or item.id in self._finished or (case in self.blocked and item.kind == "notice"):
            return
        self._known.add(item.id)
        items = self._cases.setdefault(case, deque())
        place = len(items)
        while place and (items[place - 1].sequence or 0) > (item.sequence or 0):
            place -= 1
        items.insert(place, item)
        self._ready_up(case)

    def take_off(self, most: int, *, early: bool = False) -> list[Item]:
        """Up to ``most`` rows that may be sent now, each case's in order; ``early``: also one whose time has not come."""
        now = datetime.now(UTC)
        while self._later and (self._later[0][0] <= now or (early and not self._ready)):
            due, case = heapq.heappop(self._later)
            if due > now and (items := self._cases.get(case)):
                items[0].due_at = max(now, items[0].not_before or now)
            self._ready_up(case)
        group: list[Item] = []
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

    def put_back(self, group: list[Item]) -> None:
        """The call is over: what of the group is not finished is still there, and its cases may be taken again."""
        for case in {case_of(item) for item in group}:
            self._flying.discard(case)
            if self._cases.get(case):
                self._ready_up(case)

    def next_due_s(self) -> float:
        """Seconds until the next case's time comes."""
        return (self._later[0][0] - datetime.now(UTC)).total_seconds() if self._later else 3600.0

    def finish(self, item: Item) -> None:
        """The row was sent; it stays known until ``marked``."""
        items = self._cases.get(case_of(item))
        if items:
            if items[0] is item:
                items.popleft()
            elif item in items:
                items.remove(item)
            if not items:
                del self._cases[case_of(item)]

    def marked(self, ids: list[int]) -> None:
        """The table knows that they were sent."""
        self._known.difference_update(ids)
        self._finished.update(ids)

    def gone(self, item: Item) -> bool:
        """Whether a row taken off was given up meanwhile, because one before it in its case died."""
        return item.id not in self._known

    def block(self, item: Item) -> None:
        """The row died: it and what waits behind it leave memory; the table keeps them."""
        if item.kind == "notice":
            self.blocked.add(case_of(item))
        self.forget_cases([item])

    def forget_cases(self, group: list[Item]) -> None:
        """Out of memory with all rows of these cases; they are read from the table again."""
        for case in {case_of(item) for item in group}:
            for item in self._cases.pop(case, ()):
                self._known.discard(item.id)

    def _ready_up(self, case: str) -> None:
        if case not in self._ready_set and case not in self._flying:
            self._ready.append(case)
            self._ready_set.add(case)


def case_of(item: Item) -> str:
    """What order is kept within: the case, for a receipt the receipt itself."""
    return item.case_id if item.kind == "notice" and item.case_id is not None else f"#{item.id}"
