"""The report as one HTML page for people: nothing is loaded and nothing runs in it. Imports the verdicts' tables and the faults.

The page carries the JSON document in a data block. The signature is of the document, which holds the digest of the page with that
block empty; so neither can be changed without the other.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.etree.ElementTree import Element, tostring

from hub.kit.faults.table import FAULTS
from hub.kit.report.by_rule import TriedRule, by_fault, by_rule
from hub.kit.report.elements import boxed, el, plain, table
from hub.kit.report.exchanges import exchanges_of
from hub.kit.report.keys import fingerprint
from hub.kit.report.style import STYLE
from schemas.rules import RULES

WORDS: Final = {
    "ok": "✓ as it should be",
    "wrong": "✗ wrong",
    "not_tried": "– not tried",
    "interrupted": "– stopped before its end",
}
_OPEN, _CLOSE = '<script type="application/json" id="report">', "</script>"
_BLOCK = re.compile(f"{re.escape(_OPEN)}(.*?){re.escape(_CLOSE)}", re.DOTALL)


def page_of(document: Mapping[str, Any]) -> str:
    """The page with an empty data block, of a document that need not be signed yet."""
    verdicts, measured = document["verdicts"], document["measured"]
    scenarios = verdicts["scenarios"]
    plain_ones = [
        (one, passed) for one, passed in zip(scenarios, measured["exchanges"], strict=True) if not one["fault"]
    ]
    with_fault = [(one, passed) for one, passed in zip(scenarios, measured["exchanges"], strict=True) if one["fault"]]
    main = el(
        "main",
        el("h1", f"How {verdicts['role']} did: {WORDS[verdicts['outcome']]}"),
        _head(document),
        el("h2", "Scenarios"),
        *[_scenario(*pair) for pair in plain_ones],
        *([] if plain_ones else [el("p", "None was played without a fault.")]),
        el("h2", "Faults on purpose"),
        _faults(by_fault(scenarios), verdicts["way"]),
        *[_scenario(*pair) for pair in with_fault],
        el("h2", "Rules"),
        _rules(by_rule(scenarios)),
        el("h2", "Whether this report is genuine"),
        el(
            "p",
            "Run ",
            el("code", "hub kit verify report.html --public-key FILE"),
            " with the public key of whoever vouches for it.",
        ),
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"Vendor kit: {verdicts['role']}, {verdicts['suite']}"),
        el("style", STYLE),
    )
    block = el("script", type="application/json", id="report")
    page = el("html", head, el("body", main, block), lang="en")
    return "<!doctype html>\n" + tostring(page, encoding="unicode", method="html") + "\n"


def with_document(page: str, document: Mapping[str, Any]) -> str:
    """The page with the document in its data block."""
    content = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return page.replace(_OPEN + _CLOSE, _OPEN + content.replace("<", "\\u003c") + _CLOSE)


def parts_of(page: str) -> tuple[str, str] | None:
    """(the page with an empty block, the document's text); None where there is not exactly one block."""
    found = _BLOCK.findall(page)
    if len(found) != 1:
        return None
    return _BLOCK.sub(_OPEN + _CLOSE, page), found[0]


def _head(document: Mapping[str, Any]) -> Element:
    verdicts, signer = document["verdicts"], document["signer"]
    contract = verdicts["contract"]
    if signer is None:
        who = "nobody: the report is not signed"
    else:
        digits = fingerprint(base64.b64decode(signer["public_key"]))
        who = f"{signer['owner'] or 'somebody without a name'}, by their own word; the key is {digits}"
    said = {
        "Result": WORDS[verdicts["outcome"]],
        "System under trial": f"plays {verdicts['role']}; {_told(verdicts)}",
        "Ways that are not tried": ", ".join(NOT_TRIED_WAYS.values()),
        "Suite": verdicts["suite"],
        "Contract": f"version {contract['version']}, {contract['digest']}",
        "Program": verdicts["program"],
        "Seed": str(verdicts["seed"]),
        "Digest of the verdicts": document["verdicts_digest"],
        "Begun": document["measured"]["started"],
        "Signed by": who,
    }
    rows = [el("tr", el("th", name, scope="row"), el("td", value)) for name, value in said.items()]
    return boxed("The run", el("table", el("caption", "The run"), el("tbody", *rows)))


NOT_TRIED_WAYS: Final = {
    "fhir": "FHIR messages to $process-message",
    "subscription": "FHIR Subscriptions",
    "inbox": "the pull inbox",
}
"""Ways out of the directory that the kit does not play."""


def _told(verdicts: Mapping[str, Any]) -> str:
    """How the kit reaches the system under trial."""
    ways = {"webhook": "is told by calls to its webhook", "kafka": "reads its topic on Kafka"}
    formats = {"native": "CloudEvents", "fhir": "FHIR R4 in JSON", "fhir-xml": "FHIR R4 in XML"}
    way, format_ = verdicts["way"], verdicts["format"]
    return f"{ways.get(way, way)}, as {formats.get(format_, format_)}"


def _scenario(verdict: Mapping[str, Any], passed: Sequence[Mapping[str, Any]]) -> Element:
    fault = verdict["fault"]
    name = verdict["scenario"] if fault is None else f"{fault}: {verdict['scenario']}"
    rows = [
        (
            str(finding["step"]) if finding["step"] else "all",
            finding["expected"],
            _outcome(finding["outcome"]),
            _reason(finding),
        )
        for finding in verdict["findings"]
    ]
    return el(
        "section",
        el("h3", f"{name}: {WORDS['interrupted' if verdict['interrupted'] else verdict['outcome']]}"),
        el("p", f"{verdict['sentence']} [{', '.join(verdict['rules'])}]"),
        table("What was expected, step by step", ("Step", "Expected", "Result", "Why"), rows),
        exchanges_of(passed),
    )


def _faults(tried: Sequence[TriedRule], way: str) -> Element:
    """Every fault that the kit can make, the ones that were not asked for too; ``way``: how the system is called."""
    went = {one.name: one for one in tried}
    rows = []
    for fault in FAULTS.values():
        one = went.get(fault.name)
        outcome = "not_tried" if one is None else one.outcome
        why = "It was not asked for." if one is None else " ".join(one.reasons)
        good = el("div", el("p", fault.good.en), el("p", fault.good.sv, lang="sv"))
        does = el("div", el("p", fault.does.en), el("p", fault.does.sv, lang="sv"))
        judged = el(
            "div", el("p", fault.judged), *([el("p", f"Over Kafka: {fault.over_kafka}")] if way == "kafka" else [])
        )
        rows.append((fault.name, does, good, judged, _outcome(outcome), why))
    head = ("Fault", "What the kit does", "What a good system does", "How it is judged", "Result", "Why")
    return table("Every fault that the kit makes on purpose", head, rows)


def _rules(tried: Sequence[TriedRule]) -> Element:
    rows = [
        (one.name, _rule(one.name), _outcome(one.outcome), " ".join(one.reasons), ", ".join(one.scenarios))
        for one in tried
    ]
    return table("Every rule that was tried", ("Rule", "What it says", "Result", "Why", "Scenarios"), rows)


def _rule(name: str) -> Element:
    text = RULES.get(name)
    return el("div") if text is None else el("div", el("p", text.en), el("p", text.sv, lang="sv"))


def _outcome(outcome: str) -> Element:
    return el("span", WORDS[outcome], **{"class": outcome})


def _reason(finding: Mapping[str, Any]) -> Element:
    swedish = [el("p", finding["reason_sv"], lang="sv")] if finding["reason_sv"] else []
    return el("div", plain(finding["reason"]), *swedish)
