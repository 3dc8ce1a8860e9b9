"""Reads Bundles with the reference model (fhir.resources R4B), which accepts or refuses them. Imports the shapes, the refusals,
pydantic and, at first use since it takes a second, fhir.resources.

This takes some milliseconds (fhir.md), and is for Bundles that the lean reader does not accept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, cast

import msgspec
from msgspec import Struct
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hub.errors import Refused
from hub.translators import json_text
from hub.translators.fhir import element_check, faults, narrative, xml
from hub.translators.fhir.elements import RESOURCE, ElementType, elements
from hub.translators.fhir.refusals import refused
from hub.translators.fhir.resources import AnyResource, Bundle, Entry, OtherResource
from hub.translators.fhir.wide_shapes import codes_at, loosened

_KNOWN: Final = frozenset(struct.__name__ for struct in AnyResource.__args__)
_WIDE_ENTRY: Final = loosened(Entry)
_WIDE_BUNDLE: Final = loosened(Bundle)


@cache
def _model(kind: str) -> Any:
    from fhir.resources.R4B import get_fhir_model_class

    return get_fhir_model_class(kind)


def from_json(body: bytes, *, accepted: bool = False) -> Bundle:
    """The Bundle in the wide shape, after the reference model has accepted it. ``accepted``: it did so before.

    Raises ``Refused``.
    """
    raw = msgspec.json.decode(json_text.without_mark(body)) if accepted else json_tree(body)
    if not accepted:
        for fault in _faults(raw, "Bundle", body):
            raise fault
    return _wide(raw)


def every_fault(body: bytes, kind: str = "Bundle") -> list[Refused]:
    """Where a resource of this kind, in JSON, differs from R4: every element at fault, or the reason why it cannot be read at all."""
    try:
        return list(_faults(json_tree(body), kind, body))
    except Refused as refusal:
        return [refusal]


def _faults(raw: Any, kind: str, body: bytes) -> Iterator[Refused]:
    """First what the tree shows; what the reference model says only when that is nothing, since the two would say it twice."""
    if not isinstance(raw, dict) or raw.get("resourceType") != kind:
        yield refused("not-a-bundle", kind) if kind == "Bundle" else faults.not_of_kind(kind)
        return
    entries = raw.get("entry") if kind == "Bundle" else None
    empty = [
        faults.missing(f"Bundle.entry[{index}].resource")
        for index, entry in enumerate(entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and entry.get("resource") is None
    ]
    yield from empty
    sound = not empty
    for fault in element_check.faults_of(raw, kind, kind):
        sound = False
        yield fault
    if sound:
        yield from _faults_of_model(raw, kind, json_text.without_mark(body))


def json_tree(body: bytes) -> Any:
    """The decoded JSON, with a note of repeated members. Raises ``Refused``: not-utf8, not-json with line and column, too-deep."""
    body = json_text.without_mark(body)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise refused("not-utf8") from None
    try:
        msgspec.json.decode(body)  # stricter than the standard library: refuses NaN and half a surrogate pair
        raw = json.loads(text, object_pairs_hook=element_check.as_object)
    except RecursionError:
        raise refused("too-deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        json_text.read(body, "Bundle")  # raises ``Refused`` with line and character
        raise refused("not-json") from None
    _check_depth(raw)
    return raw


def from_xml(body: bytes) -> bytes:
    """The Bundle as FHIR JSON, so that only JSON is read from here on. Raises ``Refused``."""
    return encoded(xml.tree(xml.parse(body)))


def encoded(tree: dict[str, Any]) -> bytes:
    """A tree as JSON."""
    return msgspec.json.encode(tree)


def _check_depth(raw: Any) -> None:
    stack = [(raw, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > xml.MAX_DEPTH:
            raise refused("too-deep")
        if isinstance(node, dict):
            stack += [(child, depth + 1) for child in node.values() if isinstance(child, (dict, list))]
        elif isinstance(node, list):
            stack += [(child, depth + 1) for child in node if isinstance(child, (dict, list))]


def _faults_of_model(raw: dict[str, Any], kind: str, body: bytes) -> Iterator[Refused]:
    try:
        _model(kind).model_validate_json(body)
    except ValidationError as error:
        for one in error.errors(include_input=False, include_context=False, include_url=False):
            yield _fault(one, raw, kind)
    except RecursionError:
        yield refused("too-deep")
    except Exception:  # noqa: BLE001 - a KeyError or any other error: the model did not accept the resource
        yield faults.invalid(kind)


def _fault(error: ErrorDetails, raw: dict[str, Any], kind: str) -> Refused:
    """The refusal, with kind and place only: pydantic's sentences quote the input, which may be personal."""
    place = kind
    node: Any = raw
    element: ElementType | None = None
    for part in error["loc"]:
        if isinstance(part, int):
            place += f"[{part}]"
            node = node[part] if isinstance(node, list) and part < len(node) else None
            continue
        kind = _resource_type(node) if kind == RESOURCE else kind
        element = elements(kind).get(part)
        if element is None:
            break
        place += f".{part}"
        node = node.get(part) if isinstance(node, dict) else None
        kind = element.kind
        if element.primitive:
            break
    if str(error["type"]).endswith("missing"):
        return faults.missing(place)
    if element is not None and element.primitive:
        return faults.wrong_form(place, element.kind)
    return faults.invalid(place)


