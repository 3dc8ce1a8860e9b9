"""How each rule and each fault on purpose went, of a report's verdicts. Pure; imports the record's words only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.kit.record import Outcome

Verdict = Mapping[str, Any]
"""One scenario of a report's verdicts."""


@dataclass(frozen=True, slots=True)
class TriedRule:
    """A rule or a fault, with how it went."""

    name: str
    outcome: Outcome
    reasons: tuple[str, ...]
    """Each once, in their order."""
    scenarios: tuple[str, ...]
    """Where it was tried."""


def by_rule(scenarios: Sequence[Verdict]) -> list[TriedRule]:
    """Every rule that a scenario shows or a finding names, by its id. A rule is broken only where a finding names it. Of the rules that
    a scenario shows, nothing is known where it did not go well for another reason.
    """
    found: dict[str, list[tuple[Verdict, Mapping[str, Any]]]] = {}
    for scenario in scenarios:
        for finding in scenario["findings"]:
            for rule in finding["rules"]:
                found.setdefault(rule, []).append((scenario, finding))
        for rule in () if scenario["fault"] else scenario["rules"]:
            found.setdefault(rule, []).append((scenario, _shown(scenario)))
    return [_tried(rule, found[rule]) for rule in sorted(found, key=_in_order)]


def _shown(scenario: Verdict) -> Mapping[str, Any]:
    """Whether a scenario has shown its rules: all of its steps went well. What is of the run as a whole (step 0) says nothing of them."""
    if {finding["outcome"] for finding in scenario["findings"] if finding["step"]} == {"ok"}:
        return {"outcome": "ok", "reason": "", "fault": None}
    why = f"{scenario['scenario']} did not go well, for a reason that is told there, so it has not shown the rule."
    return {"outcome": "not_tried", "reason": why, "fault": None}


def by_fault(scenarios: Sequence[Verdict]) -> list[TriedRule]:
    """Every fault on purpose that was asked for, in the order in which they were made. Whatever went wrong while it was made
    speaks of it.
    """
    found: dict[str, list[tuple[Verdict, Mapping[str, Any]]]] = {}
    for scenario in scenarios:
        if scenario["fault"]:
            pairs = [(scenario, finding) for finding in scenario["findings"]]
            found.setdefault(scenario["fault"], []).extend(pairs)
    return [_tried(fault, pairs, of_fault=fault) for fault, pairs in found.items()]


def _tried(name: str, pairs: Sequence[tuple[Verdict, Mapping[str, Any]]], of_fault: str | None = None) -> TriedRule:
    findings = [finding for _, finding in pairs]
    wrong = [finding for finding in findings if finding["outcome"] == "wrong"]
    own = [finding for finding in findings if of_fault is None or finding["fault"] == of_fault]
    # A scenario that was stopped before its end has not shown that anything is well.
    stopped = all(scenario["interrupted"] for scenario, _ in pairs)
    outcomes: set[Outcome] = set() if stopped else {finding["outcome"] for finding in own}
    outcome: Outcome = "wrong" if wrong else "ok" if "ok" in outcomes else "not_tried"
    said = wrong or [finding for finding in own if finding["outcome"] == "not_tried"]
    return TriedRule(
        name, outcome, _once(finding["reason"] for finding in said), _once(one["scenario"] for one, _ in pairs)
    )


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _in_order(rule: str) -> tuple[str, int, str]:
    """V-6 before V-12."""
    letters, _, number = rule.partition("-")
    return letters, int(number) if number.isdecimal() else 0, rule
