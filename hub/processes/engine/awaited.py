"""What a case waits for: one act, of some units, about one message. Imports the standard library only.

A step may wait for several acts at a time, each under a key of its own (two meetings in one step). A step that waits for one
act only has it under the step's own name; any other key is the step's name, a slash, and the id of what the act is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Awaited:
    """One act that is awaited, or was."""

    step: str
    act: str
    """kvittera, justera, godkanna, svara …"""
    by: list[str]
    """The units whose act is still awaited."""
    message: str
    """Id of the message that asks for it, which the answer names."""
    source: str
    """``source`` of that message."""
    sequence: int
    """The number of that message in the case."""
    since: str
    """When the hub received that message (ISO 8601)."""
    done: dict[str, list[Any]] = field(default_factory=dict)
    """Unit → [actor, role, time] of its act."""

    def about(self, key: str) -> str | None:
        """The id of what the act is about, from its key; None where the step waits for one act only."""
        return None if key == self.step else key.removeprefix(f"{self.step}/")

    def is_of(self, source: str, message: str) -> bool:
        """Whether a message asks for it."""
        return (self.source, self.message) == (source, message)


def step_of(key: str) -> str:
    """The step of what is awaited under a key."""
    return key.partition("/")[0]