def _resource_type(node: Any) -> str:
    return str(node["resourceType"]) if isinstance(node, dict) else "Bundle"


def _wide(tree: dict[str, Any]) -> Bundle:
    """Convert the accepted tree, which is modified, to the wide shape; check the codes that the reference model does not check."""
    _check_unread(tree, "Bundle")
    entries = tree.pop("entry", None) or []
    try:
        bundle = cast("Bundle", msgspec.convert({**tree, "entry": []}, _WIDE_BUNDLE))
    except msgspec.ValidationError as error:
        raise _code_refused(error, tree, Bundle, "Bundle") from None
    for index, entry in enumerate(entries):
        place = f"Bundle.entry[{index}]"
        resource = entry["resource"]
        if resource["resourceType"] in _KNOWN:
            try:
                bundle.entry.append(cast("Entry", msgspec.convert(entry, _WIDE_ENTRY)))
            except msgspec.ValidationError as error:
                raise _code_refused(error, entry["resource"], Entry, place) from None
        else:
            bundle.entry.append(_other(entry))
    return bundle


def _other(entry: dict[str, Any]) -> Entry:
    """A resource that the hub does not read, reduced to the common elements and the references to a person."""
    resource = entry["resource"]
    reduced = {**resource, "resourceType": "OtherResource"}
    for name in ("subject", "patient"):
        if not isinstance(reduced.get(name), dict):
            reduced.pop(name, None)  # in some resources it is a list or a code
    other = msgspec.convert(reduced, loosened(OtherResource))
    return Entry(resource=cast("Any", other), fullUrl=entry.get("fullUrl"))


def _code_refused(error: msgspec.ValidationError, node: Any, shape: type[Struct], place: str) -> Refused:
    """The refusal for a requirement of the lean shape that is not met: nearly always a code, and then the codes are listed."""
    if place == "Bundle" and "$.type" in str(error):
        return refused("not-a-bundle", "Bundle.type")
    found = re.search(r"`\$([A-Za-z0-9_.\[\]]*)`$", str(error))
    path = found[1] if found else ""
    codes = codes_at(shape, node, [step.partition("[")[0] for step in path.removeprefix(".").split(".")])
    return faults.wrong_code(place + path, codes) if codes else faults.invalid(place + path)


def _check_unread(node: Any, place: str) -> None:
    """Check elements that must not be ignored: modifiers, implicit rules, and XHTML, which receivers may show.

    A null in a list, for a value that has only an extension, is removed: the hub does not read that extension.
    """
    if isinstance(node, list):
        node[:] = [child for child in node if child is not None]
        for index, child in enumerate(node):
            _check_unread(child, f"{place}[{index}]")
    elif isinstance(node, dict):
        if "modifierExtension" in node or "implicitRules" in node:
            raise refused("modifier-extension", place)
        if isinstance(node.get("div"), str):
            narrative.check(node["div"], f"{place}.div")
        for name, child in node.items():
            if isinstance(child, (dict, list)):
                _check_unread(child, f"{place}.{name}")
