"""Where the differences of one step are written down. Imports the report and the world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.scenarios.expected import ExpectedContent
from hub.scenarios.file import WrittenStep
from hub.scenarios.matching import at, elements_at, matches
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
    cases: Mapping[str, str]
    """Name of a case → its id."""

    def differs(self, what: str, expected: str, got: str) -> None:
        """Something is not as the scenario says."""
        written = self.written
        path = None if written.path == self.report.path else written.path
        self.report.differences.append(Difference(written.number, written.line, path, what, expected, got))

    def unit(self, name: str) -> str:
        """A unit's HSA-id."""
        return self.world.names[name]

    def with_ids(self, value: Any, key: str) -> Any:
        """What the scenario says under a key, with ids for the names of messages, cases and units."""
        return self.world.with_ids(value, self.messages, self.cases, key)

    def content(self, what: str, expected: ExpectedContent, data: Iterable[Any]) -> None:
        """Compares what is in an answer, or in notices: one of the data has each thing that is expected, none has what is not."""
        data = list(data)
        for pointer, stated in expected.holds.items():
            wanted = self.with_ids(stated, _last(pointer))
            got = [found for one in data for found in at(one, pointer)]
            if not any(matches(wanted, found) for found in got):
                self.differs(f"{what}, {pointer}", str(wanted), ", ".join(map(str, got)) or "nothing")
        for pointer in expected.lacks:
            for found in [found for one in data for found in at(one, pointer)]:
                self.differs(f"{what}, {pointer}", "nothing", str(found))
        for pointer, values in expected.among.items():
            got = [found for one in data for found in elements_at(one, pointer)]
            for wanted in [self.with_ids(value, _last(pointer)) for value in values]:
                if not any(matches(wanted, found) for found in got):
                    self.differs(f"{what}, among {pointer}", str(wanted), ", ".join(map(str, got)) or "nothing")
        for pointer, values in expected.not_among.items():
            got = [found for one in data for found in elements_at(one, pointer)]
            for unwanted in [self.with_ids(value, _last(pointer)) for value in values]:
                for found in [found for found in got if matches(unwanted, found)]:
                    self.differs(f"{what}, among {pointer}", f"nothing like {unwanted}", str(found))


def _last(pointer: str) -> str:
    """The name of what a pointer leads to."""
    return pointer.rpartition("/")[2]
