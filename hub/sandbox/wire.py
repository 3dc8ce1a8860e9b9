"""What the demo parties write and read, as a vendor would: native CloudEvents or FHIR Bundles. Pure.

Imports the language and the translators' writers; notices are read from their bytes alone, not by the hub's own code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.translators import fhir, native
from hub.translators.fhir import names
from schemas.envelope import Message
from schemas.messages import NAME_OF, RECEIPT_TYPE

REFERENCE_SYSTEM = "https://demo.example/vardkontakt"


@dataclass(frozen=True, slots=True)
class Out:
    """A message ready to be sent; ``attributes`` is None where the body says it all."""

    subject: str
    media_type: str
    body: bytes
    attributes: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What a receiving system makes of a notice."""

    name: str
    message: str
    """The id that a kvittens answers with."""
    case: str
    sequence: int
    unit: str | None
    """Whose act it was; None for the hub's own."""
    awaits: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sender makes of a receipt."""

    message: str
    code: str
    case: str | None = None
    rule: str | None = None
    sequence: int | None = None


def write(message: Message, format_: str) -> Out:
    """A message in a system's own format."""
    if format_ == "fhir":
        return Out(message.subject, names.JSON, fhir.write_request(message, reference_system=REFERENCE_SYSTEM), None)
    return Out(message.subject, native.JSON, native.write_body(message), native.attributes(message, None))


def read(attributes: Mapping[str, str], body: bytes) -> Notice | Answer:
    """What came on ``hub.out.<system>`` or to a webhook; raises ``ValueError`` or ``KeyError`` for what is neither."""
    content = json.loads(body)
    if content.get("resourceType") == "Bundle":
        return _bundle(content)
    if content.get("resourceType") == "OperationOutcome":
        raise ValueError("an outcome that names no message")
    if attributes["type"] == RECEIPT_TYPE:
        return answer(content)
    return Notice(
        name=NAME_OF[attributes["type"]],
        message=attributes["id"],
        case=attributes["case"],
        sequence=int(attributes["sequence"]),
        unit=_unit(attributes["source"]),
        awaits=json.loads(attributes["awaits"]),
    )


def answer(content: Mapping[str, Any]) -> Answer:
    """A native receipt, also inside a problem."""
    return Answer(
        content.get("message", ""), content["code"], content.get("case"), content.get("rule"), content.get("sequence")
    )


def _unit(source: str) -> str | None:
    return source.removeprefix("urn:hsa:") if source.startswith("urn:hsa:") else None


def _bundle(content: dict[str, Any]) -> Notice | Answer:
    resources = {entry["fullUrl"]: entry["resource"] for entry in content["entry"]}
    header = next(iter(resources.values()))
    told = {extension["url"]: extension for extension in header.get("extension", ())}
    case = told[names.EXT_CASE]["valueIdentifier"]["value"] if names.EXT_CASE in told else None
    sequence = told[names.EXT_SEQUENCE]["valuePositiveInt"] if names.EXT_SEQUENCE in told else None
    if "response" in header:
        response = header["response"]
        return Answer(response["identifier"], response["code"], case, _rule(resources, response), sequence)
    if case is None or sequence is None:
        raise ValueError("a notice names its case and its number")
    longer = told.get(names.EXT_MESSAGE_ID)
    sender = resources[header["sender"]["reference"]] if "sender" in header else None
    return Notice(
        name=header["eventCoding"]["code"],
        message=longer["valueString"] if longer else header["id"],
        case=case,
        sequence=sequence,
        unit=None if sender is None else sender["identifier"][0]["value"],
        awaits=dict(_awaits(extension) for extension in header["extension"] if extension["url"] == names.EXT_AWAITS),
    )


def _awaits(extension: dict[str, Any]) -> tuple[str, str]:
    parts = {part["url"]: part for part in extension["extension"]}
    return parts["unit"]["valueString"], parts["act"]["valueCode"]


def _rule(resources: dict[str, Any], response: dict[str, Any]) -> str | None:
    reference = response.get("details", {}).get("reference")
    if reference is None:
        return None
    codings = [
        coding
        for issue in resources[reference]["issue"]
        for coding in issue.get("details", {}).get("coding", ())
        if coding["system"] == names.RULE
    ]
    return codings[0]["code"] if codings else None
