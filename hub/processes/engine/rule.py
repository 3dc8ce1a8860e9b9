"""What a process's table is made of: rows, named guards, effects, and the situation that they look at. Pure; imports the
language, the errors and the case.

A rule is one row: *this message, from this party, when these guards hold, leads to these effects, is told to these,
because of these rule ids* (architecture.md §3). Adding to a process means rows, guards and profile answers, never
machinery.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.engine.events import EVOLVE, Event
from hub.processes.profiles.profile import Profile
from schemas.directory import Directory, Unit
from schemas.envelope import Message
from schemas.messages import Question

HUB_PARTY = "hub"


@lru_cache(maxsize=8)
def _as_text(now: datetime) -> str:
    """One moment serves a whole batch."""
    return now.isoformat()


def acting_role(role: str | None, unit: Unit) -> str:
    """C-3: the role acted in is one of the unit's active ones; left out, it is the unit's only one."""
    if role is None and len(unit.roles) == 1:
        return next(iter(unit.roles))
    if role is None or role not in unit.roles:
        raise Refused(
            "C-3",
            "Ange actorrole: en av enhetens aktiva roller i katalogen.",
            "Give actorrole: one of the unit's active roles in the directory.",
            "/actorrole",
        )
    return role


@dataclass(slots=True)
class Context:
    """What a guard or an effect sees: the case, the message in hand, who sent it."""

    case: Case
    message: Message
    data: Any
    name: str
    """The message's name; of a part handled inside another message, the part's."""
    party: str
    directory: Directory
    profile: Profile
    now: datetime
    """When the hub took the message in: what is told is told then."""
    events: list[Event] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    asks: list[Question] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    counted: bool = False
    """The case has given the message its number."""

    @property
    def unit(self) -> str:
        """HSA-id of the acting unit."""
        return self.message.unit

    @property
    def at(self) -> str:
        """``now``, as events hold it."""
        return _as_text(self.now)

    @property
    def role(self) -> str:
        """The role acted in (C-3)."""
        return acting_role(self.message.role, self.directory.unit_by_hsa[self.unit])

    def emit(self, name: str, /, **facts: Any) -> None:
        """An event happened; the case changes at once, so that the next effect sees it."""
        self.events.append((name, facts))
        EVOLVE[name](self.case, **facts)


@dataclass(frozen=True, slots=True)
class Guard:
    """A named condition with the rule that it enforces and the sentence that tells the sender what to do."""

    name: str
    rule: str
    holds: Callable[[Context], bool]
    sv: str
    en: str
    element: str | None
    early: str = ""
    """What the condition misses where that may still be on its way, by another topic, partition or connection (D-4):
    ``consent`` and ``inskrivning`` before anything is published, the free ``message`` that is named at any time."""

    def refusal(self, situation: Context) -> Refused:
        """What the sender is answered when the condition does not hold."""
        early = self.early if self.early == "message" or not situation.case.published else ""
        return Refused(self.rule, self.sv, self.en, self.element, warnings=list(situation.warnings), early=early)


def guard(
    rule: str, *, sv: str, en: str, element: str | None = None, early: str = ""
) -> Callable[[Callable[[Context], bool]], Guard]:
    """Makes a guard of a function; the function's name is the guard's."""

    def wrap(holds: Callable[[Context], bool]) -> Guard:
        return Guard(holds.__name__, rule, holds, sv, en, element, early)

    return wrap


OPEN = frozenset({"open"})
TO_THE_END = frozenset({"open", "discharged"})
"""V-16: what may still be said of a case whose patient has left the ward."""

Effect = Callable[[Context], None]
Tells = Callable[[Context], list[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a process's table."""

    message: str
    parties: frozenset[str]
    rules: tuple[str, ...]
    effects: tuple[Effect, ...]
    tells: Tells
    guards: tuple[Guard, ...] = ()
    """About the case alone: they also answer «what may this unit do now?»."""
    checks: tuple[Guard, ...] = ()
    """About what the message says."""
    opens: bool = False
    embeds: tuple[str, ...] = ()
    """Messages that this one may carry in a field of the same name, handled before it in the same breath."""
    in_status: frozenset[str] = OPEN
    """The statuses of the case in which it is accepted."""
    from_outside: bool = False
    """A unit that takes no part may send it (C-5)."""


@dataclass(frozen=True)
class Process:
    """A process: its steps in the order shown, and its table."""

    name: str
    steps: tuple[str, ...]
    rows: tuple[Rule, ...]
    opening_rule: str
    """The rule that says which messages open a case, and whose."""

    @cached_property
    def _by_name(self) -> Mapping[str, Rule]:
        return {row.message: row for row in self.rows}

    def row(self, message: str) -> Rule | None:
        """The row of a message by name, or None when the process has none."""
        return self._by_name.get(message)
