"""What goes wrong in a schedule, and when: drawn beforehand, so that a seed says it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

KINDS = (
    "crash", "crash", "crash before commit", "crash before commit", "crash during commit", "crash during commit", "power lost",
    "stopped", "stopped", "session cut", "database restarted", "clock jumped", "topics moved",
    "notices rewritten", "notices rewritten",
)  # fmt: skip


@dataclass(slots=True)
class Fault:
    kind: str
    at: int
    """The commit, or the step of the loop, at which it happens."""
    seconds: float


class Faults:
    """``happen``: called with a fault when its time has come; at a commit, with the process that commits."""

    def __init__(self, draw: Random, happen: Callable[[Fault, object], None]) -> None:
        self._happen = happen
        self._by_step: list[Fault] = []
        self._by_commit: list[Fault] = []
        self.counted: Counter[str] = Counter()
        self._commits = 0
        for _ in range(draw.choice((0, 1, 1, 2, 2, 3, 4, 6))):
            kind = draw.choice(KINDS)
            seconds = draw.choice((0.1, 0.5, 1.0, 2.0, 5.0, 12.0, 20.0))
            if kind.endswith("commit"):
                self._by_commit.append(Fault(kind, draw.randint(1, 30), seconds))
            else:
                self._by_step.append(Fault(kind, draw.randint(20, 2_500), seconds))
        self._by_step.sort(key=lambda fault: -fault.at)

    def step(self, number: int) -> None:
        while self._by_step and self._by_step[-1].at <= number:
            self._make(self._by_step.pop(), None)

    def commit(self, process: object, phase: str) -> None:
        """A process is about to commit (``before``), or its word to commit is on its way (``under way``)."""
        self._commits += phase == "before"
        for fault in self._by_commit:
            if fault.at == self._commits and (fault.kind == "crash before commit") == (phase == "before"):
                self._by_commit.remove(fault)
                self._make(fault, process)
                return

    def _make(self, fault: Fault, process: object) -> None:
        self.counted[fault.kind] += 1
        self._happen(fault, process)

    def end(self) -> None:
        """No more of them."""
        self._by_step.clear()
        self._by_commit.clear()
