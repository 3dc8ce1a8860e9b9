"""JSON Schemas of everything native on the wire, from the models. Imports the language and the scenario format.

What a schema cannot say (check digits, real dates of birth, the rules) the hub says; the descriptions name it.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from hub.contracts import asyncapi_headers
from hub.scenarios import Scenario
from schemas.envelope import ATTRIBUTE_NAME, SET_BY_THE_HUB, Envelope
from schemas.messages import (
    ANNOUNCEMENT_TYPE,
    FROM_THE_HUB,
    HUB_SOURCE,
    MESSAGES,
    RECEIPT_TYPE,
    Announcement,
    NoticeExtensions,
    Receipt,
    type_of,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def messages() -> dict[str, bytes]:
    """File name without ``.json`` → schema: every message's body; the envelope of what comes in; and of what is sent, the
    notice's attributes, the receipt, its event and a problem over HTTP, the announcement and its event.
    """
    found = {name: _schema(name, model) for name, model in MESSAGES.items()}
    found |= {
        "envelope": _envelope(),
        "receipt": _receipt(),
        "receipt-event": _receipt_event(),
        "announcement": _schema("announcement", Announcement),
        "announcement-event": _announcement_event(),
        "problem": _problem(),
        "notice": _notice(),
    }
    return {name: dumped(schema) for name, schema in found.items()}


def _envelope() -> dict[str, Any]:
    """What comes in. Any attribute of CloudEvents may stand there besides, and a null one counts as absent."""
    schema = _schema("envelope", Envelope)
    properties = schema["properties"]
    properties["type"] = {"enum": sorted(type_of(name) for name in MESSAGES if name not in FROM_THE_HUB)}
    # In structured mode the body stands beside the attributes; each type's own schema says what it holds.
    properties["data"] = {
        "type": ["object", "string", "null"],
        "description": "The body; a text only for application/fhir+xml",
    }
    properties["data_base64"] = {"type": ["string", "null"], "contentEncoding": "base64"}
    properties |= {name: {"type": "null", "description": "Set by the hub alone"} for name in sorted(SET_BY_THE_HUB)}
    body = {
        name: {"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in ("data", "data_base64")
    }
    return {
        **schema,
        "oneOf": list(body.values()),
        "patternProperties": {f"^{ATTRIBUTE_NAME.pattern}$": True},
        "additionalProperties": False,
    }


_PROBLEM = {
    "type": {
        "type": "string",
        "format": "uri-reference",
        "pattern": "^/errors/[A-Za-z][A-Za-z0-9._-]*$",
        "description": "Where the error is explained, from the root of the hub: GET it (contracts/errors.md)",
    },
    "title": {"type": "string", "description": "What the rule says (rules.md)"},
    "detail": {"type": "string", "description": "What is wrong here and what to do; as in text/en"},
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
}
"""What RFC 9457 adds where a receipt is the answer to a refusal over HTTP (application/problem+json)."""


def _receipt() -> dict[str, Any]:
    schema = _schema("receipt", Receipt)
    schema["properties"] |= _PROBLEM
    return schema


def _problem() -> dict[str, Any]:
    """A refusal over HTTP: of a message (then it is its receipt too), or of a call that brought none."""
    schema = _receipt()
    schema |= {"$id": "urn:samverkan:schema:problem:v1", "title": "Problem"}
    schema["required"] = ["type", "title", "status", "detail", "rule", "text"]
    return schema


def _json_in_text(value: dict[str, Any]) -> dict[str, Any]:
    """CloudEvents' attributes are plain values: decode the text as JSON, and ``contentSchema`` says what it holds."""
    return {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {key: part for key, part in value.items() if key != "default"},
    }


_AS_TEXT = ("to", "awaits", "state", "may", "names", "prints", "remind", "skipped")
"""The extensions of a notice that are lists or objects."""


def _notice() -> dict[str, Any]:
    """The attributes of a notice as they stand on the wire, with its body beside them in structured mode."""
    told = _schema("notice", NoticeExtensions)
    envelope = _schema("envelope", Envelope)
    extensions = told["properties"]
    own = {name: {**extensions[name], "type": "string"} for name in ("case",)}
    own["sequence"] = {
        "type": "string",
        "pattern": "^[1-9][0-9]*$",
        "description": asyncapi_headers.SEQUENCE,
    }
    own["replay"] = {"const": "true", "description": "Operations sent it once more (D-7)"}
    own |= {name: _json_in_text(extensions[name]) for name in _AS_TEXT}
    plain = {name: envelope["properties"][name] for name in ("specversion", "id", "time", "actor", "actorrole")}
    attributes = {
        **plain,
        "source": {"type": "string", "pattern": f"^({HUB_SOURCE}$|urn:hsa:)"},
        "type": {"enum": sorted(type_of(name) for name in MESSAGES)},
        "subject": {"type": "string", "description": "The hub's case id"},
        "datacontenttype": {"enum": ["application/json", "application/fhir+json", "application/fhir+xml"]},
        "data": {
            "type": ["object", "string"],
            "description": "Structured mode: by the schema of the type's name, or a FHIR Bundle, of which XML is a text",
        },
    }
    return {**told, "properties": attributes | own, "required": ["case", "sequence", "to"]}


def _receipt_event() -> dict[str, Any]:
    """A receipt as an event of its own: on Kafka its attributes are headers, to a webhook it is structured."""
    text = {"type": "string"}
    return {
        "$schema": DIALECT,
        "$id": "urn:samverkan:schema:receipt-event:v1",
        "title": "ReceiptEvent",
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time"],
        "additionalProperties": False,
        "properties": {
            "specversion": {"const": "1.0"},
            "id": text,
            "source": {"const": HUB_SOURCE},
            "type": {"const": RECEIPT_TYPE},
            "time": {"type": "string", "format": "date-time"},
            "subject": {"type": "string", "description": "The hub's case id, where there is one"},
            "datacontenttype": {"enum": ["application/json", "application/fhir+json", "application/fhir+xml"]},
            "data": {"type": ["object", "string"], "description": "By receipt.json, or a FHIR Bundle; XML is a text"},
        },
    }


def _announcement_event() -> dict[str, Any]:
    """An announcement as an event of its own, as a receipt is; the same id to every system."""
    event = _receipt_event()
    properties = event["properties"] | {
        "type": {"const": ANNOUNCEMENT_TYPE},
        "data": {"type": ["object", "string"], "description": "By announcement.json, or a FHIR Bundle; XML is a text"},
    }
    del properties["subject"]
    name = {"$id": "urn:samverkan:schema:announcement-event:v1", "title": "AnnouncementEvent"}
    return {**event, **name, "properties": properties}


def scenario() -> bytes:
    """The schema of the scenario format (messages.md §6), for editors and for vendors' own runners."""
    return dumped(_schema("scenario", Scenario))


def _schema(name: str, model: type[BaseModel]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": f"urn:samverkan:schema:{name}:v1", **model.model_json_schema(by_alias=True)}


def dumped(content: object) -> bytes:
    """Stable: keys sorted, two blanks, å as å."""
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"
