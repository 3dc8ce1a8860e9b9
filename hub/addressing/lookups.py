"""The types of addressing: look-ups, answers, failures, and the outcomes of law-and-lookups.md §4.

Pure: imports ``schemas`` and the answers of ``translators.soap``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from hub.translators.soap.folkbokforing import Address, PersonRecord
from hub.translators.soap.listing import CountiesAnswer, ListingAnswer
from schemas.identities import PersonId, RegionalPattern

REFUSALS: Final = frozenset({"client-fault", "result-error"})
"""A producer's own Client fault, and the result code ERROR of the listing contracts."""


class LookupOutcome(StrEnum):
    """The outcome of addressing, never an exception. All but the first two put the case in the manual queue (§4)."""

    LISTED = "listed"
    LISTED_ELSEWHERE = "listed_in_another_region"
    IN_QUEUE = "only_in_queue"
    UNLISTED = "unlisted"
    REGION_UNKNOWN = "region_unknown"
    PROTECTED = "protected"
    NOT_FOUND = "not_found"
    DECEASED = "deceased"
    RESERVE_NUMBER = "reserve_number"
    UNAVAILABLE = "lookup_unavailable"

    @property
    def manual(self) -> bool:
        """Whether operations and the sending ward must address the case by hand."""
        return self not in {LookupOutcome.LISTED, LookupOutcome.LISTED_ELSEWHERE}


class Register(StrEnum):
    """The kind of question; also the metric's label."""

    FOLKBOKFORING = "folkbokforing"
    COUNTIES = "listing_county"
    LISTING = "listing"


@dataclass(frozen=True, slots=True)
class Lookup:
    """One look-up. ``county`` (länskod) is the producer asked about listings; folkbokföring has none."""

    register: Register
    person: PersonId
    county: str | None = None

    def __str__(self) -> str:
        return self.register.value if self.county is None else f"{self.register.value}:{self.county}"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Folkbokföring does not know the identity."""


@dataclass(frozen=True, slots=True)
class LookupFailed:
    """No answer. ``reason``: a code (VP009, client-fault, time-out …); ``parked``: not to be retried."""

    reason: str
    parked: bool = False

    @property
    def refused(self) -> bool:
        """The producer itself would not take the question: how a listing refuses an identity (§3)."""
        return self.reason in REFUSALS


Answer = PersonRecord | Unknown | CountiesAnswer | ListingAnswer | LookupFailed


@dataclass(frozen=True, slots=True)
class LookupContext:
    """The facts that do not come from a register. ``now``: aware. ``home_county``: the case's region, when it has one."""

    now: datetime
    home_county: str | None = None
    production: bool = True
    """Test persons of the register are discarded."""
    regional_patterns: tuple[RegionalPattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolution:
    """The registers' answers put together. The municipality and the centre stand whatever the outcome: every unit that is
    found is told (§4). Of a protected person only the flag is given.
    """

    outcome: LookupOutcome
    health_centre: str | None = None
    """HSA-id."""
    health_centre_name: str | None = None
    municipality_code: str | None = None
    """Kommunkod of the registration; ``None`` too for a person who has left the register (V-2: manual queue)."""
    county: str | None = None
    """Länskod of the listing, else of the registration."""
    name: str | None = field(default=None, repr=False)
    address: Address | None = field(default=None, repr=False)
    identity: PersonId | None = None
    """The person's present identity where it is another than was asked for: a changed number, a reserve number's main one."""
    protected: bool = False
    deceased: bool = False
    deceased_on: str | None = None
    deregistration: str | None = None
    asked: tuple[str, ...] = ()
    """The look-ups made, in order, without the person: ``folkbokforing``, ``listing_county:12`` …"""
    failures: tuple[str, ...] = ()
    retry: bool = False
    """Asking again later may give more: a look-up is unavailable and not parked."""
