"""The names of the staff in a message, where HSA has said them (C-60). Imports the language only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from schemas.envelope import Message
from schemas.parts import Part

NameOf = Callable[[str], str | None]
"""HSA-id of a person → the name, or None where HSA has not said it lately."""

_FIELDS = ("actor", "person", "responsible_physician", "decided_by", "kallelseansvarig")
_PARTS = ("samtycke", "slutenvard", "oppenvard")
"""Parts of a message that name persons."""
_LISTS = ("responsible_physicians",)
"""Lists of persons in such a part."""


def names_in(message: Message, name_of: NameOf) -> dict[str, str]:
    """HSA-id → name, for each person in a message whose name is known."""
    found = {}
    for person in _persons(message):
        name = name_of(person)
        if name is not None:
            found[person] = name
    return found


def _persons(message: Message) -> Iterator[str]:
    if message.actor is not None:
        yield message.actor
    yield from _of(message.data)
    for name in _those_there(type(message.data), _PARTS):
        inside: Part | tuple[Part, ...] | None = getattr(message.data, name)
        if inside is not None:
            yield from _of(inside)
            for field in _those_there(type(inside), _LISTS):
                yield from getattr(inside, field) or ()


def _of(part: Part | tuple[Part, ...]) -> Iterator[str]:
    for field in _those_there(type(part), _FIELDS):
        person: Any = getattr(part, field)
        if isinstance(person, str):
            yield person


@cache
def _those_there(kind: type[object], names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the names that are fields of a kind of part: to ask each part for what it lacks costs more than all else here."""
    return tuple(name for name in names if name in getattr(kind, "model_fields", ()))
