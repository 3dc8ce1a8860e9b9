"""SOAP 1.1 envelopes for the national registers: contracts, hardened parsing, faults (law-and-lookups.md §3). Imports zeep, lxml, the
contracts' folder and the errors only.

The only I/O is reading the hub's own WSDL and XSD files, once.
"""

from __future__ import annotations

import codecs
import logging
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from lxml import etree
from zeep.settings import Settings
from zeep.transports import Transport
from zeep.wsdl import Document

from hub.contract_files import FOLDER, contract_file
from hub.errors import Misconfigured

# Zeep logs values that it cannot convert (D-10). The schemas let none through; this is for the day when they do.
logging.getLogger("zeep").propagate = False
logging.getLogger("zeep").addHandler(logging.NullHandler())

CONTRACTS: Final = FOLDER / "soap"

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
REGISTRY: Final = "urn:riv:itintegration:registry:1"
MAX_BYTES: Final = 15_728_640
"""The national platform's limit, in bytes; a longer answer is refused."""
RETRYABLE: Final = frozenset({"VP008", "VP009"})
PARKED: Final = frozenset(f"VP{n:03}" for n in range(1, 16)) - RETRYABLE


@dataclass(frozen=True, slots=True)
class Contract:
    """A RIV-TA service contract, profile 2.1, with the hub's own WSDL and XSD of it."""

    name: str
    major: int
    domain: str
    folder: str
    core: tuple[str, ...] = ()
    """Namespaces of the types in the message."""

    @property
    def namespace(self) -> str:
        return f"urn:riv:{self.domain}:{self.name}Responder:{self.major}"

    @property
    def soap_action(self) -> str:
        return f"{self.namespace}:{self.name}"

    def file(self, kind: str) -> str:
        """The path of the contract's ``wsdl`` or ``xsd``. Raises ``Misconfigured`` without it."""
        return str(contract_file(f"soap/{self.folder}/{self.name}_{self.major}.{kind}"))


_CARELISTING = "supportprocess:logistics:carelisting"
_PERSON = "strategicresourcemanagement:persons:person"
_ORGANIZATION = "infrastructure:directory:organization"
_EMPLOYEE = "infrastructure:directory:employee"
_LISTING_CORE = (f"urn:riv:{_CARELISTING}:2", f"urn:riv:{_CARELISTING}:2.1")
GET_LISTING: Final = Contract("GetListing", 2, _CARELISTING, "carelisting", _LISTING_CORE)
GET_LISTING_COUNTY: Final = Contract("GetListingCounty", 2, _CARELISTING, "carelisting", _LISTING_CORE)
GET_PERSONS: Final = Contract("GetPersonsForProfile", 5, _PERSON, "person", (f"urn:riv:{_PERSON}:5",))
GET_UNIT: Final = Contract("GetUnit", 5, _ORGANIZATION, "organization", (f"urn:riv:{_ORGANIZATION}:5",))
GET_HEALTH_CARE_UNIT: Final = Contract(
    "GetHealthCareUnit", 2, _ORGANIZATION, "organization", (f"urn:riv:{_ORGANIZATION}:2",)
)
GET_EMPLOYEE: Final = Contract(
    "GetEmployeeIncludingProtectedPerson", 4, _EMPLOYEE, "employee", (f"urn:riv:{_EMPLOYEE}:4",)
)
ALL: Final = (GET_LISTING, GET_LISTING_COUNTY, GET_PERSONS, GET_UNIT, GET_HEALTH_CARE_UNIT, GET_EMPLOYEE)


@dataclass(frozen=True, slots=True)
class SoapRequest:
    """A question ready to be sent. ``soap_action`` is without the quotes that the HTTP header needs."""

    soap_action: str
    body: bytes


class SoapFault(Exception):  # noqa: N818 - the word of SOAP
    """The platform or the producer answered with a fault. Its text is not kept: it may quote a person (D-10)."""

    def __init__(self, vp_number: str | None, client: bool) -> None:
        self.vp_number = vp_number
        self.client = client
        super().__init__(self.code)

    @property
    def code(self) -> str:
        """``VP009``, ``client-fault`` or ``server-fault``: for logs and reasons."""
        return self.vp_number or ("client-fault" if self.client else "server-fault")

    @property
    def retryable(self) -> bool:
        """By the number, where the table has it (VP007 is not retried although it is a Server fault); else True for Server faults."""
        if self.vp_number in RETRYABLE:
            return True
        if self.vp_number in PARKED:
            return False
        return not self.client


class Unreadable(Exception):  # noqa: N818
    """The bytes are not an answer to the question: not XML, hostile XML, another message, not valid.

    ``reason``: a code; ``element``: the name of the element at fault, where it is known; never its content.
    """

    def __init__(self, reason: str, line: int | None = None, element: str | None = None) -> None:
        self.code = reason if element is None else f"{reason}-{element}"
        """For logs and reasons."""
        super().__init__(self.code if line is None else f"{self.code} at line {line}")
        self.reason = reason
        self.line = line


class _LocalFiles(Transport):
    """Lets zeep read the hub's own contract files only, whatever they import."""

    def load(self, url: str) -> bytes:
        path = Path(url).resolve()
        if not path.is_relative_to(CONTRACTS.resolve()):
            raise Misconfigured(f"A WSDL may only import files under {CONTRACTS}")
        return path.read_bytes()


def are_there() -> None:
    """Raise ``Misconfigured`` when a contract's files are missing: every look-up would fail, unnoticed."""
    for contract in ALL:
        for kind in ("wsdl", "xsd"):
            contract.file(kind)


