"""The contents of the simulated registers, fictitious persons, units and staff, and their answers as bytes (C-64). Imports
``translators.soap.producer`` and the language; reads ``persons.yaml`` or a world's own contents.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field

from hub.translators.soap import producer
from hub.translators.soap.envelope import (
    GET_EMPLOYEE,
    GET_HEALTH_CARE_UNIT,
    GET_LISTING,
    GET_LISTING_COUNTY,
    GET_PERSONS,
    GET_UNIT,
)
from schemas.identities import parse_person_id
from schemas.oids import OID_LAN

STANDARD = Path(__file__).with_name("persons.yaml")


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ListingRow(_Row):
    """One listing. Times as on the wire: Swedish local time without zone."""

    county: str
    unit: str
    begins: datetime | None = Field(default=None, alias="from")
    ends: datetime | None = Field(default=None, alias="to")
    queue: bool = False
    type: str = "PV"


class LinkRow(_Row):
    """A linked (``primary``) or referred (``status`` NY or AS) identity."""

    id: str
    primary: bool = False
    status: str | None = None


class PersonRow(_Row):
    """A person. Dates as in the register: YYYY, YYYY-MM or YYYY-MM-DD, with 00 parts."""

    id: str
    expect: str | None = None
    """The expected outcome of addressing, for tests; ``centre`` and ``kommun``: the expected units."""
    centre: str | None = None
    kommun: str | None = None
    sip: str | None = None
    """The profile whose SIPs in the sandbox are about this person."""
    example: bool = False
    """The examples in ``contracts/`` are about this person, so the sandbox plays nothing of the person itself."""
    unknown: bool = False
    test: bool = True
    given: str | None = None
    middle: str | None = None
    surname: str | None = None
    notification: str | None = None
    county: str | None = None
    municipality: str | None = None
    """Two digits each."""
    registered: str | None = "1999-01-02"
    care_of: str | None = None
    street: str | None = None
    postal_code: int | None = None
    city: str | None = None
    protected: tuple[str, ...] = ()
    """``person``: sekretessmarkering; ``population``: skyddad folkbokföring."""
    deregistration: str | None = None
    deregistered: str | None = None
    found_dead: str | None = None
    coordination_deceased: str | None = None
    status_cause: str | None = None
    linked: tuple[LinkRow, ...] = ()
    referred: tuple[LinkRow, ...] = ()
    listings: tuple[ListingRow, ...] = ()
    refused_by_listing: bool = False


class HsaUnitRow(_Row):
    """A unit of the catalogue. Without ``provider`` it is no vårdenhet."""

    id: str
    name: str
    municipality: str
    phone: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    archived: bool = False
    provider: str | None = None
    provider_name: str | None = None
    orgnr: str | None = None


class EmployeeRow(_Row):
    """A member of staff."""

    id: str
    surname: str
    given: str | None = None
    licences: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    protected: bool = False


class Contents(_Row):
    """All contents of the simulated registers."""

    persons: tuple[PersonRow, ...] = ()
    units: tuple[HsaUnitRow, ...] = ()
    employees: tuple[EmployeeRow, ...] = ()

    @classmethod
    def load(cls, path: Path = STANDARD) -> Self:
        """Read a YAML file. Raises ``pydantic.ValidationError`` with the place and without the value."""
        return cls.model_validate(yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader))

    def counties(self) -> frozenset[str]:
        """The regions that have a producer of listings here."""
        return frozenset(listing.county for person in self.persons for listing in person.listings)


def person_answer(asked: Sequence[tuple[str, str]], persons: dict[str, PersonRow]) -> bytes:
    """GetPersonsForProfile: a row for each identity (root, extension), without a record when it is unknown."""
    rows: list[dict[str, Any]] = []
    for root, extension in asked:
        person = persons.get(extension)
        row: dict[str, Any] = {"requestedPersonalIdentity": {"root": root, "extension": extension}}
        if person is not None and not person.unknown and _identity(extension) == (root, extension):
            row["personRecord"] = _record(person)
        rows.append(row)
    return producer.answer(GET_PERSONS, requestedPersonRecord=rows)


def listing_answer(person: PersonRow | None, county: str, units: dict[str, HsaUnitRow]) -> bytes:
    """GetListing at one county's producer."""
    rows = [] if person is None else [_listing(one, units) for one in person.listings if one.county == county]
    return producer.answer(GET_LISTING, listings=rows, resultCode="OK")


def county_answer(person: PersonRow | None) -> bytes:
    """GetListingCounty: the counties of all the person's listings, whichever county was asked."""
    counties = [] if person is None else dict.fromkeys(one.county for one in person.listings)
    rows = [{"root": OID_LAN, "extension": county} for county in counties]
    return producer.answer(GET_LISTING_COUNTY, listingCounties=rows, resultCode="OK")


def unit_answer(unit: HsaUnitRow | None) -> bytes:
    """GetUnit; no unit = not found."""
    if unit is None:
        return producer.answer(GET_UNIT)
    fields: dict[str, Any] = {
        "businessType": ["01"],
        "countyCode": unit.municipality[:2],
        "unitHsaId": unit.id,
        "municipalityCode": unit.municipality,
        "unitName": unit.name,
        "publicName": unit.name,
        "telephoneNumber": [unit.phone] if unit.phone else [],
        "unitStartDate": unit.starts,
        "unitEndDate": unit.ends,
    }
    return producer.answer(GET_UNIT, unit=_filled(fields))


