"""Judges FHIR: messages of units, notices, receipts and announcements of the hub, and single resources. Imports the readers and the
names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.check.verdict import CheckFault, Verdict, findings
from hub.errors import Refused
from hub.translators import every_fault, json_text
from hub.translators.fhir import every_fault as fhir_faults
from hub.translators.fhir import names
from schemas.messages import ANNOUNCEMENT_TYPE, HUB_SOURCE

_ANNOUNCED = ANNOUNCEMENT_TYPE.split(".")[2]
_CODES = ("ok", "transient-error", "fatal-error")


def judge(body: bytes, media_type: str = names.JSON) -> Verdict:
    """The verdict on a resource in JSON or XML."""
    try:
        body = fhir_faults.resource_in_json(body, media_type)
    except Refused as refusal:
        return Verdict("fhir-resource", None, findings([refusal]))
    tree = _tree(body)
    kind = tree.get("resourceType") if isinstance(tree, dict) else "Bundle"
    if not isinstance(kind, str):
        return Verdict("fhir-resource", None, (_NO_TEXT,))
    if kind != "Bundle":
        return Verdict("fhir-resource", kind, findings(fhir_faults.of_resource(body, kind)))
    header = _header(tree)
    name = _code(header)
    if "response" in header:
        return Verdict(
            "fhir-receipt", name, (*findings(fhir_faults.of_resource(body, "Bundle")), *_receipt(tree, header))
        )
    source = header.get("source")
    if not isinstance(source, dict) or source.get("endpoint") != HUB_SOURCE:
        return Verdict("fhir-message", name, findings(every_fault.of_bundle(body)))
    if name == _ANNOUNCED:
        return Verdict("fhir-announcement", None, findings(fhir_faults.of_resource(body, "Bundle")))
    return Verdict("fhir-notice", name, (*findings(every_fault.of_bundle(body, from_hub=True)), *_notice(header)))


_NO_TEXT = CheckFault(
    "/resourceType", "unknown-resource",
    'Resurstypen är ingen text: ange dess namn inom citattecken, som "Bundle".',
    'The resource type is no text: give its name in quotes, as "Bundle".',
)  # fmt: skip


def _tree(body: bytes) -> Any:
    """The content as far as it can be read: what is wrong with it is said by the readers."""
    try:
        return json_text.read(body)
    except Refused:
        return {"resourceType": "Bundle"}


def _header(tree: Any) -> dict[str, Any]:
    try:
        header = tree["entry"][0]["resource"]
    except (KeyError, IndexError, TypeError):
        return {}
    return header if isinstance(header, dict) else {}


def _code(header: dict[str, Any]) -> str | None:
    coding = header.get("eventCoding")
    code = coding.get("code") if isinstance(coding, dict) else None
    if not isinstance(code, str):
        return None
    return code if code in names.WRITES or code in names.READS or code == _ANNOUNCED else None


_HEADER = "Bundle.entry[0].resource"


def _notice(header: dict[str, Any]) -> Iterator[CheckFault]:
    """What every notice says in its header (messages.md §2)."""
    extensions = header.get("extension")
    urls = [one.get("url") for one in extensions if isinstance(one, dict)] if isinstance(extensions, list) else []
    for url, sv, en in (
        (names.EXT_CASE, "ärendet", "the case"),
        (names.EXT_SEQUENCE, "numret i ärendet", "its number in the case"),
    ):
        if url not in urls:
            yield CheckFault(
                f"{_HEADER}.extension('{url}')", "missing-field",
                f"En notis anger {sv} i tillägget {url}.", f"A notice gives {en} in the extension {url}.",
            )  # fmt: skip


def _receipt(tree: Any, header: dict[str, Any]) -> Iterator[CheckFault]:
    """What every receipt says: whose it is, how it went, and if not well, by which rule."""
    response = header["response"] if isinstance(header["response"], dict) else {}
    code = response.get("code")
    if not response.get("identifier"):
        yield CheckFault(
            f"{_HEADER}.response.identifier", "missing-field",
            "Kvittot anger id:t för meddelandet som det gäller.", "A receipt gives the id of the message that it is about.",
        )  # fmt: skip
    if code not in _CODES:
        yield CheckFault(
            f"{_HEADER}.response.code", "invalid-value",
            f"Ange en av koderna {', '.join(_CODES)}.", f"Give one of the codes {', '.join(_CODES)}.",
        )  # fmt: skip
    elif code != "ok" and names.RULE not in str(tree):
        yield CheckFault(
            f"{_HEADER}.response.details", "missing-field",
            f"Ett avslag anger sin regel i ett OperationOutcome, med systemet {names.RULE}.",
            f"A refusal names its rule in an OperationOutcome, with the system {names.RULE}.",
        )  # fmt: skip
