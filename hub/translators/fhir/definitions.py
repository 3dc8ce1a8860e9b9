"""What ``/fhir`` says of itself beside the CapabilityStatement, and ``contracts/fhir/definitions`` has: the StructureDefinitions, a
MessageDefinition of each message and the OperationDefinition of ``$process-message``. Imports the profiles and the table.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from hub.translators.fhir import names
from hub.translators.fhir.profiles import structure_definitions, url_of
from hub.translators.fhir.table import TABLE
from hub.translators.fhir.xml_writer import as_xml
from schemas.messages import MESSAGES

SINCE: Final = "2026-11-26"
"""The date of the definitions and of the CapabilityStatement; change it together with their content."""
OPERATION: Final = "process-message"
OPERATION_URL: Final = f"urn:samverkan:fhir:OperationDefinition:{OPERATION}"
KINDS: Final = ("StructureDefinition", "MessageDefinition", "OperationDefinition")


def message_url(name: str) -> str:
    """The canonical url of a message's definition."""
    return f"urn:samverkan:fhir:MessageDefinition:{name}"


@cache
def definitions() -> dict[tuple[str, str], bytes]:
    """(resource type, id) → the definition in JSON."""
    found: list[dict[str, Any]] = [*structure_definitions().values(), _operation()]
    found += [_message(name) for name in sorted(names.WRITES)]
    return {(one["resourceType"], one["id"]): msgspec.json.encode({**one, "date": SINCE}) for one in found}


def definition(kind: str, id_: str, media_type: str) -> bytes | None:
    """One of them, in JSON or XML; None where there is none of that id."""
    found = definitions().get((kind, id_))
    return as_xml(found) if found is not None and media_type == names.XML else found


def _message(name: str) -> dict[str, Any]:
    """The event, and the resource in focus, of which there is exactly one."""
    focus = str(TABLE[name].focus.__struct_config__.tag)
    return {
        "resourceType": "MessageDefinition",
        "id": id_of(name),
        "url": message_url(name),
        "name": name.replace(".", "_"),
        "title": (MESSAGES[name].__doc__ or name).strip().splitlines()[0],
        "status": "active",
        "eventCoding": {"system": names.EVENT, "code": name},
        "category": "consequence",
        "focus": [{"code": focus, "profile": url_of(focus), "min": 1, "max": "1"}],
        "responseRequired": "always" if name in names.READS else "never",
    }


def id_of(name: str) -> str:
    """The id of a message's definition: FHIR's ids have no underscore."""
    return name.replace("_", "-")


def _operation() -> dict[str, Any]:
    bundle = {"min": 1, "max": "1", "type": "Bundle", "targetProfile": [url_of("Bundle")]}
    return {
        "resourceType": "OperationDefinition",
        "id": OPERATION,
        "url": OPERATION_URL,
        "name": "ProcessMessage",
        "status": "active",
        "kind": "operation",
        "affectsState": True,
        "code": OPERATION,
        "base": "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
        "system": True,
        "type": False,
        "instance": False,
        "description": (
            "One message; the answer is a message with MessageHeader.response, or an OperationOutcome where the message's id could not "
            "be read. It is always answered in the same call: async and response-url are not taken."
        ),
        "parameter": [
            {"name": "content", "use": "in", **bundle, "documentation": "The body of the request."},
            {"name": "return", "use": "out", **bundle, "documentation": "The body of the answer."},
        ],
    }
