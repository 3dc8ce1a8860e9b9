"""Checks that a JSON tree has only R4's elements, with the right cardinality and JSON types. Imports the elements and the faults.

The reference model is too tolerant: it accepts 0 as the year 1970, "n" as no, and a number in quotes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from hub.errors import Refused
from hub.translators.fhir import faults
from hub.translators.fhir.elements import RESOURCE, ElementType, elements, is_resource
from hub.translators.fhir.refusals import refused

_WHOLE: Final = frozenset({"integer", "positiveInt", "unsignedInt"})
_EXTENDED: Final = "Element"


class Object(dict[str, Any]):
    """A JSON object; ``twice``: its repeated members."""

    twice: tuple[str, ...] = ()


def as_object(pairs: list[tuple[str, Any]]) -> Object:
    """An ``Object`` of a JSON object's pairs, for ``json.loads``."""
    found = Object(pairs)
    if len(found) != len(pairs):
        found.twice = tuple(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    return found


def check(node: Any, kind: str, place: str) -> None:
    """Raise ``Refused`` at the first element that differs from R4."""
    for fault in faults_of(node, kind, place):
        raise fault


def faults_of(node: Any, kind: str, place: str) -> Iterator[Refused]:
    """The refusals of every element that differs from R4, in the order of the Bundle."""
    if not isinstance(node, dict):
        yield faults.not_an_object(place)
        return
    if kind == RESOURCE and not is_resource(node.get("resourceType")):
        yield refused("unknown-resource", place)
        return
    known = elements(str(node["resourceType"]) if kind == RESOURCE else kind)
    if isinstance(node, Object) and node.twice:
        names = [name for name in node.twice if name == "resourceType" or name.removeprefix("_") in known]
        yield faults.twice(f"{place}.{names[0]}" if names else place)
    chosen: dict[str, str] = {}
    for number, (name, value) in enumerate(node.items(), 1):
        if name == "resourceType":
            continue
        element = known.get(name.removeprefix("_"))
        if element is None or (name.startswith("_") and not element.primitive):
            yield faults.unknown_element(place, name, number)
        elif value is not None:  # a member that is null counts as absent
            own = name.removeprefix("_")
            if element.choice is not None and chosen.setdefault(element.choice, own) != own:
                yield faults.several_of_choice(f"{place}.{element.choice}[x]")
            yield from _faults_of_element(node, name, element, f"{place}.{name}")
    for element in known.values():
        if element.required and element.choice is not None and element.choice not in chosen:
            yield faults.missing(f"{place}.{element.choice}[x]")


def _faults_of_element(node: dict[str, Any], name: str, element: ElementType, place: str) -> Iterator[Refused]:
    value = node[name]
    if element.many is not isinstance(value, list):
        yield faults.many(place) if element.many else faults.not_many(place)
        return
    beside = node.get(name[1:] if name.startswith("_") else f"_{name}")
    for index, one in enumerate(value if element.many else (value,)):
        here = f"{place}[{index}]" if element.many else place
        if one is None:
            if not isinstance(beside, list) or index >= len(beside) or beside[index] is None:
                yield faults.null(here)
        elif name.startswith("_"):
            yield from faults_of(one, _EXTENDED, here)
        elif not element.primitive:
            yield from faults_of(one, element.kind, here)
        elif not _is_of(one, element.kind):
            yield faults.wrong_form(here, element.kind)


def _is_of(value: Any, kind: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in _WHOLE:
        return type(value) is int
    if kind == "decimal":
        return type(value) in (int, float)
    return isinstance(value, str)
