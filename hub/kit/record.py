"""What a run of the kit came to, as plain data: who was tried with what, each finding, and what passed on the wire.

Does no I/O; imports nothing of the hub. The run writes these records; the report is made of them alone.

Two runs with the same seed against a system that behaves the same have the same findings in the same order. A finding must
therefore say nothing that differs between two such runs: no measured time, no id that the system made up. Such things stand in
the exchanges.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["ok", "wrong", "not_tried"]
RunOutcome = Literal["ok", "wrong", "not_tried", "interrupted"]
Direction = Literal["to_vendor", "from_vendor"]
Way = Literal["webhook", "kafka", "fhir", "http"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call in either direction, or one record on a topic, with its answer."""

    moment_ms: int
    """When it began, in milliseconds from the start of the run."""
    direction: Direction
    way: Way
    head: dict[str, str]
    """Method and address under ``request``, then the headers by their lower-case names. Never a token, a signature or a secret."""
    body: str
    status: int | None = None
    """HTTP status of the answer; None on a topic, and when no answer came."""
    answer: str = ""
    """The answer's body, or in a few words why none came."""
    fault: str | None = None
    """The fault that the kit made on purpose in this call."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was expected of the vendor's system, and how it went."""

    step: int
    """Of the scenario, counted from 1; 0: of the run as a whole."""
    expected: str
    """One sentence."""
    outcome: Outcome
    reason: str = ""
    """Why it is wrong or was not tried: one sentence in English."""
    reason_sv: str = ""
    """The same in Swedish, where it comes from a refusal; else empty."""
    rules: tuple[str, ...] = ()
    """Ids of the rules that it shows: ``V-6``, ``D-2``."""
    fault: str | None = None
    """The name of the fault on purpose that it judges; None: the scenario itself."""


@dataclass(frozen=True, slots=True)
class ScenarioRun:
    """One scenario, played once, with one fault on purpose or none."""

    scenario: str
    """The name of its file."""
    sentence: str
    """What it shows."""
    rules: tuple[str, ...]
    fault: str | None = None
    findings: tuple[Finding, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    interrupted: bool = False
    """Whether the run was stopped before the scenario was at its end, or before it had begun."""

    @property
    def outcome(self) -> Outcome:
        """``wrong`` when one finding is, ``not_tried`` when nothing was tried or it was stopped before its end, else ``ok``."""
        found = worst(self.findings)
        return "not_tried" if self.interrupted and found == "ok" else found


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the kit against one system in one role."""

    seed: int
    contract: str
    """The version of the contract: ``contract_version``."""
    program: str
    """The version of the program."""
    role: str
    """The unit of the scenarios' world whose system is tried: ``lund_kommun``."""
    way: Way
    """The way out: how notices reach the system."""
    format: Literal["native", "fhir", "fhir-xml"]
    suite: str
    """The name of the suite, or of the one scenario."""
    started: str
    """When it began: ISO 8601 with zone."""
    scenarios: tuple[ScenarioRun, ...] = field(default=())
    stopped_by: signal.Signals | None = None
    """The signal that stopped it before its end."""

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped before its end."""
        return any(scenario.interrupted for scenario in self.scenarios)

    @property
    def outcome(self) -> RunOutcome:
        """As of a scenario, of all of them together; a run that was stopped is never ``ok``, nor is it judged."""
        if self.interrupted:
            return "interrupted"
        return worst([finding for scenario in self.scenarios for finding in scenario.findings])


def worst(findings: tuple[Finding, ...] | list[Finding]) -> Outcome:
    """``wrong`` when one is, ``not_tried`` when none was tried, else ``ok``."""
    outcomes = {finding.outcome for finding in findings}
    if "wrong" in outcomes:
        return "wrong"
    return "ok" if "ok" in outcomes else "not_tried"
