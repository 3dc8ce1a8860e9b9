"""Finds what stands at a JSON pointer and compares it with what was expected. Imports nothing of the hub."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def at(data: Any, pointer: str) -> list[Any]:
    """Everything that stands at a JSON pointer, in which ``*`` is every element of a list; empty where there is nothing."""
    found = [data]
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        found = [inner for outer in found for inner in _step(outer, key)]
    return found


def elements_at(data: Any, pointer: str) -> list[Any]:
    """The elements of every list that stands at a JSON pointer."""
    return [inner for found in at(data, pointer) if isinstance(found, list | tuple) for inner in found]


def _step(data: Any, key: str) -> list[Any]:
    if isinstance(data, Mapping):
        return [data[key]] if key in data else []
    if isinstance(data, list | tuple):
        if key == "*":
            return list(data)
        return [data[int(key)]] if key.isdecimal() and int(key) < len(data) else []
    return []


def matches(expected: Any, found: Any) -> bool:
    """Whether what was found is what was expected: of a mapping each key that is expected, of a list all its elements, of
    two times that each has its zone the same moment.
    """
    if isinstance(expected, Mapping):
        return isinstance(found, Mapping) and all(
            name in found and matches(inner, found[name]) for name, inner in expected.items()
        )
    if isinstance(expected, list | tuple):
        return (
            isinstance(found, list | tuple)
            and len(expected) == len(found)
            and all(matches(one, other) for one, other in zip(expected, found, strict=True))
        )
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    moments = _moment(expected), _moment(found)
    return bool(expected == found or (None not in moments and moments[0] == moments[1]))


def _moment(value: Any) -> datetime | None:
    """A text that is a time with its zone."""
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return time if time.tzinfo is not None else None
