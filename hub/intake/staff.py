"""The names of the staff in a message, where HSA has said them (C-60). Imports the language only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from schemas.envelope import Message

NameOf = Callable[[str], str | None]
"""HSA-id of a person → the name, or None where HSA has not said it lately."""

_FIELDS = ("actor", "person", "responsible_physician", "decided_by", "kallelseansvarig")
_PARTS = ("samtycke", "slutenvard", "oppenvard")
"""Parts of a message that name persons."""


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
    for part in _PARTS:
        inside = getattr(message.data, part, None)
        if inside is not None:
            yield from _of(inside)
            yield from getattr(inside, "responsible_physicians", None) or ()


def _of(part: Any) -> Iterator[str]:
    for field in _FIELDS:
        person = getattr(part, field, None)
        if isinstance(person, str):
            yield person
