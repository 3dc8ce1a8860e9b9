"""Writes the receipt as a message Bundle with MessageHeader.response and an OperationOutcome (messages.md §2, fhir.md "Message
exchange"). Imports the language and the names.

``details`` has both languages: Swedish as text, English as its translation.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, fhir_id, text
from hub.translators.fhir.paths import fhir_path
from hub.translators.fhir.refusals import TECHNICAL
from hub.translators.fhir.writer import HUB_APPLICATION
from hub.translators.fhir.xml_writer import as_xml
from schemas.messages import Receipt

_ISSUE_OF: Final = {
    "too-large": "too-long",
    "too-deep": "too-costly",
    "media-type": "not-supported",
    "unknown-event": "not-supported",
    "modifier-extension": "extension",
    "fhir-code": "code-invalid",
    "reference-unresolved": "not-found",
    "C-62": "suppressed",
    "unauthenticated": "login",
    "way-not-open": "forbidden",
    "not-found": "not-found",
    "method": "not-supported",
    "content-encoding": "not-supported",
    "not-acceptable": "not-supported",
    "http-400": "invalid",
    "http-408": "timeout",
    "http-431": "too-long",
    "http-503": "transient",
    "internal": "exception",
    "unavailable": "transient",
}
"""Reason → code of http://hl7.org/fhir/issue-type; other technical reasons are ``invalid``, other rules
``business-rule``.
"""


def write_response(
    receipt: Receipt,
    request_id: str | None,
    *,
    created: datetime,
    event: str | None = None,
    sender: str | None = None,
    media_type: str = names.JSON,
) -> bytes:
    """The answer to one message.

    ``request_id``: the message's MessageHeader.id; when it is None, because it could not be read (``reader.glimpse``), the answer
    is only the OperationOutcome, since a response must name its request. ``event``: the message's name; ``sender``: the unit that
    sent it. A duplicate gets the same content in a new Bundle, because the ids also depend on ``created``.
    """
    outcome = _outcome(receipt, event)
    if request_id is None:
        tree = outcome if outcome is not None else {"resourceType": "OperationOutcome", "issue": [_fine()]}
        return _encoded(tree, media_type)
    assembly = Assembly(request_id, receipt.message, receipt.code, created.isoformat())
    header: dict[str, Any] = {"resourceType": "MessageHeader", "id": assembly.bundle_id}
    extensions: list[dict[str, Any]] = []
    if receipt.case is not None:
        case = {"system": names.CASE, "value": receipt.case}
        extensions.append({"url": names.EXT_CASE, "valueIdentifier": case})
    if receipt.sequence is not None:
        extensions.append({"url": names.EXT_SEQUENCE, "valuePositiveInt": receipt.sequence})
    if receipt.repeat:
        extensions.append({"url": names.EXT_REPEAT, "valueBoolean": True})
    if extensions:
        header["extension"] = extensions
    header["eventCoding"] = {"system": names.EVENT, "code": event or "receipt"}
    if sender is not None:
        unit = {"type": "Organization", "identifier": {"system": "urn:oid:1.2.752.29.4.19", "value": sender}}
        header["destination"] = [{"endpoint": f"urn:hsa:{sender}", "receiver": unit}]
    header["source"] = HUB_APPLICATION
    header["response"] = {"identifier": fhir_id(request_id), "code": receipt.code}
    if outcome is not None:
        header["response"]["details"] = {"reference": assembly.add(outcome)}
    return _encoded(assembly.bundle(header, created), media_type)


def _outcome(receipt: Receipt, event: str | None) -> dict[str, Any] | None:
    issues: list[dict[str, Any]] = []
    if receipt.code != "ok":
        assert receipt.rule is not None
        assert receipt.text is not None
        details: dict[str, Any] = {
            "coding": [{"system": names.RULE, "code": receipt.rule}],
            "text": receipt.text.sv,
            "_text": translated(receipt.text.en),
        }
        code = "transient" if receipt.code == "transient-error" else _issue_code(receipt.rule)
        issue = {"severity": "error", "code": code, "details": details}
        expression = fhir_path(event, receipt.element)
        if expression is not None:
            issue["expression"] = [expression]
        elif receipt.element is not None:
            issue["diagnostics"] = text(receipt.element)
        issues.append(issue)
    issues += [
        {"severity": "warning", "code": "informational", "details": {"text": text(warning)}}
        for warning in receipt.warnings
        if warning
    ]
    return {"resourceType": "OperationOutcome", "issue": issues} if issues else None


def _issue_code(rule: str) -> str:
    return _ISSUE_OF.get(rule, "invalid" if rule in TECHNICAL else "business-rule")


def _fine() -> dict[str, str]:
    return {"severity": "information", "code": "informational"}


def translated(english: str) -> dict[str, Any]:
    """The extension with the English translation of a Swedish text."""
    parts = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": english}]
    return {"extension": [{"url": names.EXT_TRANSLATION, "extension": parts}]}


def _encoded(tree: dict[str, Any], media_type: str) -> bytes:
    body = msgspec.json.encode(tree)
    return as_xml(body) if media_type.partition(";")[0].strip().lower() == names.XML else body
