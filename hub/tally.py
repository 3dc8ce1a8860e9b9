"""What this process has counted since it last wrote its figures down: received, refused, sent, how late. ``metrics`` counts here too, so
that the figures in the database (``store.figures``) and those for Prometheus are the same. Imports the standard library only.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

ALL: Final = ""
"""In place of a system: everything in the hub."""
REGISTER: Final = "register:"
"""Before the name of a register's contract, in place of a system; no system's id has a colon."""
BOUNDS_S: Final = (
    0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600,
)  # fmt: skip
"""Upper bounds of the times that are counted together, in seconds; above the last is ``more``."""
_BUCKETS: Final = (*(f"s/{bound}" for bound in BOUNDS_S), "s/more")


def bucket(seconds: float) -> str:
    """The name under which a time is counted: ``s/0.25``."""
    return _BUCKETS[bisect_left(BOUNDS_S, seconds)]


@dataclass(slots=True)
class Tally:
    """Counts by system and name, all of them sums. The names: ``received``; ``accepted``, ``refused``, ``held``, ``repeated``;
    ``refused/RULE``; ``sent``, ``on_time``; ``s/BOUND`` (the times from accepted to sent, or of a register's answers);
    ``attempt/OUTCOME``; ``asked/OUTCOME``; ``missed/DEADLINE``.
    """

    on_time_s: float = 30.0
    """A notice is delivered on time within so many seconds from when its message was accepted (``HUB_ON_TIME_S``)."""
    counts: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    """(system, rule) → the id of a message that was refused by it."""

    def add(self, system: str, name: str, count: int = 1) -> None:
        """Count so many more."""
        self.counts[system][name] += count

    def delivered(self, system: str, seconds: Sequence[float]) -> None:
        """Notices were sent, so long after they were accepted."""
        its = self.counts[system]
        its["sent"] += len(seconds)
        for took in seconds:
            its[bucket(took)] += 1
            if took <= self.on_time_s:
                its["on_time"] += 1

    def refused(self, system: str, rule: str, message: str) -> None:
        """A message was refused by a rule."""
        self.add(system, f"refused/{rule}")
        self.examples[system, rule] = message

    def take(self) -> tuple[dict[str, dict[str, int]], dict[tuple[str, str], str]]:
        """All that was counted, which is no longer here."""
        taken = self.counts, self.examples
        self.counts, self.examples = defaultdict(lambda: defaultdict(int)), {}
        return taken

    def put_back(self, counts: dict[str, dict[str, int]], examples: dict[tuple[str, str], str]) -> None:
        """What was taken could not be written: it is written with the next."""
        for system, its in counts.items():
            for name, count in its.items():
                self.counts[system][name] += count
        self.examples = {**examples, **self.examples}


def with_all(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """The counts, and those of all systems together under ``ALL``, without what registers answered and which rule refused what."""
    every: dict[str, int] = defaultdict(int, counts.get(ALL, {}))
    for system, its in counts.items():
        if system != ALL and not system.startswith(REGISTER):
            for name, count in its.items():
                if not name.startswith("refused/"):
                    every[name] += count
    return {**counts, ALL: every}  # type: ignore[dict-item]


TALLY: Final = Tally()
"""Of this process, as the metrics are."""
