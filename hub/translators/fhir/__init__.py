"""Reads and writes FHIR R4 message Bundles, without clock and I/O. Imports the language, the errors, msgspec, lxml and
fhir.resources.

One module reads and writes each group of resources; ``table`` lists the messages, ``names`` the hub's URIs, ``paths`` the place of
each field. See fhir.md and ``contracts/fhir/``.
"""

from hub.translators.fhir.announcement import write_announcement
from hub.translators.fhir.answer import ReceiverAnswer, read_answer
from hub.translators.fhir.capabilities import capabilities
from hub.translators.fhir.definitions import KINDS, definition
from hub.translators.fhir.names import JSON, READS, WRITES, XML
from hub.translators.fhir.reader import MAX_BYTES, Glimpse, glimpse, is_lean, read
from hub.translators.fhir.response import write_response
from hub.translators.fhir.writer import write_notice, write_request
from hub.translators.fhir.xml_writer import as_xml, load_elements

__all__ = [
    "JSON",
    "KINDS",
    "MAX_BYTES",
    "READS",
    "WRITES",
    "XML",
    "Glimpse",
    "ReceiverAnswer",
    "as_xml",
    "capabilities",
    "definition",
    "glimpse",
    "is_lean",
    "load_elements",
    "read",
    "read_answer",
    "write_announcement",
    "write_notice",
    "write_request",
    "write_response",
]
