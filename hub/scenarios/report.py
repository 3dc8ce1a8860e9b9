"""What a scenario came to, for people to read: which step differed, what was expected, what came. Imports no hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was not as the scenario says."""

    step: int
    """Counted from 1, as people do."""
    line: int
    path: Path | None
    """The file of the step, where it is another than the scenario's own: the one that it begins with."""
    what: str
    """``receipt``, ``notices``, ``state`` … with the message's name where there is one."""
    expected: str
    got: str

    def __str__(self) -> str:
        place = f"line {self.line}" if self.path is None else f"{self.path.name}, line {self.line}"
        return f"step {self.step} ({place}), {self.what}\n    expected  {self.expected}\n    got       {self.got}"


@dataclass(slots=True)
class Report:
    """One scenario, played to its end."""

    path: Path
    scenario: str
    rules: tuple[str, ...]
    differences: list[Difference] = field(default_factory=list)
    answered: set[tuple[str, str | None]] = field(default_factory=set)
    """(code, rule) of every receipt that came: which rules were seen to accept and to refuse."""

    @property
    def ok(self) -> bool:
        """Everything was as the scenario says."""
        return not self.differences

    def __str__(self) -> str:
        head = f"{'ok  ' if self.ok else 'FAIL'} {self.path.name}: {self.scenario} [{', '.join(self.rules)}]"
        return "\n".join([head, *(f"  {difference}" for difference in self.differences)])


def words(found: Sequence[tuple[str, object]]) -> str:
    """Name and value pairs as one line; what is absent is left out."""
    return ", ".join(f"{name} {value}" for name, value in found if value is not None) or "nothing"


def listed(found: Sequence[object]) -> str:
    """Names in their order as one line."""
    return ", ".join(map(str, found)) or "nothing"
