"""Writes and reads the demo parties' messages: native CloudEvents or FHIR Bundles. Pure; imports the language and the translators'
writers.

Notices are read from their bytes, without the hub's own readers, as a vendor would.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.translators import fhir, native
from hub.translators.fhir import names
from schemas.envelope import Message
from schemas.messages import ANNOUNCEMENT_TYPE, NAME_OF, RECEIPT_TYPE

REFERENCE_SYSTEM = "https://demo.example/vardkontakt"


@dataclass(frozen=True, slots=True)
class Out:
    """A message ready to be sent; ``attributes`` is None when the body has an envelope of its own."""

    subject: str
    media_type: str
    body: bytes
    attributes: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class ReceivedNotice:
    """A notice as a receiving system reads it."""

    name: str
    message: str
    """The id to name in a kvittens."""
    case: str
    sequence: int
    unit: str | None
    """The acting unit; None in the hub's own messages."""
    awaits: dict[str, str] = field(default_factory=dict)
    state: dict[str, dict[str, str]] = field(default_factory=dict)
    """unit → step → colour; red when it is red for one of the unit's roles."""
    may: dict[str, tuple[str, ...]] = field(default_factory=dict)
    skipped: tuple[int, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    """What the parties of the demo act on: units found, change of the person, deadline; patient, profile and opener, meetings, elements of
    the plan."""


@dataclass(frozen=True, slots=True)
class SenderAnswer:
    """A receipt as its sender reads it."""

    message: str
    code: str
    case: str | None = None
    rule: str | None = None
    sequence: int | None = None
    warnings: tuple[str, ...] = ()


def write(message: Message, format_: str) -> Out:
    """A message in a system's format."""
    if format_ == "fhir":
        return Out(message.subject, names.JSON, fhir.write_request(message, reference_system=REFERENCE_SYSTEM), None)
    return Out(message.subject, native.JSON, native.write_body(message), native.attributes(message, None))


def announced(attributes: Mapping[str, str]) -> bool:
    """Whether this is an announcement of operations, which needs no answer (C-34)."""
    return attributes.get("type") == ANNOUNCEMENT_TYPE


def read(attributes: Mapping[str, str], body: bytes) -> ReceivedNotice | SenderAnswer:
    """Read what came on ``hub.out.<system>`` or to a webhook; raises ``ValueError`` or ``KeyError`` for anything else."""
    content = json.loads(body)
    if content.get("resourceType") == "Bundle":
        return _bundle(content)
    if content.get("resourceType") == "OperationOutcome":
        raise ValueError("an outcome that names no message")
    if attributes["type"] == RECEIPT_TYPE:
        return answer(content)
    colours = [
        (unit, step, colour)
        for step, units in json.loads(attributes["state"]).items()
        for unit, roles in units.items()
        for colour in roles.values()
    ]
    name = NAME_OF[attributes["type"]]
    return ReceivedNotice(
        name=name,
        message=attributes["id"],
        case=attributes["case"],
        sequence=int(attributes["sequence"]),
        unit=_unit(attributes["source"]),
        awaits=json.loads(attributes["awaits"]),
        state=_strongest(colours),
        may={unit: tuple(names) for unit, names in json.loads(attributes["may"]).items()},
        skipped=tuple(json.loads(attributes["skipped"])),
        facts=_said(name, content),
    )


_FACTS = {
    "adressering": ("outcome", "health_centre", "municipality_unit"),
    "folkbokforing": ("news",),
    "frist": ("name",),
}


def _said(name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a native notice."""
    if name == "sip.lage":
        return _as_it_stands(content)
    if name == "sip.plan":
        return {"elements": tuple(edit["element"] for edit in content["edits"])}
    if name == "sip.kallelse":
        return {"meetings": (content["meeting"]["id"],)}
    if name == "svu.inskrivning" and "personnummer" in content.get("patient", {}):
        return {"patient": content["patient"]["personnummer"]}
    return {fact: content[fact] for fact in _FACTS.get(name, ()) if fact in content}


def _as_it_stands(lage: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a ``sip.lage``, which is JSON in both formats."""
    facts: dict[str, Any] = {"profile": lage["case"]["profile"], "opener": lage["case"].get("opened_by")}
    if lage.get("plan"):
        facts["elements"] = tuple(one["element"] for one in lage["plan"].get("elements", ()))
    if lage.get("meetings"):
        facts["meetings"] = tuple(one["id"] for one in lage["meetings"])
    return facts


def _strongest(colours: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    """Unit → step → colour; red wins, when one of the unit's roles is awaited."""
    found: dict[str, dict[str, str]] = {}
    for unit, step, colour in colours:
        steps = found.setdefault(unit, {})
        if steps.get(step) != "red":
            steps[step] = colour
    return found


def answer(content: Mapping[str, Any]) -> SenderAnswer:
    """A native receipt, also inside a problem."""
    return SenderAnswer(
        content.get("message", ""),
        content["code"],
        content.get("case"),
        content.get("rule"),
        content.get("sequence"),
        tuple(content.get("warnings", ())),
    )


def _unit(source: str) -> str | None:
    return source.removeprefix("urn:hsa:") if source.startswith("urn:hsa:") else None


def _bundle(content: dict[str, Any]) -> ReceivedNotice | SenderAnswer:
    resources = {entry["fullUrl"]: entry["resource"] for entry in content["entry"]}
    header = next(iter(resources.values()))
    extensions = {extension["url"]: extension for extension in header.get("extension", ())}
    case = extensions[names.EXT_CASE]["valueIdentifier"]["value"] if names.EXT_CASE in extensions else None
    sequence = extensions[names.EXT_SEQUENCE]["valuePositiveInt"] if names.EXT_SEQUENCE in extensions else None
    if "response" in header:
        response = header["response"]
        issues = _issues(resources, response)
        return SenderAnswer(response["identifier"], response["code"], case, _rule(issues), sequence, _warnings(issues))
    if case is None or sequence is None:
        raise ValueError("a notice names its case and its number")
    longer = extensions.get(names.EXT_MESSAGE_ID)
    sender = resources[header["sender"]["reference"]] if "sender" in header else None
    return ReceivedNotice(
        name=header["eventCoding"]["code"],
        message=longer["valueString"] if longer else header["id"],
        case=case,
        sequence=sequence,
        unit=None if sender is None else sender["identifier"][0]["value"],
        awaits={parts["unit"]: parts["act"] for parts in _all(header, names.EXT_AWAITS)},
        state=_strongest((part["unit"], part["step"], part["colour"]) for part in _all(header, names.EXT_STATE)),
        may=dict(_may(one) for one in header["extension"] if one["url"] == names.EXT_MAY),
        skipped=tuple(one["valuePositiveInt"] for one in header["extension"] if one["url"] == names.EXT_SKIPPED),
        facts=_facts(header["eventCoding"]["code"], resources.values()),
    )


def _all(header: dict[str, Any], url: str) -> list[dict[str, str]]:
    """For every extension with a url: name → value of its parts."""
    return [
        {part["url"]: part.get("valueString") or part["valueCode"] for part in extension["extension"]}
        for extension in header["extension"]
        if extension["url"] == url
    ]


def _may(extension: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    unit = next(part["valueString"] for part in extension["extension"] if part["url"] == "unit")
    return unit, tuple(part["valueCode"] for part in extension["extension"] if part["url"] == "act")


_FOUND = {"health-centre": "health_centre", "municipality": "municipality_unit"}


_PERSONNUMMER = "http://electronichealth.se/identifier/personnummer"


def _facts(name: str, resources: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The facts of a notice in FHIR."""
    if name == "sip.lage":
        attached = next(one for one in resources if one["resourceType"] == "Communication")["payload"][0]
        return _as_it_stands(json.loads(base64.b64decode(attached["contentAttachment"]["data"])))
    if name == "sip.plan":
        written = [i["value"] for one in resources for i in _identifiers(one) if i.get("system") == names.ELEMENT]
        return {"elements": tuple(written)}
    if name == "sip.kallelse":
        called = next(one for one in resources if one["resourceType"] == "Appointment")
        return {"meetings": (called["identifier"][0]["value"],)}
    if name == "svu.inskrivning":
        numbers = (i["value"] for one in resources for i in _identifiers(one) if i.get("system") == _PERSONNUMMER)
        return {"patient": number} if (number := next(numbers, None)) else {}
    return _of_the_hub(resources) if name in _FACTS else {}


def _identifiers(resource: dict[str, Any]) -> list[dict[str, Any]]:
    found = resource.get("identifier", [])
    return found if isinstance(found, list) else [found]


def _of_the_hub(resources: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The facts of the hub's own messages, from their resources."""
    facts: dict[str, Any] = {}
    for resource in resources:
        extensions = {extension["url"]: extension for extension in resource.get("extension", ())}
        if names.EXT_OUTCOME in extensions:
            facts["outcome"] = extensions[names.EXT_OUTCOME]["valueCode"]
        if names.EXT_NEWS in extensions:
            facts["news"] = extensions[names.EXT_NEWS]["valueCode"]
        for coding in resource.get("reasonCode", {}).get("coding", ()) if resource["resourceType"] == "Task" else ():
            facts["name"] = coding["code"]
        if "outcome" in facts:
            for one in resource.get("participant", ()):
                facts[_FOUND[one["role"][0]["coding"][0]["code"]]] = one["member"]["identifier"]["value"]
    return facts


def _issues(resources: dict[str, Any], response: dict[str, Any]) -> list[dict[str, Any]]:
    reference = response.get("details", {}).get("reference")
    return [] if reference is None else resources[reference]["issue"]


def _rule(issues: Iterable[dict[str, Any]]) -> str | None:
    codings = [
        coding
        for issue in issues
        for coding in issue.get("details", {}).get("coding", ())
        if coding["system"] == names.RULE
    ]
    return codings[0]["code"] if codings else None


def _warnings(issues: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(issue["details"]["text"] for issue in issues if issue["severity"] == "warning")
