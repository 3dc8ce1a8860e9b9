"""The elements of each R4 type: cardinality, type, choices. Imports the reference model at first use, which takes a second."""

from __future__ import annotations

import types
from functools import cache
from typing import Any, Final, NamedTuple, Union, get_args, get_origin

RESOURCE: Final = "Resource"
"""The kind of an element that holds any resource."""
XHTML: Final = "xhtml"

_PLAIN: Final = {bool: "boolean", bytes: "base64Binary", str: "string", int: "integer"}


class ElementType(NamedTuple):
    """One element of a type."""

    kind: str
    """The type's name in R4: a primitive (``dateTime``), a data type (``HumanName``) or ``Resource``."""
    many: bool
    primitive: bool
    choice: str | None
    """``deceased`` for ``deceasedBoolean``: at most one of the elements with the same choice is allowed."""
    required: bool
    """Of a choice: whether one of its elements is required. The reference model checks other required elements."""


def is_resource(name: object) -> bool:
    """Whether R4 has a resource of that name."""
    from fhir.resources.R4B import get_fhir_model_class
    from fhir.resources.R4B.resource import Resource
    from fhir_core.constraints import FHIR_TYPES_MAPS

    if not isinstance(name, str) or not name or f"R4.{name}Type" not in FHIR_TYPES_MAPS:
        return False
    return issubclass(get_fhir_model_class(name), Resource)


@cache
def elements(kind: str) -> dict[str, ElementType]:
    """Name on the wire → element, for a type or resource of R4, in the order that R4 gives them, which XML must keep."""
    from fhir.resources.R4B import get_fhir_model_class

    model = get_fhir_model_class(kind)
    found: dict[str, ElementType] = {}
    for name, field in model.model_fields.items():
        extra: Any = field.json_schema_extra or {}
        if extra.get("element_property"):
            many, of, primitive = _kind(field.annotation)
            wire = str(field.alias or name)
            choice, required = extra.get("one_of_many"), bool(extra.get("one_of_many_required"))
            found[wire] = ElementType(of, many, primitive, choice, required)
    return {name: found[name] for name in model.elements_sequence()}


def _kind(annotation: Any) -> tuple[bool, str, bool]:
    many = False
    while True:
        if get_origin(annotation) in (Union, types.UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        elif get_origin(annotation) is list:
            many, annotation = True, get_args(annotation)[0]
        else:
            break
    if get_args(annotation):  # Annotated: a primitive with its class
        name = type(get_args(annotation)[1]).__name__
        if name == "EncodedBytes":
            return many, "base64Binary", True
        return many, name[0].lower() + name[1:], True
    if annotation in _PLAIN:
        return many, _PLAIN[annotation], True
    return many, annotation.__name__.removesuffix("Type"), False
