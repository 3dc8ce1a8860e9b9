"""The report as one JSON document, signed. Imports the record, the keys and the canonical form.

``verdicts`` is the same in every run with one seed against a system that behaves the same, and has a digest of its own.
``measured`` is what differs between two such runs: when, and what passed on the wire, with the ids and times in it. Both are signed,
and so is the HTML page: by the digest of everything in it but this document.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from hub.kit.record import Exchange, Run, ScenarioRun
from hub.kit.report.canonical import canonical, digest
from hub.kit.report.keys import SigningKey

FORMAT: Final = "samverkan-kit-report/1"
PARTS: Final = frozenset({"format", "verdicts", "verdicts_digest", "measured", "signer", "page", "signature"})
"""What a document holds."""

_SHORTEST_SECRET = 8
"""A shorter text is no secret, and would be found in other words."""

Document = dict[str, Any]


def without_secrets(run: Run, secrets: Collection[str]) -> Run:
    """The run with each secret, and each query of an address, blotted out wherever it stands in what passed."""
    found = sorted({one for one in secrets if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True)

    def blotted(text: str) -> str:
        for secret in found:
            text = text.replace(secret, "…")
        return text

    def of_exchange(one: Exchange) -> Exchange:
        head = {name: blotted(value) for name, value in one.head.items() if name != "authorization"}
        if "request" in head:
            head["request"] = head["request"].partition("?")[0]
        return replace(one, head=head, body=blotted(one.body), answer=blotted(one.answer))

    def of_scenario(one: ScenarioRun) -> ScenarioRun:
        findings = tuple(replace(finding, reason=blotted(finding.reason)) for finding in one.findings)
        return replace(one, findings=findings, exchanges=tuple(map(of_exchange, one.exchanges)))

    return replace(run, scenarios=tuple(map(of_scenario, run.scenarios)))


def document_of(run: Run, contract_sha256: str, key: SigningKey | None) -> Document:
    """The document without its signature; ``page`` is still to come. ``key``: who will sign, None for nobody."""
    verdicts = {
        "seed": run.seed,
        "contract": {"version": run.contract, "digest": contract_sha256},
        "program": run.program,
        "role": run.role,
        "way": run.way,
        "format": run.format,
        "suite": run.suite,
        "outcome": run.outcome,
        "scenarios": [_verdict(scenario) for scenario in run.scenarios],
    }
    exchanges = [[asdict(one) for one in scenario.exchanges] for scenario in run.scenarios]
    signer = None if key is None else {"owner": key.owner, "public_key": base64.b64encode(key.public).decode()}
    return {
        "format": FORMAT,
        "verdicts": verdicts,
        "verdicts_digest": digest(canonical(verdicts)),
        "measured": {"started": run.started, "exchanges": exchanges},
        "signer": signer,
    }


def signed(document: Document, page: str, key: SigningKey | None) -> Document:
    """The document with the page's digest and, where somebody signs, the signature of all the rest."""
    whole = {**document, "page": digest(page.encode())}
    signature = None if key is None else base64.b64encode(key.key.sign(signed_bytes(whole))).decode()
    return {**whole, "signature": signature}


def signed_bytes(document: Mapping[str, Any]) -> bytes:
    """What the signature is of: the document without it, in canonical form."""
    return canonical({name: value for name, value in document.items() if name != "signature"})


def _verdict(scenario: ScenarioRun) -> dict[str, Any]:
    found = {**asdict(scenario), "outcome": scenario.outcome}
    del found["exchanges"]
    return found
