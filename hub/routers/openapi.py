"""What ``/openapi.json`` says beyond what the framework sees by itself: every status and content type that is answered, the
bodies by the schemas of ``contracts/schemas``, and the form of every parameter. Imports the translators and the
language.
"""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import FastAPI

from hub.routers import content_types
from hub.translators import native
from schemas.messages import FROM_THE_HUB, MESSAGES, type_of

PROBLEM: Final = "application/problem+json"
_REF: Final = "#/components/schemas/"
_HSA: Final = r"^SE(16)?[0-9]{10}-[A-Z0-9]{1,18}$"
_CODE: Final = r"^[a-z0-9][a-z0-9_.\-]{0,59}$"
_PLAIN: Final = r"^[A-Za-z0-9][A-Za-z0-9\-._:]{0,127}$"
_PATTERNS: Final = {
    "unit": _HSA,
    "person": _HSA,
    "X-Unit": _HSA,
    "X-Actor": _HSA,
    "X-Role": _CODE,
    "X-Ground": _CODE,
    "id": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "step": _CODE,
    "document": _CODE,
    "field": _PLAIN,
    "message": _PLAIN,
    "n": r"^[1-9][0-9]{0,8}$",
    "for_whom": _CODE,
    "why": _CODE,
}
"""Parameter → its form. An HSA-id may begin with another prefix where the directory lists it."""

_READING: Final = ("400", "401", "403", "404", "409", "503")
_SENDING: Final = (*_READING, "408", "413", "415")
_SAYS: Final = {
    "200": "As asked.",
    "202": "Received and kept, but it waits (D-4): a final receipt follows, on the system's way out.",
    "400": "It cannot be read.",
    "401": "No token, or one that is not known.",
    "403": "Not for this system, unit, person or role.",
    "404": "There is no such case, or nothing that may be shown.",
    "408": "The request did not come whole in time.",
    "409": "Refused by a rule of the process, which is named.",
    "413": "Too large.",
    "415": "The content type or the packing is not read.",
    "503": "Nothing was taken in: send again.",
}
_ANSWERS: Final = {"/cases/{id}/print/{document}": ("application/pdf",), "/metrics": ("text/plain",)}
_ANY_FILE: Final = "/cases/{id}/files/{message}"


def install(api: FastAPI) -> None:
    """Lets the document be completed when it is first asked for."""
    made = api.openapi

    def documented() -> dict[str, Any]:
        if api.openapi_schema is None:
            from hub.contracts import schemas  # only here: the contracts' generator is no part of the running hub

            contracts = {name: json.loads(body) for name, body in schemas.messages().items()}
            types = {type_of(name): name for name in MESSAGES if name not in FROM_THE_HUB}
            api.openapi_schema = complete(made(), contracts, types)
        return api.openapi_schema

    api.openapi = documented  # type: ignore[method-assign] # as the framework's manual says


def complete(document: dict[str, Any], contracts: dict[str, dict[str, Any]], types: dict[str, str]) -> dict[str, Any]:
    """The document, completed in place. ``contracts``: name → JSON schema, as ``contracts/schemas`` has them; ``types``:
    CloudEvents type → the name of its body.
    """
    components = document.setdefault("components", {})
    schemes = components.setdefault("securitySchemes", {})
    schemes.setdefault("bearer", {"type": "http", "scheme": "bearer"})
    schemas = {name: made for name, made in components.get("schemas", {}).items() if "ValidationError" not in name}
    components["schemas"] = schemas | _components(contracts) | {"event": _event(types)}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["responses"] = _responses(path, method)
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in _PATTERNS:
                    parameter["schema"]["pattern"] = _PATTERNS[parameter["name"]]
    messages = document["paths"]["/messages"]["post"]
    messages["requestBody"] = {"required": True, "content": _message_bodies(types)}
    messages["parameters"] = _attributes(contracts["envelope"])
    process = document["paths"]["/fhir/$process-message"]["post"]
    process["requestBody"] = {"required": True, "content": dict.fromkeys(content_types.BUNDLES, _FHIR)}
    for operation in (messages, process):
        operation["security"] = [{"bearer": []}]
    for operation in (process, document["paths"]["/fhir/metadata"]["get"]):
        shape = {"type": "string", "enum": ["json", "xml", *content_types.BUNDLES]}
        operation["parameters"] = [{"name": "_format", "in": "query", "required": False, "schema": shape}]
    return document


def _responses(path: str, method: str) -> dict[str, Any]:
    if path.startswith("/fhir/"):
        content = dict.fromkeys(content_types.BUNDLES, _FHIR)
        codes: tuple[str, ...] = ("200", "503") if path == "/fhir/metadata" else ("200", "202", *_SENDING)
        return {code: {"description": _SAYS[code], "content": content} for code in codes}
    if path in ("/health/live", "/health/ready", "/metrics"):
        content = {media: {} for media in _ANSWERS.get(path, ("application/json",))}
        codes = ("200", "503") if path == "/health/ready" else ("200",)
        return {
            code: {"description": _SAYS[code] if code == "200" else "Not ready.", "content": content} for code in codes
        }
    answer: dict[str, Any] = {media: {} for media in _ANSWERS.get(path, ("application/json",))}
    if path == _ANY_FILE:
        answer = {"*/*": {}}
    found = {"200": {"description": _SAYS["200"], "content": answer}}
    if path == "/messages":
        receipt = {"$ref": f"{_REF}receipt"}
        several = {"type": "array", "items": receipt}
        found["200"]["content"] = {"application/json": {"schema": {"oneOf": [receipt, several]}}}
        found["202"] = {"description": _SAYS["202"], "content": {"application/json": {"schema": receipt}}}
    problem = {PROBLEM: {"schema": {"$ref": f"{_REF}problem"}}}
    for code in _SENDING if method == "post" else _READING:
        found[code] = {"description": _SAYS[code], "content": problem}
    return found


def _message_bodies(types: dict[str, str]) -> dict[str, Any]:
    event = {"$ref": f"{_REF}event"}
    bodies = [{"$ref": f"{_REF}{name}"} for name in sorted(set(types.values()))]
    return {
        native.STRUCTURED: {"schema": event},
        native.BATCH: {"schema": {"type": "array", "items": event, "maxItems": 500}},
        native.JSON: {
            "schema": {"anyOf": bodies, "description": "Binary mode: the data, with its attributes as headers."}
        },
    } | dict.fromkeys(content_types.BUNDLES, _FHIR)


def _attributes(envelope: dict[str, Any]) -> list[dict[str, Any]]:
    """The headers of binary mode."""
    return [
        {
            "name": f"ce-{name}",
            "in": "header",
            "required": False,
            "description": "CloudEvents attribute, in binary mode.",
            "schema": _renamed(schema, "envelope"),
        }
        for name, schema in envelope["properties"].items()
        if name not in ("data", "data_base64", "datacontenttype")
        and schema.get("type") != "null"  # the hub's own, on the way out
    ]


def _event(types: dict[str, str]) -> dict[str, Any]:
    """A structured event: the attributes, and the body that its type says."""
    kinds = [
        {
            "properties": {"type": {"const": type_}, "data": {"$ref": f"{_REF}{name}"}},
            "required": ["type", "data"],
        }
        for type_, name in sorted(types.items())
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


_FHIR: Final[dict[str, Any]] = {"schema": {"description": "FHIR R4, see contracts/fhir and fhir.md."}}
