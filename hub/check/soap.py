"""Judges SOAP: questions to the national registers, their answers and their faults, each by the XSD of its contract. Imports the
envelope and lxml.

The hub itself reads answers more tolerantly than this.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from hub.check.verdict import CheckFault, Verdict, unreadable
from hub.translators.soap.envelope import ALL, REGISTRY, SOAP, Contract, Unreadable, open_envelope, read_fault, schema

_BY_ROOT = {f"{{{one.namespace}}}{one.name}": (one, "soap-request") for one in ALL} | {
    f"{{{one.namespace}}}{one.name}Response": (one, "soap-answer") for one in ALL
}
_REASONS = {
    "too-large": ("Svaret är större än plattformens gräns.", "It is larger than the platform's limit."),
    "not-xml": ("Innehållet är inte giltig XML.", "The content is not valid XML."),
    "dtd-forbidden": ("Ta bort DTD:n: en DOCTYPE är inte tillåten.", "Remove the DTD: a DOCTYPE is not allowed."),
    "not-soap": (
        "Ange ett SOAP 1.1-kuvert med ett enda element i Body.",
        "Give a SOAP 1.1 envelope with one single element in its Body.",
    ),
    "empty-body": ("SOAP-kuvertets Body är tom.", "The Body of the SOAP envelope is empty."),
}
_EXPECTED = re.compile(r"Expected is (?:one of )?\( ([^)]*) \)")
_NAMESPACE = re.compile(r"\{[^{}]*\}")


def judge(body: bytes) -> Verdict:
    """The verdict on a SOAP envelope."""
    try:
        content = open_envelope(body)
    except Unreadable as error:
        sv, en = _REASONS[error.reason]
        if error.line is not None:
            sv, en = f"{sv} Felet är på rad {error.line}.", f"{en} The fault is in line {error.line}."
        return Verdict("unknown", faults=(CheckFault("/", error.reason, sv, en),))
    if content.tag == f"{{{SOAP}}}Fault":
        return Verdict("soap-fault", read_fault(content).code)
    if content.tag not in _BY_ROOT:
        listed = ", ".join(f"{one.name} {one.major}" for one in ALL)
        return unreadable(
            f"Frågan eller svaret är av inget kontrakt som hubben har: {listed}.",
            f"The question or the answer is of no contract that the hub has: {listed}.",
            rule="not-known",
            kind="unknown",
        )
    contract, kind = _BY_ROOT[content.tag]
    found = _faults(contract, content)
    address = content.getroottree().getroot().findtext(f"{{{SOAP}}}Header/{{{REGISTRY}}}LogicalAddress")
    if kind == "soap-request" and not (address or "").strip():
        found.append(
            CheckFault(
                "Envelope/Header/LogicalAddress",
                "missing-field",
                "Ange mottagaren i SOAP-huvudets LogicalAddress.",
                "Give the receiver in LogicalAddress of the SOAP header.",
            )
        )
    return Verdict(kind, contract.name, tuple(dict.fromkeys(found)))


def _faults(contract: Contract, content: etree._Element) -> list[CheckFault]:
    rules = schema(contract)
    alone = etree.fromstring(etree.tostring(content))  # so that the paths of the faults begin at the message
    if rules.validate(etree.ElementTree(alone)):
        return []
    log: Any = rules.error_log
    return [_finding(alone, entry) for entry in log]


def _finding(root: etree._Element, entry: Any) -> CheckFault:
    """A fault of the schema, without the value, which the library's sentence repeats."""
    expected = _EXPECTED.search(entry.message)
    names = _NAMESPACE.sub("", expected[1]) if expected else ""
    if "Missing child" in entry.message:
        sv, en = f"Ett element saknas: {names}.", f"An element is missing: {names}."
    elif expected is not None:
        sv = f"Elementet väntades inte här. Här väntas: {names}."
        en = f"The element is not expected here. Expected is: {names}."
    elif "not expected" in entry.message:
        sv, en = "Elementet väntades inte här.", "The element is not expected here."
    elif "attribute" in entry.message.casefold():
        sv, en = "Ett attribut saknas eller är okänt.", "An attribute is missing or unknown."
    else:
        sv, en = (
            "Värdet har fel typ eller form enligt kontraktets XSD.",
            "The value has the wrong type or form by the contract's XSD.",
        )
    return CheckFault(_path(root, entry.path), "not-valid", sv, en)


def _path(root: etree._Element, path: str | None) -> str:
    """The local names down to an element, without the file's own prefixes and the positions that the library gives."""
    prefixes = {prefix: space for node in root.iter() for prefix, space in node.nsmap.items() if prefix}
    found: Any = root.xpath(path, namespaces=prefixes) if path else [root]
    node: etree._Element | None = found[0] if found else root
    names: list[str] = []
    while node is not None:
        names.insert(0, etree.QName(node).localname)
        node = node.getparent()
    return "/".join(names)
