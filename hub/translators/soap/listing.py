"""Where a person is listed: GetListingCounty 2 and GetListing 2, requests and answers (law-and-lookups.md §3). Pure; imports
``envelope``, ``answer`` and the language only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic.dataclasses import dataclass

from hub.translators.soap import answer as reader
from hub.translators.soap import envelope
from hub.translators.soap.answer import XmlElement
from hub.translators.soap.envelope import SoapRequest
from schemas.identities import PersonId
from schemas.oids import OID_HSA
from schemas.unit_ids import LANSKODER

PRIMARY_CARE: Final = ("PV", "1.2.752.129.5.1.27")
"""Code and code system of a primary-care listing."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The asker. Producers may withhold listings depending on ``kind``: REGION, HEALTHCARE_ADVISER … (ActorTypeEnum)."""

    hsa_id: str
    kind: str = "REGION"


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing. Its times are aware, in Swedish time; on the wire they have no zone."""

    facility_id: str
    """HSA-id, in capitals."""
    facility_name: str
    type_code: str
    type_system: str
    in_queue: bool
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    @property
    def primary_care(self) -> bool:
        """Whether the listing makes the unit the person's health centre."""
        return (self.type_code, self.type_system) == PRIMARY_CARE

    def valid_at(self, moment: datetime) -> bool:
        """Whether the listing is valid at an aware ``moment``; an absent limit is no limit."""
        begun = self.valid_from is None or self.valid_from <= moment
        return begun and not self.ended_at(moment)

    def ended_at(self, moment: datetime) -> bool:
        """Whether the listing's end has passed. An end at midnight is the beginning of that day, as the producer wrote it."""
        return self.valid_to is not None and self.valid_to < moment


@dataclass(frozen=True, slots=True)
class ListingAnswer:
    """The listings of one county's producer. ``error``: the result code was ERROR or one of its four kinds. ``unread``: a listing
    could not be read, so that a person without a valid listing is not known to be unlisted.
    """

    listings: tuple[Listing, ...] = ()
    error: bool = False
    unread: bool = False


@dataclass(frozen=True, slots=True)
class CountiesAnswer:
    """The länskoder where a person is listed. Empty: unlisted, wrong region asked, or withheld."""

    counties: tuple[str, ...] = ()
    error: bool = False


def listing_request(county: str, actor: Actor, person: PersonId) -> SoapRequest:
    """Ask one county's producer (LogicalAddress = länskod) for a person's listings."""
    return envelope.build(envelope.GET_LISTING, county, **_asked(actor, person))


def listing_answer(body: bytes) -> ListingAnswer:
    """Read an answer of GetListing.

    Raises ``SoapFault``, and ``Unreadable`` also when a listing cannot be read and there is no other of primary care.
    """
    answer = reader.read(envelope.GET_LISTING, body)
    listings, spoilt = answer.rows("listings", _listing)
    if spoilt is not None and not any(one.primary_care for one in listings):
        raise spoilt
    return ListingAnswer(listings, _is_error(answer), unread=spoilt is not None)


def county_request(county: str, actor: Actor, person: PersonId) -> SoapRequest:
    """Ask one county's producer in which counties a person is listed."""
    return envelope.build(envelope.GET_LISTING_COUNTY, county, **_asked(actor, person))


def county_answer(body: bytes) -> CountiesAnswer:
    """Read an answer of GetListingCounty. Raises ``SoapFault`` or ``Unreadable``."""
    answer = reader.read(envelope.GET_LISTING_COUNTY, body)
    # A leading zero may be lost, as in folkbokföring; a code that SCB does not have is no county to ask.
    said = [(one.text("extension") or "").zfill(2) for one in answer.all("listingCounties")]
    known = tuple(dict.fromkeys(code for code in said if code in LANSKODER))
    if said and not known:
        raise envelope.Unreadable("not-valid", element="listingCounties")
    return CountiesAnswer(known, _is_error(answer))


def _is_error(answer: XmlElement) -> bool:
    code = answer.needed_text("resultCode")
    if code not in {"OK", "INFO"} and not code.startswith("ERROR"):
        raise envelope.Unreadable("not-valid", element="resultCode")
    return code.startswith("ERROR")


def _asked(actor: Actor, person: PersonId) -> dict[str, Any]:
    return {
        "actor": {"actorId": {"root": OID_HSA, "extension": actor.hsa_id}, "actorType": actor.kind},
        "personId": {"root": person.root, "extension": person.value},
    }


def _listing(one: XmlElement) -> Listing:
    kind = one.needed("listingType")
    code = kind.needed_text("code")
    system = kind.needed_text("codeSystem") if code == PRIMARY_CARE[0] else kind.text("codeSystem") or ""
    if (code, system) != PRIMARY_CARE:  # not used, so the rest of it is not read
        return Listing("", "", code, system, in_queue=False)
    facility = one.needed("healthcareFacility")
    return Listing(
        facility_id=facility.needed_text("id").upper(),
        facility_name=facility.text("name") or "",
        type_code=code,
        type_system=system,
        in_queue=one.needed_flag("isInQueue"),
        valid_from=one.moment("validFromDate"),
        valid_to=one.end("validToDate"),
    )
