"""The CapabilityStatement of the hub: one operation, two formats, the events that are read. Imports the names only."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hub.translators.fhir import names

_SINCE: Final = "2026-11-26"
"""The date of the statement; change it together with the content."""


def capabilities(base: str) -> bytes:
    """The statement in JSON. ``base``: the address of this hub's ``/fhir``."""
    operation = {
        "name": "process-message",
        "definition": "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
        "documentation": (
            "One message Bundle, its MessageHeader.eventCoding of the system "
            f"{names.EVENT}: {', '.join(sorted(names.READS))}. "
            "The answer is a message Bundle with MessageHeader.response, or an OperationOutcome."
        ),
    }
    security = {
        "cors": False,
        "description": "Authorization: Bearer with the system's token, on everything but this statement.",
    }
    statement: dict[str, Any] = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _SINCE,
        "kind": "instance",
        "software": {"name": "Samverkan hub"},
        "implementation": {
            "description": "The message hub for Swedish discharge coordination (SVU) and individual plans (SIP).",
            "url": base,
        },
        "fhirVersion": "4.0.1",
        "format": [names.JSON, names.XML],
        "rest": [{"mode": "server", "security": security, "operation": [operation]}],
    }
    return msgspec.json.encode(statement)
