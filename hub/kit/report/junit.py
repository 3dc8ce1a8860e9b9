"""The report as JUnit reads it, for CI. Imports the verdicts' tables.

Three suites: scenarios, rules and faults on purpose, with one test case for each. What was not tried is skipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, indent, tostring

from hub.kit.record import Outcome
from hub.kit.report.by_rule import TriedRule, by_fault, by_rule
from hub.kit.report.elements import el


def junit(document: Mapping[str, Any]) -> bytes:
    """The XML file."""
    verdicts = document["verdicts"]
    scenarios = verdicts["scenarios"]
    plain_ones = [_scenario(one) for one in scenarios if not one["fault"]]
    suites = [
        _suite("scenarios", plain_ones),
        _suite("rules", by_rule(scenarios)),
        _suite("faults", by_fault(scenarios)),
    ]
    top = el("testsuites", *suites, name=f"hub kit: {verdicts['role']}, {verdicts['suite']}")
    indent(top)
    found: bytes = tostring(top, encoding="UTF-8", xml_declaration=True)
    return found


def _scenario(verdict: Mapping[str, Any]) -> TriedRule:
    outcome: Outcome = verdict["outcome"]
    reasons = [
        f"{'step ' + str(finding['step']) if finding['step'] else 'in the whole run'}: {finding['expected']}: {finding['reason']}"
        for finding in verdict["findings"]
        if finding["outcome"] == outcome and outcome != "ok"
    ]
    if verdict["interrupted"]:
        reasons.append("the run was stopped before its end")
    return TriedRule(verdict["scenario"], outcome, tuple(reasons), (verdict["scenario"],))


def _suite(name: str, tried: Sequence[TriedRule]) -> Element:
    cases = [_case(name, one) for one in tried]
    counts = {
        "tests": len(tried),
        "failures": sum(one.outcome == "wrong" for one in tried),
        "errors": 0,
        "skipped": sum(one.outcome == "not_tried" for one in tried),
    }
    return el("testsuite", *cases, name=name, **{key: str(count) for key, count in counts.items()})


def _case(suite: str, one: TriedRule) -> Element:
    why = "\n".join(one.reasons)
    first = one.reasons[0] if one.reasons else "nothing was tried"
    result = []
    if one.outcome == "wrong":
        result = [el("failure", why, message=first, type="wrong")]
    elif one.outcome == "not_tried":
        result = [el("skipped", message=first)]
    return el("testcase", *result, classname=f"kit.{suite}", name=one.name)
