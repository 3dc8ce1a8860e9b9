"""The headers of records and calls for contracts/asyncapi.yaml: CloudEvents' attributes on Kafka, Standard Webhooks' on HTTP.
Imports the language only.
"""

from __future__ import annotations

from typing import Any

from schemas.envelope import Envelope

SEQUENCE = (
    "The number of this act in the case, in decimal digits: 1, 2, 3 …, without leading zeros; compare it as a number, not as text."
    " It is not CloudEvents' documented extension of the same name, whose texts sort, and there is no sequencetype"
)
_EXTENSIONS = {
    "case": "The hub's case id",
    "sequence": SEQUENCE,
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
_BUNDLES = ["application/fhir+json", "application/fhir+xml"]


def _text(description: str, **more: str) -> dict[str, str]:
    return {"type": "string", "description": description, **more}


def _headers(more: dict[str, dict[str, str]], required: list[str]) -> dict[str, Any]:
    """CloudEvents in Kafka's binary mode: attributes as headers with ``ce_`` before them, but for ``datacontenttype``,
    which is the header ``content-type``.
    """
    content_type = {"enum": ["application/json", *_BUNDLES]}
    properties = {"content-type": content_type, **more}
    return {"type": "object", "required": ["content-type", *required], "properties": properties}


_CALL: dict[str, Any] = {
    "type": "object",
    "description": "Signed by the Standard Webhooks scheme: standardwebhooks.com has libraries for Python, Java and C#",
    "required": ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "content-type": {"enum": ["application/cloudevents+json", *_BUNDLES]},
        "webhook-id": _text(
            "The same at every attempt and every replay of one notice: by it a receiver knows what it has had"
        ),
        "webhook-timestamp": _text(
            "When this attempt was signed, in seconds since 1970; refuse what is more than five minutes off",
            pattern="^[0-9]{10,}$",
        ),
        "webhook-signature": _text(
            "v1, and the HMAC-SHA256 of <webhook-id>.<webhook-timestamp>.<the body's bytes> in base64; one for each secret of the"
            " directory, with blanks between them, so that a secret can be changed while both are known: one that is right is"
            " enough",
            pattern="^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)*$",
        ),
        "user-agent": {"const": "samverkan-hub"},
    },
}
_PUSH: dict[str, Any] = {
    "type": "object",
    "required": ["content-type", "accept", "authorization"],
    "properties": {
        "content-type": {"enum": _BUNDLES},
        "accept": {"enum": _BUNDLES},
        "authorization": _text("Bearer, and the token that the directory gives the system", pattern="^Bearer "),
        "user-agent": {"const": "samverkan-hub"},
    },
}
_BUNDLE: dict[str, Any] = {
    "type": "object",
    "required": ["resourceType", "type", "entry"],
    "properties": {
        "resourceType": {"const": "Bundle"},
        "type": {"const": "message"},
        "entry": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    },
}
_PARAMETERS: dict[str, Any] = {
    "type": "object",
    "required": ["resourceType", "parameter"],
    "properties": {"resourceType": {"const": "Parameters"}, "parameter": {"type": "array", "minItems": 4}},
}
_NOTIFICATION: dict[str, Any] = {
    "type": "object",
    "required": ["resourceType", "type", "timestamp", "entry"],
    "properties": {
        "resourceType": {"const": "Bundle"},
        "type": {"const": "history"},
        "entry": {
            "type": "array",
            "minItems": 1,
            "prefixItems": [{"type": "object", "properties": {"resource": _PARAMETERS}}],
            "items": {"type": "object", "required": ["fullUrl", "request", "response"]},
        },
    },
}


def schemas() -> dict[str, Any]:
    """Name in the document → JSON Schema."""
    attributes = {
        f"ce_{name}": _text(f"CloudEvents {name}") for name in Envelope.model_fields if name != "datacontenttype"
    }
    needed = [f"ce_{name}" for name, field in Envelope.model_fields.items() if field.is_required()]
    told = {f"ce_{name}": _text(description) for name, description in _EXTENSIONS.items()}
    told["ce_sequence"]["pattern"] = "^[1-9][0-9]*$"
    receipt = {key: attributes[key] for key in (*_ALWAYS, "ce_subject")}
    without_actor = [name for name in needed if name != "ce_actor"]  # the hub's own messages have none
    return {
        "act": _headers(attributes, needed),
        "bundle-act": {
            **_headers(attributes, []),
            "description": "The Bundle says it all; what the headers say besides, it says too",
        },
        "notice": _headers({**attributes, **told}, [*without_actor, "ce_case", "ce_sequence", "ce_to"]),
        "receipt": _headers(receipt, _ALWAYS),
        "announcement": _headers({name: attributes[name] for name in _ALWAYS}, _ALWAYS),
        "call": _CALL,
        "push": _PUSH,
        "notified": {
            "type": "object",
            "description": "And the headers that the Subscription names",
            "required": ["content-type"],
            "properties": {"content-type": {"enum": _BUNDLES}, "user-agent": {"const": "samverkan-hub"}},
        },
        "notification": _NOTIFICATION,
        "bundle": _BUNDLE,
    }