def health_care_unit_answer(unit: HsaUnitRow | None) -> bytes:
    """GetHealthCareUnit; a unit without a vårdgivare gives the same empty answer as one that does not exist."""
    if unit is None or unit.provider is None:
        return producer.answer(GET_HEALTH_CARE_UNIT)
    provider = unit.provider_name or unit.provider
    fields: dict[str, Any] = {
        "unitIsHealthCareUnit": True,
        "healthCareUnitHsaId": unit.id,
        "healthCareUnitName": unit.name,
        "healthCareUnitPublicName": unit.name,
        "healthCareProviderHsaId": unit.provider,
        "healthCareProviderName": provider,
        "healthCareProviderPublicName": provider,
        "healthCareProviderOrgNo": unit.orgnr,
        "archivedHealthCareUnit": unit.archived or None,
    }
    return producer.answer(GET_HEALTH_CARE_UNIT, healthCareUnit=_filled(fields))


def employee_answer(employee: EmployeeRow | None) -> bytes:
    """GetEmployeeIncludingProtectedPerson; nobody = not found."""
    if employee is None:
        return producer.answer(GET_EMPLOYEE)
    fields: dict[str, Any] = {
        "personHsaId": employee.id,
        "givenName": employee.given,
        "middleAndSurName": employee.surname,
        "healthCareProfessionalLicence": list(employee.licences),
        "paTitle": [{"paTitleName": code, "paTitleCode": code} for code in employee.titles],
        "dn": f"cn={employee.given or ''} {employee.surname},c=SE",
        "protectedPerson": employee.protected or None,
    }
    return producer.answer(GET_EMPLOYEE, personInformation=[_filled(fields)])


def _record(person: PersonRow) -> dict[str, Any]:
    """A person's record; of a protected person only the fields of profile P1, without municipality and address (§3)."""
    hidden = bool(person.protected)
    locality: dict[str, Any] = {"countyCode": person.county}
    if not hidden:
        locality |= {"municipalityCode": person.municipality, "populationRegistrationDate": _date(person.registered)}
    address = {
        "careOf": person.care_of,
        "postalAddress2": person.street,
        "postalCode": person.postal_code,
        "city": person.city,
    }
    left = {
        "deregistrationReasonCode": person.deregistration,
        "deregistrationDate": _date(person.deregistered),
        "foundDeadAtDate": _date(person.found_dead),
    }
    name = {
        "givenName": person.given,
        "middleName": person.middle,
        "surname": person.surname,
        "notificationName": person.notification,
    }
    coordination, status = _date(person.coordination_deceased), person.status_cause
    fields: dict[str, Any] = {
        "personalIdentity": _named(person.id),
        "protectedPersonIndicator": "person" in person.protected,
        "testIndicator": person.test,
        "primaryIdentity": not person.linked,
        "name": _filled(name),
        "linkedIdentity": [
            {"referredPersonalIdentity": _named(link.id), "assuranceLevel": "3", "primaryIdentity": link.primary}
            for link in person.linked
        ],
        "referredPersonalIdentities": [
            _filled({"referredPersonalIdentity": _named(other.id), "referredPersonalIdentityStatus": other.status})
            for other in person.referred
        ],
        "populationRegistrationLocality": _filled(locality) if person.county else None,
        "addressInformation": None if hidden or not person.street else {"residentialAddress": _filled(address)},
        "deregistration": _filled(left) or None,
        "coOrdinationNumberData": {"deceasedDate": coordination} if coordination else None,
        "personalIdentityStatus": {"identityStatusCause": status} if status else None,
        # Absent means false; producers do both.
        "protectedPopulationRecord": True if "population" in person.protected else None,
    }
    return _filled(fields)


def _listing(listing: ListingRow, units: dict[str, HsaUnitRow]) -> dict[str, Any]:
    unit = units.get(listing.unit)
    fields: dict[str, Any] = {
        "validFromDate": listing.begins,
        "validToDate": listing.ends,
        "listingType": {"code": listing.type, "codeSystem": "1.2.752.129.5.1.27"},
        "healthcareFacility": {
            "id": listing.unit,
            "name": listing.unit if unit is None else unit.name,
            "hasQueue": listing.queue,
            "supportsHealthcarePersonnel": False,
        },
        "isInQueue": listing.queue,
        "queuePosition": 7 if listing.queue else None,
    }
    return _filled(fields)


def _date(text: str | None) -> dict[str, str] | None:
    """A date's format and value as the register writes them; an unknown date is eight zeros."""
    if text is None:
        return None
    form = {4: "YYYY", 7: "YYYY-MM", 10: "YYYY-MM-DD"}[len(text)]
    return {"format": form, "value": "00000000" if text == "0000-00-00" else text}


def _named(extension: str) -> dict[str, str]:
    root, extension = _identity(extension)
    return {"root": root, "extension": extension}


@cache
def _identity(extension: str) -> tuple[str, str]:
    return parse_person_id(extension).root, extension


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields without those that are None, so that zeep omits them."""
    return {name: value for name, value in fields.items() if value is not None}