@cache
def document(contract: Contract) -> Any:
    """The zeep document of a contract. Raises ``Misconfigured`` when the files are missing."""
    local_files: Any = _LocalFiles
    return Document(contract.file("wsdl"), local_files(), settings=Settings(forbid_dtd=True, forbid_external=True))


@cache
def schema(contract: Contract) -> etree.XMLSchema:
    """The XSD that both the question and the answer of a contract must follow."""
    return etree.XMLSchema(etree.parse(contract.file("xsd"), _parser()))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )


def build(contract: Contract, logical_address: str, **content: Any) -> SoapRequest:
    """The request of a contract to one producer, written by zeep from the WSDL. Raises ``NotOurs``."""
    binding = next(iter(document(contract).bindings.values()))
    message = binding.get(contract.name).create(_soapheaders={"LogicalAddress": logical_address}, **content)
    return SoapRequest(contract.soap_action, to_bytes(contract, message.content))


class NotOurs(Exception):  # noqa: N818
    """The request does not follow the contract's XSD, so it is not sent."""


def to_bytes(contract: Contract, envelope: Any) -> bytes:
    """The envelope as UTF-8, with every namespace declared once.

    Raises ``NotOurs`` when it does not follow the schema: the hub reads tolerantly and writes strictly.
    """
    (content,) = envelope.find(f"{{{SOAP}}}Body")
    if not schema(contract).validate(etree.ElementTree(content)):
        raise NotOurs(contract.name)
    prefixes = {"s": SOAP, "m": contract.namespace, "r": REGISTRY} | {f"c{n}": ns for n, ns in enumerate(contract.core)}
    etree.cleanup_namespaces(envelope, top_nsmap=prefixes)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


_DECLARATION = re.compile(rb"^\s*<\?xml\s[^>]{0,200}?\?>")
_DECLARED = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHARSETS: Final = frozenset(
    {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso8859-1", "iso8859-15", "cp1252", "ascii"}
)
"""The encodings that producers in Sweden may use, by Python's names."""
_VP_NUMBER = re.compile(r"(?:^|:)[^\w:]{0,8}(VP[0-9]{3})(?![0-9])")
"""A VP number at the beginning of a fault's text or after a colon; tried from few places, so that the time is linear."""
_NO_CHARACTER = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#0*(?:[0-8]|1[124-9]|2[0-9]|3[01]);|&#x0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]);"
)
"""Control characters that XML does not allow, as bytes of UTF-8 or as references."""


def in_utf8(body: bytes, charset: str | None) -> bytes:
    """Convert an answer to XML in UTF-8, by its byte order mark, the charset of its Content-Type and its XML declaration.

    A byte order mark decides first. Header and declaration contradict each other at some producers: valid UTF-8 is taken as such
    when one of the two says so; otherwise the header decides, then the declaration.
    """
    named = _codec(charset)
    if named is None or body.startswith(_MARKS):
        return body
    declaration = _DECLARATION.match(body)
    said = None if declaration is None else _DECLARED.search(declaration[0])
    declared = "utf-8" if said is None else _codec(said[1].decode())
    if "utf-8" in {named, declared} and _decodes(body, "utf-8"):
        return _without(declaration, body)
    if not _decodes(body, named):
        return body
    return _without(_DECLARATION.match(recoded := body.decode(named).encode()), recoded)


def _codec(name: str | None) -> str | None:
    try:
        found = codecs.lookup(name or "").name
    except (LookupError, ValueError):
        return None
    return found if found in _CHARSETS else None


def _decodes(body: bytes, codec: str) -> bool:
    try:
        body.decode(codec)
    except ValueError:
        return False
    return True


def _without(declaration: re.Match[bytes] | None, body: bytes) -> bytes:
    """The body without its XML declaration, to be read as UTF-8."""
    return body if declaration is None else body[declaration.end() :]


def _parsed(body: bytes) -> etree._Element:
    """The root element; when parsing fails, it is repeated without the characters that XML does not allow."""
    try:
        return etree.fromstring(body, _parser())
    except etree.XMLSyntaxError:
        cleaned = _NO_CHARACTER.sub(b"", body)
        if cleaned == body or body.startswith(_MARKS[1:]):
            raise
        return etree.fromstring(cleaned, _parser())


def open_envelope(body: bytes) -> etree._Element:
    """The only element of the SOAP body, from bytes that may be hostile. Raises ``Unreadable`` only."""
    if len(body) > MAX_BYTES:
        raise Unreadable("too-large")
    try:
        root = _parsed(body)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("not-xml", getattr(error, "lineno", None)) from None
    document_info: Any = root.getroottree().docinfo
    if document_info.internalDTD is not None or document_info.doctype:
        raise Unreadable("dtd-forbidden")
    if root.tag != f"{{{SOAP}}}Envelope":
        raise Unreadable("not-soap")
    inside = [child for part in root.iterchildren(f"{{{SOAP}}}Body") for child in part.iterchildren("*")]
    if not inside:
        raise Unreadable("empty-body")
    if len(inside) > 1:  # it is unknown which of them is the answer
        raise Unreadable("not-soap")
    return inside[0]


def read_fault(fault: etree._Element) -> SoapFault:
    """A SOAP 1.1 fault, classified by the number at the beginning of its text, or else by its code."""
    parts = {etree.QName(child).localname: (child.text or "").strip() for child in fault.iterchildren("*")}
    number = _VP_NUMBER.search(parts.get("faultstring", ""))
    code = parts.get("faultcode", "").rpartition(":")[2].casefold()
    # MustUnderstand and VersionMismatch concern the request, so they count as Client. SOAP 1.2 says Receiver for Server.
    return SoapFault(number[1] if number else None, bool(code) and not code.startswith(("server", "receiver")))
