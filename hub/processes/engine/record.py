"""A case as it is read: what stands in it, its history, and its messages as they are shown. Pure; imports the case and the
language only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic_core import to_jsonable_python

from hub.processes.engine.case import Case
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.messages import HUB_SOURCE
from schemas.parts import Part


class Act(Protocol):
    """An accepted message of the history, without its bytes."""

    @property
    def sequence(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def events(self) -> Sequence[Any]: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def kept_to(self) -> str | None: ...


def kept_to(events: Iterable[Sequence[Any]]) -> str | None:
    """The unit that alone may know of an act, or None when the act is not kept (PR-1, LC-6)."""
    return next((facts["unit"] for name, facts in events if name == "kept"), None)


def may_know(unit: str, events: Iterable[Sequence[Any]]) -> bool:
    """Whether a unit may know of an act with these events. Whatever shows, counts or tells acts must ask this."""
    return kept_to(events) in {None, unit}


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as it is shown now: completed with what the register knew, without what is protected (C-62)."""

    sequence: int
    message: Message
    received_at: datetime

    def by(self, directory: Directory) -> dict[str, Any]:
        """Who sent it, and when."""
        unit = self.message.unit
        return {
            "unit": None if unit == HUB_SOURCE else unit,
            "unit_name": "Hubben" if unit == HUB_SOURCE else name_of(unit, directory),
            "actor": self.message.actor,
            "role": self.message.role,
            "time": self.message.time,
            "received_at": self.received_at,
        }


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case as a unit may see it (disclosure), with the history and those of its messages that are asked for."""

    case: Case
    acts: Sequence[Act]
    messages: Mapping[int, ShownMessage]
    directory: Directory
    now: datetime

    def document(self, sequence: int | None, names: Sequence[str] | None = None) -> dict[str, Any] | None:
        """What a message says, by its number, with who sent it: of the fields ``names``, or of all; None without it."""
        shown = None if sequence is None else self.messages.get(sequence)
        if shown is None:
            return None
        said = words(shown.message.data)
        kept = said if names is None else {name: said[name] for name in names if name in said}
        return {**kept, "sequence": shown.sequence, "by": shown.by(self.directory)}


def words(value: Any) -> Any:
    """A part of a message as plain JSON; a field that was left out is left out."""
    if isinstance(value, Part):
        return value.model_dump(mode="json", exclude_none=True)
    return to_jsonable_python(value)


def name_of(unit: str, directory: Directory) -> str | None:
    """A unit's name in the directory; None when the directory does not, or no longer, have it."""
    entry = directory.unit_by_hsa.get(unit)
    return None if entry is None else entry.name
