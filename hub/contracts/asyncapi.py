"""The Kafka topics as an AsyncAPI 3.0 document: contracts/asyncapi.yaml. Imports the language only.

What it says of topics and keys is delivery.md §2 and §3; the bodies are the JSON Schemas beside it.
"""

from __future__ import annotations

from typing import Any

import yaml

from schemas.envelope import Envelope
from schemas.messages import ANNOUNCEMENT_TYPE, FROM_THE_HUB, MESSAGES, RECEIPT_TYPE, Announcement, type_of
from schemas.version import CONTRACT_VERSION

_FHIR = "application/fhir+json"
_SYSTEM = {"system": {"description": "The connected system's id in the directory, e.g. lund-omsorg"}}
_EXTENSIONS = {
    "case": "The hub's case id",
    "sequence": "The number of this act in the case: 1, 2, 3 …, without leading zeros: compare it as a number, not as text. It is"
    " not CloudEvents' documented extension of the same name",
    "to": "JSON: the receiving units",
    "awaits": "JSON: unit → kvittens · svar · justering · godkannande",
    "state": "JSON: step → unit → role → colour (C-30)",
    "may": "JSON: unit → the messages that it may send now",
    "names": "JSON: HSA-id → name of the staff in the message, where HSA has said it (C-60)",
    "prints": "JSON: what the unit owes on paper, each <document>[/<meeting or version>]/<personen or utomstaende-n>; absent when"
    " nothing",
    "remind": "JSON: codes of which the units are reminded, as kva:AU124; absent when there is none",
    "skipped": "JSON: sequence numbers of acts that this system was not told",
    "replay": "true when operations sent it once more (D-7)",
}


_ALWAYS = ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"]


def _first_line(model: type[Any]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _text(description: str) -> dict[str, str]:
    return {"type": "string", "description": description}


def _headers(more: dict[str, dict[str, str]], required: list[str]) -> dict[str, Any]:
    """CloudEvents in Kafka's binary mode: attributes as headers with ``ce_`` before them, but for ``datacontenttype``,
    which is the header ``content-type``.
    """
    properties = {"content-type": {"enum": ["application/json", _FHIR, "application/fhir+xml"]}}
    return {"type": "object", "required": required, "properties": {**properties, **more}}


def _bundle(name: str, title: str, summary: str, headers: str | None) -> dict[str, Any]:
    """The same facts as a FHIR message Bundle, for a system whose format is fhir; examples lie in contracts/fhir."""
    told = {} if headers is None else {"headers": {"$ref": f"#/components/schemas/{headers}"}}
    payload = {"$ref": "#/components/schemas/bundle"}
    return {"name": name, "title": title, "summary": summary, "contentType": _FHIR, **told, "payload": payload}


def _message(name: str, model: type[Any], headers: str) -> dict[str, Any]:
    return {
        "name": type_of(name),
        "title": name,
        "summary": _first_line(model),
        "contentType": "application/json",
        "headers": {"$ref": f"#/components/schemas/{headers}"},
        "payload": {"$ref": f"schemas/{name}.json"},
    }


def document() -> bytes:
    """contracts/asyncapi.yaml."""
    attributes = {
        f"ce_{name}": _text(f"CloudEvents {name}") for name in Envelope.model_fields if name != "datacontenttype"
    }
    needed = [f"ce_{name}" for name, field in Envelope.model_fields.items() if field.is_required()]
    told = {f"ce_{name}": _text(description) for name, description in _EXTENSIONS.items()}
    told["ce_sequence"]["pattern"] = "^[1-9][0-9]*$"
    receipt = {
        key: attributes[key] for key in ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time")
    }
    inward = {name: model for name, model in MESSAGES.items() if name not in FROM_THE_HUB}
    messages = {f"{name}.act": _message(name, model, "act") for name, model in inward.items()}
    messages |= {f"{name}.notice": _message(name, model, "notice") for name, model in MESSAGES.items()}
    messages["receipt"] = {
        "name": RECEIPT_TYPE,
        "title": "receipt",
        "summary": "The technical answer to one message, to its sender alone.",
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/receipt"},
        "payload": {"$ref": "schemas/receipt.json"},
    }
    messages["announcement"] = {
        "name": ANNOUNCEMENT_TYPE,
        "title": "announcement",
        "summary": _first_line(Announcement).removeprefix("``announcement``: "),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/announcement"},
        "payload": {"$ref": "schemas/announcement.json"},
    }
    messages["fhir.act"] = _bundle(
        "fhir.act", "act as FHIR", "Any act as a message Bundle, in JSON; XML with its own content-type.", None
    )
    messages["fhir.notice"] = _bundle(
        "fhir.notice",
        "notice as FHIR",
        "Any notice as a message Bundle, in JSON; XML with its own content-type.",
        "notice",
    )
    messages["fhir.receipt"] = _bundle(
        "fhir.receipt", "receipt as FHIR", "A receipt as a message Bundle with MessageHeader.response.", "receipt"
    )
    key = {
        "bindings": {"kafka": {"key": {"type": "string", "description": "The case; never anything about the person"}}}
    }
    content = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Samverkan hub",
            "version": CONTRACT_VERSION,
            "description": "Discharge coordination by messages. Generated by `hub contracts`; do not edit.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "in": {
                "address": "hub.in.{system}",
                "description": "One business act by one unit. Each system may write to its own topic alone (D-1, D-2).",
                "parameters": _SYSTEM,
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in messages if name.endswith(".act")
                },
            },
            "out": {
                "address": "hub.out.{system}",
                "description": "Notices in the order of each case (D-3), the receipts of what the system sent, announcements.",
                "parameters": _SYSTEM,
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in messages if not name.endswith(".act")
                },
            },
        },
        "operations": {
            "act": {"action": "receive", "channel": {"$ref": "#/channels/in"}},
            "tell": {"action": "send", "channel": {"$ref": "#/channels/out"}},
        },
        "components": {
            "messages": {name: {**message, **key} for name, message in messages.items()},
            "schemas": {
                "act": _headers(attributes, needed),
                "notice": _headers({**attributes, **told}, [*needed[:-1], "ce_case", "ce_sequence", "ce_to"]),
                "receipt": _headers(receipt, _ALWAYS),
                "announcement": _headers({name: attributes[name] for name in _ALWAYS}, _ALWAYS),
                "bundle": {
                    "type": "object",
                    "required": ["resourceType", "type", "entry"],
                    "properties": {
                        "resourceType": {"const": "Bundle"},
                        "type": {"const": "message"},
                        "entry": {"type": "array", "minItems": 1, "items": {"type": "object"}},
                    },
                },
            },
        },
    }
    head = "# Generated by `hub contracts`; do not edit.\n"
    return (head + yaml.dump(content, Dumper=_NoAnchors, sort_keys=False, allow_unicode=True, width=118)).encode()


class _NoAnchors(yaml.SafeDumper):
    """No anchors: a reader of AsyncAPI need not know YAML's."""

    def ignore_aliases(self, data: Any) -> bool:
        _ = data
        return True
