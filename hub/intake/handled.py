"""What the handling of a batch amounts to, as plain values for ``save`` to write. Pure; imports the rules' case and the
store's plain rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.processes.engine.case import Case
from hub.store.inbox import InboxRow, Key
from hub.store.outbox import OutboxRow
from schemas.messages import Receipt


@dataclass(frozen=True, slots=True)
class Holding:
    """A message that is held from now on, or is held still."""

    key: Key
    case_key: str
    reason: str
    is_new: bool
    waits_s: Sequence[float]
    """Seconds before each try, the last one repeated."""


@dataclass(slots=True, kw_only=True)
class Handled:
    """The outcome of one batch."""

    receipts: list[Receipt] = field(default_factory=list)
    """In the order of the arrivals."""
    received: list[InboxRow] = field(default_factory=list)
    """New messages, answered or held."""
    settled: list[InboxRow] = field(default_factory=list)
    """Messages that were held and have their answer now."""
    opened: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """Id of a new case → (system, its own reference)."""
    changed: dict[str, Case] = field(default_factory=dict)
    """By id; the new ones too."""
    seen_to_change: set[str] = field(default_factory=set)
    """Ids of the changed cases in which more has happened than acts that are kept to one unit."""
    elements: set[tuple[str, str]] = field(default_factory=set)
    """(case, free message) that are new or changed."""
    new_deadlines: set[str] = field(default_factory=set)
    """Ids of the cases whose deadlines are new or changed."""
    persons_with_news: set[str] = field(default_factory=set)
    """Persons about whom folkbokforing has said something new."""
    now_protected: set[str] = field(default_factory=set)
    """Ids of the cases whose person turned out to have a protected identity (C-62)."""
    held: list[Holding] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    """(queue of a reference, case id): what waited for a case that is open now."""
    to_retry: set[str] = field(default_factory=set)
    """Queues in which a held message may be tried again at once."""
    outbox: list[OutboxRow] = field(default_factory=list)
    """In the order in which they get their ids."""
    asked: set[tuple[str, str]] = field(default_factory=set)
    """(actor, role) that HSA is asked about."""
    counted: list[tuple[str, str, str]] = field(default_factory=list)
    """(system, message name, outcome) for the metrics."""
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    """(system, rule, message id) of what is refused, for the figures by rule."""
    given_up: list[tuple[str, str, str]] = field(default_factory=list)
    """(reason, system, message id) of what was refused after it had been held as long as it may be, for the log."""
