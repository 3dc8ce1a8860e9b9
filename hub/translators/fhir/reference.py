"""The reference model (fhir.resources R4B) decides whether a Bundle is accepted, and gives it back in the wide shape.

The slow way (fhir.md: some milliseconds), for XML and for what the lean reader does not know. Imports the shapes, the
refusals, fhir.resources, lxml and pydantic; the library itself is imported at first use, since it takes a second.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, cast

import msgspec
from lxml import etree
from pydantic import ValidationError

from hub.errors import Refused
from hub.translators.fhir.loosen import loosened
from hub.translators.fhir.narrative import is_safe
from hub.translators.fhir.refusals import refused
from hub.translators.fhir.resources import AnyResource, Bundle, Entry, OtherResource

MAX_DEPTH: Final = 40
"""Levels of nesting; a compound extension in a deep element of a Bundle needs about twelve."""
_FHIR: Final = "{http://hl7.org/fhir}"
_XHTML_DIV: Final = "{http://www.w3.org/1999/xhtml}div"
_KNOWN: Final = frozenset(struct.__name__ for struct in AnyResource.__args__)
_WIDE_ENTRY: Final = loosened(Entry)
_WIDE_BUNDLE: Final = loosened(Bundle)


@cache
def _model() -> Any:
    from fhir.resources.R4B.bundle import Bundle as Reference

    return Reference


def from_json(body: bytes) -> Bundle:
    """Accepted or refused by the reference model; then in the wide shape. Raises ``Refused``."""
    raw = json_tree(body)
    if not isinstance(raw, dict) or raw.get("resourceType") != "Bundle":
        raise refused("not-a-bundle", "Bundle")
    entries = raw.get("entry")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            raise refused("fhir-invalid", f"Bundle.entry[{index}].resource")
        _check_type(resource.get("resourceType"), index)
    return _wide(_accepted(lambda: _model().model_validate_json(body)))


def _check_type(name: Any, index: int) -> None:
    """Here, since the library answers an unknown type with a KeyError and a missing one not at all."""
    from fhir_core.constraints import FHIR_TYPES_MAPS

    _model()
    if not isinstance(name, str) or f"R4.{name}Type" not in FHIR_TYPES_MAPS:
        raise refused("unknown-resource", f"Bundle.entry[{index}].resource")


def json_tree(body: bytes) -> Any:
    """The decoded JSON, its depth checked. Raises ``Refused``: not-utf8, not-json, too-deep."""
    try:
        body.decode()
    except UnicodeDecodeError:
        raise refused("not-utf8") from None
    try:
        raw = msgspec.json.decode(body)
    except RecursionError:
        raise refused("too-deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise refused("not-json") from None
    _check_depth(raw)
    return raw


def from_xml(body: bytes) -> Bundle:
    """XML without DTD, entities or network; then as JSON. Raises ``Refused``."""
    root = xml_tree(body)
    if root.tag != f"{_FHIR}Bundle":
        raise refused("not-a-bundle", "Bundle")
    for index, entry in enumerate(root.iterchildren(f"{_FHIR}entry")):
        holder = entry.find(f"{_FHIR}resource")
        if holder is None or len(holder) != 1:
            raise refused("fhir-invalid", f"Bundle.entry[{index}].resource")
        _check_type(str(holder[0].tag).removeprefix(_FHIR), index)
    return _wide(_accepted(lambda: _model().model_validate_xml(etree.tostring(root), xmlparser=_parser())))


def xml_tree(body: bytes) -> etree._Element:
    """The parsed XML, hardened. Raises ``Refused``: not-xml, too-deep."""
    try:
        root = etree.fromstring(body, parser=_parser())
    except (etree.XMLSyntaxError, ValueError):
        raise refused("not-xml") from None
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype or docinfo.internalDTD is not None:
        raise refused("not-xml")
    stack = [(root, 1)]
    while stack:
        element, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise refused("too-deep")
        if element.tag == _XHTML_DIV:
            continue
        if not isinstance(element.tag, str) or not element.tag.startswith(_FHIR):
            raise refused("not-xml")
        stack += [(child, depth + 1) for child in element]
    return root


def _parser() -> etree.XMLParser:
    # A parser of its own per message: lxml's are not for several threads. Comments carry no meaning in FHIR.
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _check_depth(raw: Any) -> None:
    stack = [(raw, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise refused("too-deep")
        if isinstance(node, dict):
            stack += [(child, depth + 1) for child in node.values() if isinstance(child, (dict, list))]
        elif isinstance(node, list):
            stack += [(child, depth + 1) for child in node if isinstance(child, (dict, list))]


def _accepted(validate: Any) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", validate().model_dump(mode="json"))
    except ValidationError as error:
        # Only the place: pydantic's sentences quote the input, which may be anything about the person.
        raise refused("fhir-invalid", _location(error)) from None
    except RecursionError:
        raise refused("too-deep") from None
    except Exception:  # noqa: BLE001 - KeyError on an unknown name, and whatever else: it did not accept
        raise refused("fhir-invalid", "Bundle") from None


def _location(error: ValidationError) -> str:
    place = "Bundle"
    for part in error.errors(include_input=False, include_context=False, include_url=False)[0]["loc"]:
        # An unknown element's name is the sender's text and may hold anything: only what looks like a name is told.
        if isinstance(part, int):
            place += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_]{1,40}", part):
            place += f".{part}"
    return place


def _wide(tree: dict[str, Any]) -> Bundle:
    """The accepted tree in the wide shape; the codes that the reference model does not check are checked here."""
    _check_unread(tree, "Bundle")
    entries = tree.pop("entry", [])
    try:
        bundle = cast("Bundle", msgspec.convert({**tree, "entry": []}, _WIDE_BUNDLE))
    except msgspec.ValidationError as error:
        raise _code_refused(error, "Bundle") from None
    for index, entry in enumerate(entries):
        place = f"Bundle.entry[{index}]"
        resource = entry.get("resource")
        if resource is None:
            raise refused("fhir-invalid", f"{place}.resource")
        if resource["resourceType"] in _KNOWN:
            try:
                bundle.entry.append(cast("Entry", msgspec.convert(entry, _WIDE_ENTRY)))
            except msgspec.ValidationError as error:
                raise _code_refused(error, place) from None
        else:
            other = msgspec.convert({**resource, "resourceType": "OtherResource"}, loosened(OtherResource))
            bundle.entry.append(Entry(resource=cast("Any", other), fullUrl=entry.get("fullUrl")))
    return bundle


def _code_refused(error: msgspec.ValidationError, place: str) -> Refused:
    if place == "Bundle" and "$.type" in str(error):
        return refused("not-a-bundle", "Bundle.type")
    found = re.search(r"`\$([A-Za-z0-9_.\[\]]*)`$", str(error))
    return refused("fhir-code", place + (found[1] if found else ""))


def _check_unread(node: Any, place: str) -> None:
    """What must not be passed over unread: modifiers, implicit rules, and XHTML that somebody else may show."""
    if isinstance(node, list):
        for index, child in enumerate(node):
            _check_unread(child, f"{place}[{index}]")
    elif isinstance(node, dict):
        if "modifierExtension" in node or "implicitRules" in node:
            raise refused("modifier-extension", place)
        if isinstance(node.get("div"), str) and not is_safe(node["div"]):
            raise refused("narrative-unsafe", f"{place}.div")
        for name, child in node.items():
            if isinstance(child, (dict, list)):
                _check_unread(child, f"{place}.{name}")
