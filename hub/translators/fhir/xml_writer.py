"""Writes a resource's FHIR JSON tree as FHIR XML, its elements in R4's order. Imports the elements and lxml.

The library's own writer is not used: it builds a model of the whole Bundle first, which takes ten times as long, and a system may
choose XML for all that it is told.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

import msgspec
from lxml import etree

from hub.translators.fhir.elements import RESOURCE, XHTML, ElementType, elements
from hub.translators.fhir.resources import AnyResource
from hub.translators.fhir.xml import SPACE, parser

_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot carry."""
_NAMESPACE: Final[Any] = {None: SPACE[1:-1]}


def as_xml(body: bytes) -> bytes:
    """A resource in XML, from its JSON as the hub writes it. A character that XML cannot carry becomes U+FFFD."""
    tree = msgspec.json.decode(body)
    root = etree.Element(f"{SPACE}{tree['resourceType']}", nsmap=_NAMESPACE)
    _write(root, tree, tree["resourceType"], whole=True)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def load_elements() -> None:
    """Loads the elements of every type that a Bundle of the hub may hold; the reference model behind them takes seconds."""
    found, wanted = set(), {"Bundle", "OperationOutcome", *(kind.__name__ for kind in AnyResource.__args__)}
    while wanted:
        kind = wanted.pop()
        found.add(kind)
        wanted |= {one.kind for one in elements(kind).values() if not one.primitive and one.kind != RESOURCE} - found


@cache
def _places(kind: str) -> dict[str, int]:
    """Element → its place among the elements of its type."""
    return {name: place for place, name in enumerate(elements(kind))}


def _write(into: etree._Element, tree: dict[str, Any], kind: str, *, whole: bool) -> None:
    """The members of an object; ``whole``: it is a resource, whose id is an element, and in a data type an attribute."""
    known, places = elements(kind), _places(kind)
    members = {name.removeprefix("_") for name in tree if name != "resourceType"}
    for name in sorted(members, key=places.__getitem__):
        value, beside = tree.get(name), tree.get(f"_{name}")
        if (name == "id" and not whole) or (name == "url" and kind == "Extension"):
            into.set(name, _plain(value))
            continue
        element = known[name]
        if not element.many:
            _one(into, name, element, value, beside)
            continue
        values = value if value is not None else [None] * len(beside or ())
        extended = beside if beside is not None else [None] * len(values)
        for one, extension in zip(values, extended, strict=True):
            _one(into, name, element, one, extension)


def _one(into: etree._Element, name: str, element: ElementType, value: Any, beside: dict[str, Any] | None) -> None:
    if element.kind == XHTML:
        into.append(etree.fromstring(value, parser=parser()))
        return
    child = etree.SubElement(into, f"{SPACE}{name}")
    if element.kind == RESOURCE:
        inner = etree.SubElement(child, f"{SPACE}{value['resourceType']}")
        _write(inner, value, value["resourceType"], whole=True)
    elif not element.primitive:
        _write(child, value, element.kind, whole=False)
    else:
        if value is not None:
            child.set("value", _plain(value))
        if beside is not None:
            _write(child, beside, "Extension", whole=False)  # id and extension, which every element has


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_IN_XML.sub("�", str(value))
