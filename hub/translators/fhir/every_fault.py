"""Every fault of a message Bundle at once, for who writes one: the hub itself answers with the first. Imports the reader and its parts.

First comes what differs from FHIR R4; what the Bundle says is looked at only when nothing does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from hub.errors import Refused
from hub.translators.fhir import faults, names, persons, reader, reference, xml
from hub.translators.fhir.bundle import View
from hub.translators.fhir.elements import is_resource
from hub.translators.fhir.header import author, business_time, event, message_id, sender, subject
from hub.translators.fhir.refusals import refused
from hub.translators.fhir.resources import Encounter
from hub.translators.fhir.shapes import Resource
from hub.translators.fhir.table import TABLE
from schemas.identity_types import EVERY_PUBLISHED_FORM
from schemas.messages import FROM_THE_HUB, MESSAGES

T = TypeVar("T")


def resource_in_json(body: bytes, media_type: str) -> bytes:
    """A resource of any kind, from JSON or XML, as JSON. Raises ``Refused``."""
    if media_type != names.XML:
        return body
    return reference.encoded(xml.resource_tree(xml.parse(body)))


def kept_resource(body: bytes, media_type: str, kind: str) -> dict[str, Any]:
    """The tree of one resource of this kind, from JSON or XML, whose texts the database can hold. Raises ``Refused``: 400."""
    body = resource_in_json(body, media_type)
    for fault in reference.every_fault(body, kind):
        raise fault
    tree: dict[str, Any] = reference.json_tree(body)
    for place, text in _texts(tree, kind):
        if _CONTROL.search(text):
            raise faults.control_character(place)
    return tree


_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def _texts(node: Any, place: str) -> Iterator[tuple[str, str]]:
    """(place, text) of every text of a tree."""
    if isinstance(node, str):
        yield place, node
    elif isinstance(node, dict):
        for name, child in node.items():
            yield from _texts(child, f"{place}.{name}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _texts(child, f"{place}[{index}]")


def of_resource(body: bytes, kind: str) -> list[Refused]:
    """Where a resource in JSON differs from R4."""
    if not is_resource(kind):
        return [refused("unknown-resource", "/")]
    return reference.every_fault(body, kind)


def of_bundle(body: bytes, *, from_hub: bool = False) -> list[Refused]:
    """Every fault of a message Bundle in JSON; ``from_hub``: of a notice. The first is the one that the reader gives."""
    found = reference.every_fault(body)
    if found:
        return found
    gathered = _Gathered()
    bundle = gathered.of(lambda: reference.from_json(body))
    view = None if bundle is None else gathered.of(lambda: View(bundle, EVERY_PUBLISHED_FORM))
    if view is None:
        return gathered.found
    name = gathered.of(lambda: event(view, from_hub=from_hub))
    gathered.of(lambda: message_id(view))
    if name not in FROM_THE_HUB:
        gathered.of(lambda: sender(view))
        gathered.of(lambda: author(view))
    if name is not None:
        _gather_act(view, name, gathered)
    return gathered.found


class _Gathered:
    """The refusals of steps that do not need each other."""

    def __init__(self) -> None:
        self.found: list[Refused] = []

    def of(self, step: Callable[[], T]) -> T | None:
        """What a step gives; None, and one refusal more, when it refuses."""
        try:
            return step()
        except Refused as refusal:
            if all((one.rule, one.element) != (refusal.rule, refusal.element) for one in self.found):
                self.found.append(refusal)
            return None


def _focus(view: View, kind: type[Resource]) -> Resource:
    found = view.one(kind)
    if found is None:
        raise view.refused("focus-missing", view.header, ".focus")
    return found


def _gather_act(view: View, name: str, gathered: _Gathered) -> None:
    act = TABLE[name]
    focus = gathered.of(lambda: _focus(view, act.focus))
    if focus is None:
        return
    fields = gathered.of(lambda: act.read(view, focus))
    gathered.of(lambda: persons.check(view))
    gathered.of(lambda: subject(view, focus if isinstance(focus, Encounter) else view.one(Encounter)))
    gathered.of(lambda: business_time(view, focus))
    if fields is None:
        return
    try:
        MESSAGES[name].model_validate(fields, context={"identities": EVERY_PUBLISHED_FORM})
    except ValidationError as error:
        gathered.found += reader.fields_refused(view, name, focus, error)
