"""Every fault of a message that a unit sends, at once, for who writes one: the hub itself answers with the first. Pure; imports the
readers and the language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from hub.errors import Refused
from hub.translators import faults, formats, json_text, native
from hub.translators.fhir import every_fault as fhir
from hub.translators.fhir import names, read
from schemas.envelope import Envelope
from schemas.identity_types import EVERY_PUBLISHED_FORM
from schemas.messages import MESSAGES

_CONTEXT = {"identities": EVERY_PUBLISHED_FORM}


def of_event(body: bytes) -> list[Refused]:
    """Every fault of a structured CloudEvent that a unit sends, the one of the hub's answer among them; none when the hub reads it."""
    try:
        formats.read(native.STRUCTURED, None, body)
    except Refused as first:
        return _with(first, _of_event(body))
    return []


def of_bundle(body: bytes, *, from_hub: bool = False) -> list[Refused]:
    """As ``of_event``, of a message Bundle in JSON; ``from_hub``: of a notice."""
    try:
        read(body, names.JSON, from_hub=from_hub, identities=EVERY_PUBLISHED_FORM)
    except Refused as first:
        return _with(first, fhir.of_bundle(body, from_hub=from_hub))
    return []


def _with(first: Refused, found: list[Refused]) -> list[Refused]:
    """The faults, and before them the one of the hub's answer where they lack it."""
    told = {(one.rule, one.element) for one in found}
    return found if (first.rule, first.element) in told else [first, *found]


def of_model(model: type[BaseModel], content: Any, prefix: str = "") -> list[Refused]:
    """Every fault of JSON that was read, by the model of it."""
    try:
        model.model_validate_json(native.text(content), context=_CONTEXT)
    except ValidationError as error:
        return faults.every(model, error, prefix, content)
    return []


def _of_event(body: bytes) -> list[Refused]:
    try:
        attributes, data = native.split_structured(body)
    except Refused as refusal:
        return [refusal]
    found = _of_attributes(attributes)
    declared = str(attributes.get("datacontenttype") or native.JSON).strip().lower()
    if formats.is_fhir(declared):
        return found + fhir.of_bundle(data)
    type_ = attributes.get("type")
    try:
        native.check_content_type(declared, formats.MEDIA_TYPES)
        name = native.name_of(type_) if isinstance(type_, str) else None
    except Refused as refusal:
        return [*found, refusal]
    return found if name is None else found + of_data(name, data)


def of_data(name: str, data: bytes) -> list[Refused]:
    """Every fault of a message's data, by its name."""
    if not data:
        return [Refused("missing-field", "Fältet /data saknas.", "The field /data is missing.", "/data", 400)]
    try:
        content = json_text.read(data, "/data")
    except Refused as refusal:
        return [refusal]
    return of_model(MESSAGES[name], content, "/data")


def _of_attributes(attributes: Mapping[str, Any]) -> list[Refused]:
    found = []
    try:
        native.check_names(attributes)
    except Refused as refusal:
        found.append(refusal)
    try:
        Envelope.model_validate(attributes, context=_CONTEXT)
    except ValidationError as error:
        found += faults.every(Envelope, error)
    return found
