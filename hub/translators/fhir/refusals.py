"""The refusals of the FHIR reader: a rule or a technical reason, a sentence in each language, the FHIRPath, the HTTP status. Imports
the errors and the sentences only.

No sentence contains a value of the message (D-10).
"""

from __future__ import annotations

from typing import Final

from hub.errors import Refused
from hub.translators.fhir import refusals_of_bundle, refusals_of_plans, refusals_of_resources

_SENTENCES: Final = refusals_of_bundle.SENTENCES | refusals_of_resources.SENTENCES | refusals_of_plans.SENTENCES
_STATUS: Final = {"too-large": 413, "media-type": 415, "C-62": 409}
_RULE: Final = {
    "numbers-differ": "C-60",
    "hsa-ids-differ": "hsa-id",
    "xml-dtd": "not-xml",
}
"""Reason → rule, for special cases of a rule that have a sentence of their own."""


def refused(reason: str, element: str | None = None) -> Refused:
    """The refusal for a reason; the status is 400 unless ``_STATUS`` has another (messages.md §2)."""
    sv, en = _SENTENCES[reason]
    rule = _RULE.get(reason, reason)
    return Refused(rule, sv, en, element, _STATUS.get(rule, 400))


def sentences() -> dict[str, tuple[str, str]]:
    """Technical reason → its sentences, for the list of reasons in contracts/rules.md."""
    return {_RULE.get(reason, reason): said for reason, said in _SENTENCES.items() if not reason[0].isupper()}


def by_rule() -> dict[str, list[tuple[str, str]]]:
    """Rule or reason → all its sentences, those of special cases too."""
    found: dict[str, list[tuple[str, str]]] = {}
    for reason, said in _SENTENCES.items():
        found.setdefault(_RULE.get(reason, reason), []).append(said)
    return found


TECHNICAL: Final = frozenset(
    rule for rule in (*_SENTENCES, "fhir-invalid", "fhir-code", "field-invalid") if not rule[0].isupper()
)
"""The reasons that are not rules of processes.md."""
