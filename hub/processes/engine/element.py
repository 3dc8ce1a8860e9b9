"""A part of a case that has a row of its own in the store. Imports what is awaited only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.processes.engine.awaited import Awaited


@dataclass(slots=True)
class Element:
    """A part of a case with a row of its own in the store, loaded only for messages that touch it (``Rule.touches``).

    So a case costs the same however many parts it has. ``address`` is its kind and its id: ``meddelande/<id> <source>``.
    """

    address: str
    version: int
    state: dict[str, Any]
    """The process's own plain data about it."""
    awaited: Awaited | None = None
    """What it waits for. ``Case.unanswered`` counts these, since a case knows its elements only when they are loaded."""
    removed: bool = False
