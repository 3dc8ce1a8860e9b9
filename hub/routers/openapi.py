"""What ``/openapi.json`` says beyond what FastAPI sees by itself: the statuses and content types of the answers, which each
route takes from here, and the bodies by the schemas of ``contracts/schemas``. Imports the translators and the language.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from fastapi import FastAPI

from hub.routers import content_types, documented, examples, http
from hub.translators import fhir, native
from schemas.messages import FROM_THE_HUB, MESSAGES, type_of

_REF: Final = "#/components/schemas/"
_SAYS: Final[dict[int, str]] = {
    200: "As asked.",
    202: "Received and kept, but it waits (D-4): a final receipt follows, on the system's way out.",
    400: "It cannot be read.",
    401: "No token, or one that is not known.",
    403: "Not for this system, unit, person or role.",
    404: "There is no such case, or nothing that may be shown.",
    201: "It is made, and its handshake is on its way.",
    406: "There is no answer in the format that Accept or _format asks for.",
    408: "The request did not come whole in time.",
    409: "Refused by a rule of the process, which is named.",
    410: "It was given up, or its content has been removed by the region's rule.",
    413: "Too large.",
    415: "The content type or the packing is not read.",
    422: "It is FHIR, and asks for what there is not.",
    429: "Too much at a time: ask again later.",
    500: "Something went wrong in the hub, and it is logged.",
    503: "Nothing was taken in: send again.",
}


def _fhir(*kinds: str, **more: Any) -> dict[str, Any]:
    """A resource of one of these types, in both encodings; ``more``: what its JSON has besides."""
    described = "FHIR R4: see contracts/fhir, with its StructureDefinitions in definitions/."
    properties = {"resourceType": {"enum": list(kinds)}, **more}
    in_json = {"type": "object", "required": sorted(properties), "properties": properties, "description": described}
    json_type, xml_type = content_types.BUNDLES
    return {json_type: {"schema": in_json}, xml_type: {"schema": {"type": "string", "description": described}}}


_BUNDLE: Final = _fhir("Bundle", type={"const": "message"}, entry={"type": "array", "minItems": 1})
_ANSWERED: Final = _fhir("Bundle", "OperationOutcome")
_OUTCOME: Final = _fhir("OperationOutcome")
_READING: Final = (400, 401, 403, 404, 409, 410, 500, 503)
_SENDING: Final = (*_READING, 408, 413, 415)

Said = dict[int | str, dict[str, Any]]
"""Status → what FastAPI writes of it in the document (a route's ``responses``)."""


def _said(codes: Iterable[int], content: dict[str, Any]) -> Said:
    return {code: {"description": _SAYS[code], "content": content} for code in codes}


_PROBLEM: Final = {http.PROBLEM: {"schema": {"$ref": f"{_REF}problem"}}}
_RECEIPT: Final = {"$ref": f"{_REF}receipt"}
READING: Final[Said] = {200: {"description": _SAYS[200]}, **_said(_READING, _PROBLEM)}
"""The answers of a view."""
READING_A_BODY: Final[Said] = _said(set(_SENDING).difference(_READING), _PROBLEM)
"""The answers of a view whose question is a body, beside those of every view."""
OF_THE_INBOX: Final[Said] = _said((429,), _PROBLEM)
"""The answers of the pull inbox, beside those of every view."""
OF_THE_CATALOGUE: Final[Said] = _said((400, 404, 500, 503), _PROBLEM)
"""The answers of the error catalogue, which needs no token."""
OF_A_SYSTEM: Final[Said] = _said((429,), _PROBLEM)
"""The answers to what a system asks of itself, beside those of every view."""
OUTCOMES: Final = _said((200, 202, 406, *_SENDING), _ANSWERED)
"""The answers of ``$process-message``."""
STATEMENT: Final = _said((200,), _fhir("CapabilityStatement")) | _said((400, 406, 500, 503), _OUTCOME)
"""The answers of ``/fhir/metadata``."""


def definition(kind: str) -> Said:
    """The answers of ``/fhir/StructureDefinition/{id}`` and its like."""
    return _said((200,), _fhir(kind)) | _said((400, 404, 406, 500, 503), _OUTCOME)


_ASKING: Final = (400, 401, 403, 404, 406, 500, 503)
SUBSCRIPTION: Final = _said((200,), _fhir("Subscription")) | _said(_ASKING, _OUTCOME)
"""The answers with one Subscription."""
SUBSCRIBING_AGAIN: Final = _said((408, 409, 413, 415, 422), _OUTCOME)
"""The answers of changing one, beside those with it."""
SUBSCRIBING: Final = (
    _said((201,), _fhir("Subscription")) | _said(set(_ASKING).difference({404}), _OUTCOME) | SUBSCRIBING_AGAIN
)
"""The answers of making one."""
DELETED: Final[Said] = {204: {"description": "It is gone."}, **_said(set(_ASKING).difference({406}), _OUTCOME)}
"""The answers of deleting one."""
FOUND: Final = _said((200,), _fhir("Bundle")) | _said((*_ASKING, 408, 410, 413, 415), _OUTCOME)
"""The answers with a Bundle about Subscriptions, or a notice's own."""
SUBSCRIPTION_BODIES: Final = {"requestBody": {"required": True, "content": _fhir("Subscription")}}
"""What a Subscription is made of."""


RECEIPTS: Final[Said] = {
    200: {
        "description": _SAYS[200],
        "content": {
            native.JSON: {
                "schema": {"oneOf": [_RECEIPT, {"type": "array", "items": _RECEIPT}]},
                "example": examples.ACCEPTED,
            }
        },
    },
    202: {
        "description": _SAYS[202],
        "content": {native.JSON: {"schema": _RECEIPT, "example": examples.HELD}},
    },
    **_said(_SENDING, _PROBLEM),
}
"""The answers of ``POST /messages``."""
BUNDLE_BODIES: Final = {"requestBody": {"required": True, "content": _BUNDLE}}
"""What ``$process-message`` takes."""


_TYPES: Final = {type_of(name): name for name in MESSAGES if name not in FROM_THE_HUB}
"""CloudEvents type → the name of its body, of every message that a system may send."""


def _message_bodies() -> dict[str, Any]:
    event = {"$ref": f"{_REF}event"}
    bodies = [{"$ref": f"{_REF}{name}"} for name in sorted(set(_TYPES.values()))]
    several = {"type": "array", "items": event, "maxItems": 500}
    binary = {"anyOf": bodies, "description": "Binary mode: the data, with its attributes as headers."}
    return {
        native.STRUCTURED: {"schema": event, "example": examples.EVENT},
        native.BATCH: {"schema": several, "example": [examples.EVENT]},
        native.JSON: {"schema": binary, "example": examples.DATA},
        **_BUNDLE,
    }


MESSAGE_BODIES: Final = {"requestBody": {"required": True, "content": _message_bodies()}}
"""What ``POST /messages`` takes."""


def install(api: FastAPI) -> None:
    """Lets the document be completed when it is first asked for."""
    made = api.openapi

    def documented() -> dict[str, Any]:
        if api.openapi_schema is None:
            from hub.contracts import schemas  # only here: the contracts' generator is no part of the running hub

            contracts = {name: json.loads(body) for name, body in schemas.messages().items()}
            api.openapi_schema = complete(made(), contracts)
        return api.openapi_schema

    api.openapi = documented  # type: ignore[method-assign] # as the framework's manual says


def complete(document: dict[str, Any], contracts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The document, completed in place. ``contracts``: name → JSON schema, as ``contracts/schemas`` has them."""
    components = document.setdefault("components", {})
    schemas = {name: made for name, made in components.get("schemas", {}).items() if "ValidationError" not in name}
    components["schemas"] = schemas | _components(contracts) | {"event": _event()}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if "ValidationError" in json.dumps(operation["responses"].get("422")):
                del operation["responses"]["422"]  # FastAPI's own answer to a parameter; ours is 400
            documented.complete(path, operation)
    for path in ("/messages", "/fhir/$process-message"):
        for media, body in _bundle_examples().items():
            document["paths"][path]["post"]["requestBody"]["content"][media] |= {"example": body}
    for media, body in _in_both(json.dumps(examples.SUBSCRIPTION).encode()).items():
        for path, method in (("/fhir/Subscription", "post"), ("/fhir/Subscription/{id}", "put")):
            document["paths"][path][method]["requestBody"]["content"][media] |= {"example": body}
    document["paths"]["/messages"]["post"]["parameters"] = _attributes(contracts["envelope"])
    return document


def _bundle_examples() -> dict[str, Any]:
    """The acknowledgement of the other examples as a Bundle, in both encodings."""
    return _in_both(fhir.write_request(native.read_binary(examples.ATTRIBUTES, json.dumps(examples.DATA).encode())))


def _in_both(body: bytes) -> dict[str, Any]:
    json_type, xml_type = content_types.BUNDLES
    return {json_type: json.loads(body), xml_type: fhir.as_xml(body).decode()}


def _attributes(envelope: dict[str, Any]) -> list[dict[str, Any]]:
    """The headers of binary mode."""
    return [
        {
            "name": f"ce-{name}",
            "in": "header",
            "required": False,
            "description": "CloudEvents attribute, in binary mode.",
            "schema": _renamed(schema, "envelope"),
            "example": examples.ATTRIBUTES.get(name),
        }
        for name, schema in envelope["properties"].items()
        if name not in ("data", "data_base64", "datacontenttype")
        and schema.get("type") != "null"  # the hub's own, on the way out
    ]


def _event() -> dict[str, Any]:
    """A structured event: the attributes, and the body that its type says."""
    kinds = [
        {
            "properties": {"type": {"const": type_}, "data": {"$ref": f"{_REF}{name}"}},
            "required": ["type", "data"],
        }
        for type_, name in sorted(_TYPES.items())
    ]
    return {"allOf": [{"$ref": f"{_REF}envelope"}, {"oneOf": kinds}], "title": "event"}


def _components(contracts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The contracts' schemas, each with its parts beside it under its own name."""
    found: dict[str, Any] = {}
    for name, schema in contracts.items():
        plain = {key: part for key, part in schema.items() if key not in ("$defs", "$schema", "$id")}
        found[name] = _renamed(plain, name)
        for part, inner in schema.get("$defs", {}).items():
            found[f"{name}.{part}"] = _renamed(inner, name)
    return found


def _renamed(node: Any, name: str) -> Any:
    if isinstance(node, list):
        return [_renamed(one, name) for one in node]
    if isinstance(node, dict):
        return {
            key: f"{_REF}{name}.{part.removeprefix('#/$defs/')}"
            if key == "$ref" and isinstance(part, str) and part.startswith("#/$defs/")
            else _renamed(part, name)
            for key, part in node.items()
        }
    return node
