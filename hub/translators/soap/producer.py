"""The producer's side of the contracts, for simulators and examples: reads requests, writes answers and faults. Imports
``envelope``, zeep and lxml; `hub run` does not use it.
"""

from __future__ import annotations

from typing import Any, Final

from lxml import etree

from hub.translators.soap.envelope import (
    ALL,
    REGISTRY,
    SOAP,
    Contract,
    Unreadable,
    document,
    open_envelope,
    schema,
    to_bytes,
)

_BY_ROOT: Final = {f"{{{contract.namespace}}}{contract.name}": contract for contract in ALL}


def read_question(body: bytes) -> tuple[Contract, str | None, etree._Element]:
    """(contract, LogicalAddress, request). The namespace of the root decides the contract, not SOAPAction (§3).

    Raises ``Unreadable`` when the request is of no known contract, or not valid against its XSD.
    """
    question = open_envelope(body)
    contract = _BY_ROOT.get(question.tag)
    if contract is None:
        raise Unreadable("another-question")
    address = question.getroottree().getroot().findtext(f"{{{SOAP}}}Header/{{{REGISTRY}}}LogicalAddress")
    if not schema(contract).validate(etree.ElementTree(question)):
        raise Unreadable("not-valid")
    return contract, address, question


def answer(contract: Contract, **content: Any) -> bytes:
    """An answer of a contract, written by zeep from the WSDL. ``content``: the fields of the answer, as nested dicts."""
    element = document(contract).types.get_element(f"{{{contract.namespace}}}{contract.name}Response")
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    element.render(etree.SubElement(envelope, f"{{{SOAP}}}Body"), element(**content))
    return to_bytes(contract, envelope)


def fault(code: str, text: str, detail: str | None = None) -> bytes:
    """A SOAP 1.1 fault. ``code``: Client or Server; the platform begins ``text`` with a VP number."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    element = etree.SubElement(etree.SubElement(envelope, f"{{{SOAP}}}Body"), f"{{{SOAP}}}Fault")
    etree.SubElement(element, "faultcode").text = f"s:{code}"
    etree.SubElement(element, "faultstring").text = text
    if detail is not None:
        etree.SubElement(etree.SubElement(element, "detail"), "detailString").text = detail
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def platform_fault(vp_number: str) -> bytes:
    """A fault of the national platform, with the code that the platform gives it, Client or Server (§3)."""
    server = vp_number in {"VP006", "VP007", "VP008", "VP009", "VP010", "VP012", "VP014"}
    return fault("Server" if server else "Client", f"{vp_number} [SANDBOX] Fel i tjänsteplattformen.", "Simulated")
