"""What the kit awaits of the vendor's system at a step of a scenario, and whether a message is that. Does no I/O; imports the
scenarios' comparison only.

The vendor's data need not be the scenario's. AwaitedMessage are the values on which the rest of the scenario stands: what the kit or
another party has named before (messages, cases, meetings, parts of the plan, units, the person), true and false, and codes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.scenarios.matching import matches

_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_FREE = frozenset({"text", "place", "name", "heading", "description", "comment", "reason"})
"""Fields of free text, in which a small word is no code."""
_PERSON = "personnummer"


@dataclass(frozen=True, slots=True)
class AwaitedMessage:
    """A message that the vendor's system is to send."""

    step: int
    """Counted from 1."""
    name: str
    """``kvittens``."""
    unit: str
    """HSA-id."""
    unit_name: str
    case: str | None
    """The hub's id; None for the message that opens the case."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What its data must hold."""
    now: datetime | None = None
    """The scenario's clock, where it is not the real one any more."""
    called: Mapping[str, str] = field(default_factory=dict)
    """An id that differs from run to run → what sentences call it."""

    @property
    def sentence(self) -> str:
        """What is to come: ``lund_kommun is to send kvittens with message m-2``."""
        told = ", ".join(f"{pointer[1:]} {self._shown(value)}" for pointer, value in _leaves(self.data))
        return f"{self.unit_name} is to send {self.name}{f' with {told}' if told else ''}"

    @property
    def ids(self) -> list[str]:
        """What the sentence calls otherwise, as it stands in messages."""
        return [value for _, value in _leaves(self.data) if isinstance(value, str) and value in self.called]

    def lacks(self, data: Any) -> list[str]:
        """What is otherwise in a message's data: one phrase for each value, empty when all is there."""
        return list(self._lacking(self.data, data, ""))

    def _lacking(self, wanted: Any, found: Any, pointer: str) -> Iterator[str]:
        if isinstance(wanted, Mapping) and isinstance(found, Mapping):
            for name, inner in wanted.items():
                yield from self._lacking(inner, found.get(name), f"{pointer}/{name}")
        elif isinstance(wanted, list) and isinstance(found, list | tuple):
            for inner in wanted:
                if not any(next(self._lacking(inner, one, ""), None) is None for one in found):
                    yield f"{pointer} has nothing with {self._shown(inner)}"
        elif not matches(wanted, found):
            yield f"{pointer} {self._came(found)} and not {self._shown(wanted)}"

    def _came(self, value: Any) -> str:
        """A value of the vendor's message; one that may be of a person is not repeated (D-10)."""
        if value is None:
            return "is left out"
        known = isinstance(value, bool) or (isinstance(value, str) and (value in self.called or _CODE.fullmatch(value)))
        return f"is {self._shown(value)}" if known else "is another"

    def _shown(self, value: Any) -> str:
        if isinstance(value, Mapping):
            return " ".join(f"{pointer[1:]} {self._shown(inner)}" for pointer, inner in _leaves(value))
        if isinstance(value, list | tuple):
            return " and ".join(map(self._shown, value))
        return self.called.get(value, value) if isinstance(value, str) else json.dumps(value)


def determined(data: Any, named: Collection[str], key: str = "") -> Any:
    """Of a step's data what a vendor's message must hold too; None where nothing of it must be. ``named``: every id that has been
    named before.
    """
    if isinstance(data, Mapping):
        found = {name: determined(inner, named, str(name)) for name, inner in data.items()}
        return {name: inner for name, inner in found.items() if inner is not None} or None
    if isinstance(data, list | tuple):
        return [one for inner in data if (one := determined(inner, named, key)) is not None] or None
    if isinstance(data, bool):
        return data
    if isinstance(data, str) and (
        data in named or key == _PERSON or (key not in _FREE and _CODE.fullmatch(data) is not None)
    ):
        return data
    return None


def _leaves(data: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(data, Mapping):
        for name, inner in data.items():
            yield from _leaves(inner, f"{pointer}/{name}")
    else:
        yield pointer, data
