"""Reads FHIR XML into the same tree as FHIR JSON, by namespace and not by prefix. Imports the elements, the faults and lxml.

The library's own reader is not used: it goes by prefix, silently takes the last of repeated elements, and names no place of an error.
"""

from __future__ import annotations

import re
from html.entities import name2codepoint
from typing import Any, Final

from lxml import etree

from hub.errors import Refused
from hub.translators.fhir import faults
from hub.translators.fhir.elements import RESOURCE, XHTML, elements, is_resource
from hub.translators.fhir.refusals import refused

MAX_DEPTH: Final = 40
"""The most levels of nesting; a compound extension in a deep element needs about twelve."""
SPACE: Final = "{http://hl7.org/fhir}"
_XHTML_DIV: Final = "{http://www.w3.org/1999/xhtml}div"
_SCHEMA_LOCATION: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][+-]?[0-9]{1,2})?")
_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{0,30});")
_PREDEFINED: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})


def parser() -> etree.XMLParser:
    """A parser without DTD, entities and network; a new one per message, since lxml's parsers must not be shared by threads."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip


def parse(body: bytes) -> etree._Element:
    """Parse the XML. Raises ``Refused``: not-xml with line and column, or too-deep."""
    try:
        root = etree.fromstring(body, parser=parser())
    except etree.XMLSyntaxError as error:
        raise _not_xml(body, error) from None
    except ValueError:
        raise refused("not-xml") from None
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype or docinfo.internalDTD is not None:
        raise refused("xml-dtd")
    _check_depth(root)
    return root


def _not_xml(body: bytes, error: etree.XMLSyntaxError) -> Refused:
    found = refused("not-xml")
    line, column = error.position
    if line:
        found.sv = f"Meddelandet är inte giltig XML: felet är på rad {line}, tecken {column}."
        found.en = f"The message is not valid XML: the fault is in line {line}, column {column}."
    entity = entity_in(body.decode("utf-8", "replace"))
    if entity is not None:
        sv, en = entity
        found.sv, found.en = f"{found.sv} {sv}", f"{found.en} {en}"
    return found


def entity_in(text: str) -> tuple[str, str] | None:
    """The first entity that is not predefined in XML: a sentence that names it and says what to write instead, in both languages."""
    for match in _ENTITY.finditer(text):
        name = match[1]
        if name in _PREDEFINED:
            continue
        if name in name2codepoint:  # a name of HTML, so it is not personal
            number = f"&#{name2codepoint[name]};"
            return (
                f"Entiteten &{name}; finns inte i FHIR: skriv tecknet självt eller {number}.",
                f"There is no entity &{name}; in FHIR: write the character itself or {number}.",
            )
        return (
            "En entitet (&namn;) finns inte i FHIR: skriv tecknet självt eller dess nummer.",
            "An entity (&name;) is not of FHIR: write the character itself or its number.",
        )
    return None


def _check_depth(root: etree._Element) -> None:
    stack = [(root, 1)]
    while stack:
        element, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise refused("too-deep")
        if element.tag != _XHTML_DIV:
            stack += [(child, depth + 1) for child in element]


def tree(root: etree._Element) -> dict[str, Any]:
    """The Bundle as a FHIR JSON tree. Raises ``Refused`` with the place, as for JSON."""
    if root.tag != f"{SPACE}Bundle":
        raise refused("not-a-bundle", "Bundle")
    return {"resourceType": "Bundle"} | _object(root, "Bundle", "Bundle")


def resource_tree(root: etree._Element) -> dict[str, Any]:
    """Any one resource as a FHIR JSON tree: what the hub answers may be one without a Bundle around it. Raises ``Refused``."""
    kind = _name(root, "")
    if not is_resource(kind):
        raise refused("unknown-resource", "")
    return {"resourceType": kind} | _object(root, kind, kind)


def _name(element: etree._Element, place: str) -> str:
    """The element's local name; raises ``Refused`` when its namespace is not FHIR's."""
    tag = str(element.tag)
    if tag == _XHTML_DIV:
        return "div"
    if not tag.startswith(SPACE):
        raise refused("xml-namespace", place)
    return tag[len(SPACE) :]


def _object(element: etree._Element, kind: str, place: str) -> dict[str, Any]:
    known = elements(kind)
    found: dict[str, Any] = {}
    for attribute, value in element.attrib.items():
        if str(attribute).startswith(_SCHEMA_LOCATION):
            continue
        if attribute not in ("id", "url") or attribute not in known:
            raise faults.unknown_attribute(place)
        found[str(attribute)] = str(value)
    _no_text(element, place)
    for number, child in enumerate(element, 1):
        name = _name(child, place)
        fits = known.get(name)
        if fits is None or (fits.kind == XHTML) is not (child.tag == _XHTML_DIV):
            raise faults.unknown_element(place, name, number)
        here = f"{place}.{name}"
        if fits.many:
            here = f"{here}[{len(found.get(name, found.get(f'_{name}', ())))}]"
        elif name in found or f"_{name}" in found:
            raise faults.twice(here)
        if fits.primitive:
            value, extended = _primitive(child, fits.kind, here)
            _put(found, name, value, extended, many=fits.many)
        else:
            one = _resource(child, here) if fits.kind == RESOURCE else _object(child, fits.kind, here)
            if fits.many:
                found.setdefault(name, []).append(one)
            else:
                found[name] = one
    return found


def _put(found: dict[str, Any], name: str, value: Any, extended: dict[str, Any] | None, *, many: bool) -> None:
    """Write a primitive and its extension: two members in JSON, lists of equal length for repeated elements."""
    if not many:
        if value is not None:
            found[name] = value
        if extended is not None:
            found[f"_{name}"] = extended
        return
    values = found.setdefault(name, [])
    values.append(value)
    if extended is not None or f"_{name}" in found:
        beside = found.setdefault(f"_{name}", [])
        beside += [None] * (len(values) - 1 - len(beside)) + [extended]


def _resource(holder: etree._Element, place: str) -> dict[str, Any]:
    _no_text(holder, place)
    if len(holder) != 1:
        raise faults.missing(place) if not len(holder) else faults.twice(place)
    name = _name(holder[0], place)
    if not is_resource(name):
        raise refused("unknown-resource", place)
    return {"resourceType": name} | _object(holder[0], name, place)


def _primitive(element: etree._Element, kind: str, place: str) -> tuple[Any, dict[str, Any] | None]:
    if kind == XHTML:
        return etree.tostring(element, encoding="unicode", with_tail=False), None
    _no_text(element, place)
    extended: dict[str, Any] = {}
    for attribute, value in element.attrib.items():
        if attribute == "id":
            extended["id"] = str(value)
        elif attribute != "value":
            raise faults.unknown_attribute(place)
    for number, child in enumerate(element, 1):
        if _name(child, place) != "extension":
            raise faults.unknown_element(place, _name(child, place), number)
        here = f"{place}.extension[{len(extended.get('extension', ()))}]"
        extended.setdefault("extension", []).append(_object(child, "Extension", here))
    stated = element.get("value")
    if stated is None and not extended:
        raise faults.wrong_form(place, kind)
    return None if stated is None else _value(str(stated), kind, place), extended or None


def _value(stated: str, kind: str, place: str) -> Any:
    if kind == "boolean" and stated in ("true", "false"):
        return stated == "true"
    if kind in ("integer", "positiveInt", "unsignedInt") and _WHOLE.fullmatch(stated):
        return int(stated)
    if kind == "decimal" and _DECIMAL.fullmatch(stated):
        return float(stated)
    if kind in ("boolean", "integer", "positiveInt", "unsignedInt", "decimal"):
        raise faults.wrong_form(place, kind)
    return stated


def _no_text(element: etree._Element, place: str) -> None:
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise faults.not_an_object(place)
