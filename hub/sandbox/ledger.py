"""The book that the demo keeps: what became of every admission, from the parties' own events and what the store says.

Imports the wire and the store's plain views; never loaded in production.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from hub.sandbox.wire import Answer, Notice
from hub.store.views import CaseView

_RATE_S = 10.0


@dataclass(slots=True)
class Admission:
    """One admission and all that is known of it."""

    number: int
    ward: str
    system: str
    message: str
    at: float
    """``time.monotonic()`` when it was sent."""
    answer: Answer | None = None
    view: CaseView | None = None
    fate: str | None = None
    """What it came to; None while it is under way."""
    rule: str | None = None

    @property
    def reference(self) -> str:
        return f"vk-{self.number}"

    @property
    def case(self) -> str | None:
        return None if self.answer is None else self.answer.case


@dataclass(slots=True)
class _Seen:
    """What was seen on the wire of one case."""

    notices: set[tuple[str, int]] = field(default_factory=set)
    last: dict[str, int] = field(default_factory=dict)
    awaited: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    told: set[tuple[str, str]] = field(default_factory=set)
    """(system, unit): who was told of whose kvittens."""


class Ledger:
    """All of it. The parties write, the view and the summary read."""

    def __init__(self) -> None:
        self.admissions: dict[int, Admission] = {}
        self.counts: Counter[str] = Counter()
        """admitted, notices, doubled, out-of-order, kvittens, kvittens-refused, unreadable, bad-signature."""
        self.fates: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.seconds: deque[float] = deque(maxlen=2000)
        """Seconds from admission to settled, of the last ones that anybody had to acknowledge."""
        self._by_message: dict[str, Admission] = {}
        self._seen: dict[str, _Seen] = {}
        self._unsettled: dict[int, Admission] = {}
        self._recent: dict[str, deque[float]] = {}

    # --- what the parties tell -----------------------------------------------------------------------------------

    def admitted(self, number: int, ward: str, system: str, message: str) -> None:
        """A ward's system is about to send an admission."""
        admission = Admission(number, ward, system, message, time.monotonic())
        self.admissions[number] = self._unsettled[number] = self._by_message[message] = admission
        self._count("admitted")

    def answered(self, answer: Answer) -> None:
        """A receipt came back: of an admission, or of a kvittens."""
        admission = self._by_message.get(answer.message)
        if admission is None:
            return
        if admission.answer is None or admission.answer.code == "transient-error":
            admission.answer = answer

    def acknowledged(self, case: str, unit: str, answer: Answer) -> None:
        """A kvittens was answered."""
        if answer.code == "ok":
            self._of(case).acknowledged.add(unit)
            self._count("kvittens")
        elif answer.code == "fatal-error":
            self._count("kvittens-refused")
            self.rules[f"kvittens: {answer.rule}"] += 1

    def noticed(self, system: str, notice: Notice) -> bool:
        """A notice arrived; False when it is one that the system has had already."""
        self._count("notices")
        seen = self._of(notice.case)
        if (system, notice.sequence) in seen.notices:
            self._count("doubled")
            return False
        seen.notices.add((system, notice.sequence))
        if notice.sequence < seen.last.get(system, 0):
            self._count("out-of-order")
        seen.last[system] = max(notice.sequence, seen.last.get(system, 0))
        seen.awaited.update(unit for unit, act in notice.awaits.items() if act == "kvittens")
        if notice.name == "kvittens" and notice.unit:
            seen.told.add((system, notice.unit))
        return True

    def faulty(self, what: str) -> None:
        """Something came that no receiver should get: unreadable, or with a bad signature."""
        self._count(what)

    # --- what the store says -------------------------------------------------------------------------------------

    def open_cases(self) -> list[str]:
        """The cases of admissions that are under way."""
        return [admission.case for admission in self._unsettled.values() if admission.case is not None]

    def looked_at(self, views: Iterable[CaseView]) -> list[Admission]:
        """Takes in what the store says, and returns the admissions that are settled by it."""
        by_case = {view.case: view for view in views}
        settled = []
        for admission in list(self._unsettled.values()):
            admission.view = by_case.get(admission.case or "", admission.view)
            admission.fate = self._fate(admission)
            if admission.fate is not None:
                if self.kvittens(admission)[1]:
                    self.seconds.append(time.monotonic() - admission.at)
                del self._unsettled[admission.number]
                self.fates[admission.fate] += 1
                if admission.rule:
                    self.rules[admission.rule] += 1
                settled.append(admission)
        return settled

    def _fate(self, admission: Admission) -> str | None:
        answer, view = admission.answer, admission.view
        if answer is None or answer.code == "transient-error":
            return None
        if answer.code == "fatal-error":
            admission.rule = answer.rule
            return "refused"
        if view is None or view.addressing is None or view.awaits:
            return None
        seen = self._of(view.case)
        if any(state != "sent" or (system, number) not in seen.notices for system, number, state in view.notices):
            return None
        if any((admission.system, unit) not in seen.told or unit not in seen.acknowledged for unit in seen.awaited):
            return None
        if view.status == "refused":
            admission.rule = "C-63" if view.addressing["outcome"] == "deceased" else "C-62"
            return "turned away"
        return "manual queue" if view.manual else "delivered"

    # --- what is asked of it -------------------------------------------------------------------------------------

    @property
    def under_way(self) -> int:
        """How many admissions are not settled."""
        return len(self._unsettled)

    def unsettled(self) -> list[Admission]:
        """Those under way, oldest first."""
        return list(self._unsettled.values())

    def kvittens(self, admission: Admission) -> tuple[int, int, int]:
        """How many kvittens were awaited, given, and told the ward's system."""
        seen = self._seen.get(admission.case or "")
        if seen is None:
            return 0, 0, 0
        told = [unit for system, unit in seen.told if system == admission.system]
        return len(seen.awaited), len(seen.acknowledged), len(told)

    def notices(self, case: str | None) -> int:
        """How many notices of a case arrived."""
        seen = self._seen.get(case or "")
        return 0 if seen is None else len(seen.notices)

    def rate(self, what: str) -> float:
        """A second, over the last ten."""
        times = self._recent.get(what)
        if not times:
            return 0.0
        since = time.monotonic() - _RATE_S
        while times and times[0] < since:
            times.popleft()
        return len(times) / _RATE_S

    def forget(self, keep: int) -> None:
        """Lets go of the oldest settled admissions but ``keep``: a demo may run for days."""
        for number in list(self.admissions)[: max(0, len(self.admissions) - keep)]:
            if number not in self._unsettled:
                admission = self.admissions.pop(number)
                self._by_message.pop(admission.message, None)
                self._seen.pop(admission.case or "", None)

    def _of(self, case: str) -> _Seen:
        return self._seen.setdefault(case, _Seen())

    def _count(self, what: str) -> None:
        self.counts[what] += 1
        self._recent.setdefault(what, deque(maxlen=10_000)).append(time.monotonic())
