"""The CapabilityStatement of the hub: one operation, the definitions that can be read, two formats, the events that are read and told.
Imports the names, the table's definitions and the elements' list.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hub.translators.fhir import names
from hub.translators.fhir.definitions import KINDS, OPERATION, OPERATION_URL, SINCE, message_url
from hub.translators.fhir.profile_elements import RESOURCES
from hub.translators.fhir.profiles import url_of

_ONLY_IN_MESSAGES: Final = "Only inside message Bundles: there is no interaction with it."


def capabilities(base: str) -> bytes:
    """The statement in JSON. ``base``: the address of this hub's ``/fhir``."""
    operation = {
        "name": OPERATION,
        "definition": OPERATION_URL,
        "documentation": (
            "One message Bundle, its MessageHeader.eventCoding of the system "
            f"{names.EVENT}: {', '.join(sorted(names.READS))}. "
            "The answer is a message Bundle with MessageHeader.response, or an OperationOutcome."
        ),
    }
    security = {
        "cors": False,
        "description": "Authorization: Bearer with the system's token, on $process-message; what is read of definitions needs none.",
    }
    readable = [{"type": kind, "interaction": [{"code": "read"}], "versioning": "no-version"} for kind in KINDS]
    carried = [
        {"type": kind, "supportedProfile": [url_of(kind)], "documentation": _ONLY_IN_MESSAGES} for kind in RESOURCES
    ]
    events = [{"mode": "receiver", "definition": message_url(name)} for name in sorted(names.READS)]
    events += [{"mode": "sender", "definition": message_url(name)} for name in sorted(names.WRITES)]
    transport = {"system": "http://terminology.hl7.org/CodeSystem/message-transport", "code": "http"}
    statement: dict[str, Any] = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "software": {"name": "Samverkan hub"},
        "implementation": {
            "description": "The message hub for Swedish discharge coordination (SVU) and individual plans (SIP).",
            "url": base,
        },
        "fhirVersion": "4.0.1",
        "format": [names.JSON, names.XML],
        "rest": [{"mode": "server", "security": security, "resource": [*readable, *carried], "operation": [operation]}],
        "messaging": [
            {
                "endpoint": [{"protocol": transport, "address": f"{base}/${OPERATION}"}],
                "documentation": "As receiver over HTTP and Kafka; as sender to each system over the way that the directory says.",
                "supportedMessage": events,
            }
        ],
    }
    return msgspec.json.encode(statement)
