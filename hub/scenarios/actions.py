"""What a scenario asks of the hub that it is played against, and what it gets back: plain data.

Imports the intake's arrival, the rules' case and the store's plain rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.intake.arrival import Arrival
from hub.processes.engine.case import Case
from hub.store import inbox
from hub.store.case_reads import StoredAct
from schemas.hub_messages import Folkbokforing
from schemas.messages import NoticeExtensions, Receipt


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Handle a message and what follows from it; answered with a ``StepOutcome``."""

    arrival: Arrival
    now: datetime


@dataclass(frozen=True, slots=True)
class MoveClock:
    """Move the clock, and tell what comes due on the way at its time; answered with the notices."""

    to: datetime


@dataclass(frozen=True, slots=True)
class LearnNews:
    """Folkbokforing says something new of a person; answered with the notices."""

    person: str
    news: Folkbokforing
    now: datetime


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """The final receipt of a message that was held; answered with it, or None while it is held."""

    key: inbox.Key


@dataclass(frozen=True, slots=True)
class ReadCase:
    """A case as it is stored; answered with a ``StoredCase``, or None."""

    case: str


@dataclass(frozen=True, slots=True)
class ReadPerson:
    """A person's cases, the one changed last first; answered with a list of ``StoredCase``."""

    person: str


@dataclass(frozen=True, slots=True)
class ReadUnit:
    """The cases in a unit's lists, archived ones too, the one changed last first (C-31); answered with a list of ``StoredCase``."""

    unit: str


Action = TakeMessage | MoveClock | LearnNews | ReadReceipt | ReadCase | ReadPerson | ReadUnit


@dataclass(frozen=True, slots=True)
class ToldNotice:
    """One notice as its system gets it: the hub's extensions, the message's name, its data as native JSON."""

    system: str
    told: NoticeExtensions
    name: str
    data: Any


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What one step led to: the answer to its sender, and every notice, those that follow from addressing included."""

    receipt: Receipt
    told: Sequence[ToldNotice]
    taken: Arrival | None = None
    """The message that a vendor's own system sent in place of the scenario's."""


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case with its accepted messages in their order, and with all its elements."""

    case: Case
    rows: Sequence[inbox.InboxRow]

    @property
    def changed_at(self) -> datetime:
        """When the last message was taken in that all may know of who may know of the case."""
        known = [act.received_at for act in self.acts if act.kept_to is None]
        return known[-1] if known else self.rows[0].received_at

    @property
    def acts(self) -> list[StoredAct]:
        """The messages as the views and the law's clock read them."""
        return [
            StoredAct(row.sequence or 0, row.name or "", inbox.events_of(row), row.received_at) for row in self.rows
        ]
