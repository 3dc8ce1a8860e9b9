"""What is drawn and told of a process for vendors: the messages that are tried and the states they lead between, its rules beyond
the table, how the regions differ. Pure; imports the case and the language only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from hub.processes.engine.case import Case
from schemas.parts import Part

State = Callable[[Case | None], str]
"""The name of the state that a case stands in; None: there is no case."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One message that is tried in every state that can be reached."""

    unit: str
    """HSA-id of the sender, or the hub's own source."""
    label: str
    message: str
    data: Part
    later: timedelta = timedelta()
    """How long after the first message it is sent: a meeting that is held must have begun."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One diagram of states."""

    heading: str
    start: str
    """The name of its first state."""
    before: tuple[Trial, ...]
    """The messages that lead to the first state, from no case."""
    trials: tuple[Trial, ...]
    state: State
    tried_apart: Callable[[Case | None], object] | None = None
    """What tells apart cases that are drawn as one state but must be tried one by one; None: the state alone."""


Pictures = Callable[[Mapping[str, str]], tuple[Picture, ...]]
"""A world's names (name → HSA-id) → the diagrams."""


@dataclass(frozen=True, slots=True)
class ProfileAnswer:
    """What a region answers to a question, in words."""

    text: str
    kind: Literal["rule", "none", "silent"] = "rule"
    """``none``: the step does not exist there, and its message is refused by the rule's id; ``silent``: nothing of its own holds."""


@dataclass(frozen=True, slots=True)
class ProfileQuestion:
    """A question that the regions answer each in its way (processes.md §4)."""

    rule: str
    question: str
    answer: Callable[[Any], ProfileAnswer]
    """Of a region's row of answers."""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """What contracts/rules.md says of a process beyond its rows and guards: rule → why, or where."""

    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Rules that the process enforces beside its tables, and where."""
    refuses_nothing: Mapping[str, str] = field(default_factory=dict)
    """Rules under which no message is refused, and why."""
    not_by_message: Mapping[str, str] = field(default_factory=dict)
    """Common rules that no message of the process shows, and why."""
    scope: tuple[str, ...] = ()
    """Every rule of the process's own chapter of processes.md."""
