"""Where the differences of one step are written down. Imports the report and the world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.scenarios.file import WrittenStep
from hub.scenarios.matching import at, matches
from hub.scenarios.report import Difference, Report
from hub.scenarios.world import World


@dataclass(frozen=True, slots=True)
class StepJudge:
    """One step, and the report that gets its differences."""

    report: Report
    world: World
    now: datetime
    written: WrittenStep
    messages: Mapping[str, str]
    """``as`` → message id."""

    def differs(self, what: str, expected: str, got: str) -> None:
        """Something is not as the scenario says."""
        written = self.written
        path = None if written.path == self.report.path else written.path
        self.report.differences.append(Difference(written.number, written.line, path, what, expected, got))

    def unit(self, name: str) -> str:
        """A unit's HSA-id."""
        return self.world.names[name]

    def holds(self, what: str, expected: Mapping[str, Any], data: Iterable[Any]) -> None:
        """Compares what stands at pointers: one of the data has each."""
        data = list(data)
        for pointer, stated in expected.items():
            wanted = self.world.with_ids(stated, self.messages, pointer.rpartition("/")[2])
            got = [found for one in data for found in at(one, pointer)]
            if not any(matches(wanted, found) for found in got):
                self.differs(f"{what}, {pointer}", str(wanted), ", ".join(map(str, got)) or "nothing")

    def lacks(self, what: str, expected: Iterable[str], data: Iterable[Any]) -> None:
        """Compares what stands at pointers: none of the data has any."""
        data = list(data)
        for pointer in expected:
            for found in [found for one in data for found in at(one, pointer)]:
                self.differs(f"{what}, {pointer}", "nothing", str(found))
