"""How each rule and each fault on purpose went, of a report's verdicts. Pure; imports the record's words only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.kit.record import Outcome

Verdict = Mapping[str, Any]
"""One scenario of a report's verdicts."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule or a fault, with how it went."""

    name: str
    outcome: Outcome
    reasons: tuple[str, ...]
    """Each once, in their order."""
    scenarios: tuple[str, ...]
    """Where it was tried."""


def by_rule(scenarios: Sequence[Verdict]) -> list[Tried]:
    """Every rule that a scenario shows, by its id. A finding that names rules speaks of those, another of all that its scenario
    shows; what a fault on purpose led to speaks of the rules that it names alone.
    """
    found: dict[str, list[tuple[Verdict, Mapping[str, Any]]]] = {}
    for scenario in scenarios:
        for finding in scenario["findings"]:
            rules = finding["rules"] or (() if scenario["fault"] else scenario["rules"])
            for rule in rules:
                found.setdefault(rule, []).append((scenario, finding))
    return [_tried(rule, found[rule]) for rule in sorted(found, key=_in_order)]


def by_fault(scenarios: Sequence[Verdict]) -> list[Tried]:
    """Every fault on purpose that was asked for, in the order in which they were made. Whatever went wrong while it was made
    speaks of it.
    """
    found: dict[str, list[tuple[Verdict, Mapping[str, Any]]]] = {}
    for scenario in scenarios:
        if scenario["fault"]:
            pairs = [(scenario, finding) for finding in scenario["findings"]]
            found.setdefault(scenario["fault"], []).extend(pairs)
    return [_tried(fault, pairs, of_fault=fault) for fault, pairs in found.items()]


def _tried(name: str, pairs: Sequence[tuple[Verdict, Mapping[str, Any]]], of_fault: str | None = None) -> Tried:
    findings = [finding for _, finding in pairs]
    wrong = [finding for finding in findings if finding["outcome"] == "wrong"]
    own = [finding for finding in findings if of_fault is None or finding["fault"] == of_fault]
    # A scenario that was stopped before its end has not shown that anything is well.
    stopped = all(scenario["interrupted"] for scenario, _ in pairs)
    outcomes: set[Outcome] = set() if stopped else {finding["outcome"] for finding in own}
    outcome: Outcome = "wrong" if wrong else "ok" if "ok" in outcomes else "not_tried"
    said = wrong or [finding for finding in own if finding["outcome"] == "not_tried"]
    return Tried(
        name, outcome, _once(finding["reason"] for finding in said), _once(one["scenario"] for one, _ in pairs)
    )


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _in_order(rule: str) -> tuple[str, int, str]:
    """V-6 before V-12."""
    letters, _, number = rule.partition("-")
    return letters, int(number) if number.isdecimal() else 0, rule
