"""Where a run writes down what it finds, and whoever is told of it at once. Imports the record only.

What was measured (milliseconds) is told and not written down: two runs with one seed have the same findings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hub.kit.record import Finding

Told = Callable[[Finding, str], None]
"""(finding, what was measured)."""


class Notebook:
    """The findings of one scenario."""

    def __init__(self, told: Told) -> None:
        self.findings: list[Finding] = []
        self._told = told

    def ok(self, step: int, expected: str, measured: str = "") -> None:
        """It was as it should be."""
        self.add(Finding(step, expected, "ok"), measured)

    def wrong(self, step: int, expected: str, why: str, sv: str = "", *, rules: Sequence[str] = ()) -> None:
        """It was not; ``sv``: the same in Swedish, where a refusal says it."""
        self.add(Finding(step, expected, "wrong", why, sv, tuple(rules)), "")

    def not_tried(self, step: int, expected: str, why: str) -> None:
        """Something before it went wrong."""
        self.add(Finding(step, expected, "not_tried", why), "")

    def add(self, finding: Finding, measured: str = "") -> None:
        """A finding that somebody else has made."""
        self.findings.append(finding)
        self._told(finding, measured)
