"""The elements of R4's resources that the hub reads, and which field of the language stands where, for the StructureDefinitions: from
the lean shapes and the paths. Imports those, the extensions and the elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final, get_type_hints

import msgspec

from hub.translators.fhir.elements import RESOURCE, elements
from hub.translators.fhir.extension_table import EXTENSIONS
from hub.translators.fhir.paths import PATHS
from hub.translators.fhir.resources import AnyResource

RESOURCES: Final = tuple(sorted(kind.__name__ for kind in AnyResource.__args__))
"""The resources that the hub reads."""
_SHAPES: Final = {kind.__name__: kind for kind in AnyResource.__args__}
_EXTENSION: Final = re.compile(r"extension\('([^']*)'\)")
_STEP: Final = re.compile(r"(?:[^.()]|\([^()]*\))+")
"""What stands between dots that are in no parentheses."""


@dataclass(slots=True)
class ResourceElement:
    """One element of a resource as the hub reads and writes it."""

    path: str
    """As in a StructureDefinition: ``Communication.payload.content[x]``."""
    least: int = 0
    many: bool = False
    fields: list[tuple[str, str]] = field(default_factory=list)
    """(message, field): what of the language stands there."""

    @property
    def of_any_resource(self) -> bool:
        """Whether every resource has it, so that it comes before the extensions: ``id``, ``meta`` …"""
        return self.path.partition(".")[2] in elements("Resource") or (
            self.path.endswith(".text") and "." not in self.path[:-5]
        )


@cache
def places(kind: str) -> dict[str, ResourceElement]:
    """Path → element, of a resource: what its shape reads and where the fields stand, in R4's order."""
    found = {name: _of_shape(kind, name) for name in elements(kind) if name in _wire_names(kind)}
    known = {one.path: one for one in found.values()}
    for message, paths in PATHS.items():
        for said, path in paths.items():
            steps = _STEP.findall(path)
            if steps[0] == kind:
                for place in _walked(kind, steps[1:]):
                    known.setdefault(place.path, place)
                    last = place.path
                if len(steps) > 1 and not _EXTENSION.match(steps[1]):
                    known[last].fields.append((message, said))
    return dict(sorted(known.items(), key=lambda item: _order(kind, item[0])))


def _wire_names(kind: str) -> dict[str, str]:
    shape = _SHAPES[kind]
    return {one.encode_name: one.name for one in msgspec.structs.fields(shape) if one.encode_name != "extension"}


def _of_shape(kind: str, name: str) -> ResourceElement:
    """An element of the resource itself."""
    one = elements(kind)[name]
    own = next(own for own in msgspec.structs.fields(_SHAPES[kind]) if own.encode_name == name)
    hint = get_type_hints(_SHAPES[kind], include_extras=True)[own.name]
    needed = own.required or any(getattr(meta, "min_length", None) for meta in getattr(hint, "__metadata__", ()))
    path = f"{kind}.{name if one.choice is None else f'{one.choice}[x]'}"
    return ResourceElement(path, int(needed), one.many)


def _walked(kind: str, steps: list[str]) -> Iterator[ResourceElement]:
    """The elements along a FHIRPath, up to its first extension."""
    path = kind
    for step in steps:
        name = re.sub(r"\[#\]", "", step).partition("(")[0]
        if name in ("extension", "where", "resolve", "select"):
            if name == "where":
                continue
            return
        known = elements(kind)
        one = known.get(name) or next((each for each in known.values() if each.choice == name), None)
        if one is None or one.kind == RESOURCE:
            return
        path = f"{path}.{name if one.choice is None else f'{name}[x]'}"
        yield ResourceElement(path, 0, one.many)
        if one.primitive or one.choice is not None:
            return
        kind = one.kind


def _order(kind: str, path: str) -> tuple[int, ...]:
    """R4's order of elements along a path."""
    places_: list[int] = []
    for step in path.split(".")[1:]:
        known = elements(kind)
        name = step.removesuffix("[x]")
        at = next(at for at, (own, one) in enumerate(known.items()) if name in (own, one.choice))
        places_.append(at)
        kind = list(known.values())[at].kind
    return tuple(places_)


@cache
def fields_in(url: str) -> frozenset[tuple[str, str]]:
    """(message, field) of all that stands in an extension."""
    return frozenset(
        (message, said)
        for message, paths in PATHS.items()
        for said, path in paths.items()
        if (found := [one for one in _EXTENSION.findall(path) if one in EXTENSIONS]) and found[-1] == url
    )
