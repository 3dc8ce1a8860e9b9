"""Units and staff in the HSA catalogue: GetUnit 5, GetHealthCareUnit 2, GetEmployeeIncludingProtectedPerson 4. Pure; imports
``envelope`` and ``answer`` only.

An absent child means "not found", a fault means that the catalogue is unavailable (§3).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pydantic.dataclasses import dataclass

from hub.translators.soap import answer as reader
from hub.translators.soap import envelope
from hub.translators.soap.answer import XmlElement
from hub.translators.soap.envelope import SoapRequest, Unreadable
from schemas.identities import IdentityError
from schemas.unit_ids import parse_kommunkod

UNIT_PROFILE: Final = "basic"
EMPLOYEE_PROFILE: Final = "extended1"
PHYSICIANS: Final = frozenset({"201010", "201011", "202010", "203010", "203090"})
"""Befattning codes (1.2.752.129.2.2.1.4) of licensed physicians; 204010 AT-läkare is not licensed."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit. It has no organisation number: the border of secrecy (C-4) comes from the directory."""

    hsa_id: str
    name: str
    public_name: str
    county: str | None = None
    municipality: str | None = None
    """Kommunkod, four digits."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    phones: tuple[str, ...] = ()
    mail: str | None = None

    def open_at(self, moment: datetime) -> bool:
        """Whether the unit is in operation at an aware ``moment``."""
        begun = self.starts_at is None or self.starts_at <= moment
        return begun and (self.ends_at is None or moment <= self.ends_at)


@dataclass(frozen=True, slots=True)
class UnitAnswer:
    """``None``: no such unit."""

    unit: Unit | None

    def of(self, hsa_id: str) -> UnitAnswer:
        """The answer itself; raises ``Unreadable`` when it concerns another unit than the one asked for."""
        if self.unit is not None and self.unit.hsa_id != hsa_id.upper():
            raise Unreadable("another-unit", element="unitHsaId")
        return self


@dataclass(frozen=True, slots=True)
class HealthCareUnit:
    """The vårdenhet and vårdgivare that a unit belongs to. ``closed``: any of the three is archived."""

    hsa_id: str
    name: str
    provider_hsa_id: str
    provider_name: str
    provider_orgnr: str
    member_hsa_id: str | None = None
    closed: bool = False
    feigned: bool = False


@dataclass(frozen=True, slots=True)
class HealthCareUnitAnswer:
    """``None``: not found, or no vårdenhet (a municipality's social service often is none: use GetUnit)."""

    unit: HealthCareUnit | None

    def of(self, hsa_id: str) -> HealthCareUnitAnswer:
        """The answer itself; raises ``Unreadable`` when it concerns another unit than the one asked for."""
        member = None if self.unit is None else self.unit.member_hsa_id
        if member is not None and member.upper() != hsa_id.upper():
            raise Unreadable("another-unit", element="healthCareUnitMemberHsaId")
        return self


@dataclass(frozen=True, slots=True)
class Employee:
    """One entry of a member of staff; a person may have several in the catalogue."""

    hsa_id: str
    name: str
    title: str | None = None
    licences: tuple[str, ...] = ()
    """Legitimerad yrkesgrupp, in plain text (läkare, sjuksköterska …)."""
    pa_titles: tuple[str, ...] = ()
    """Befattning codes."""
    protected: bool = False

    @property
    def licensed_physician(self) -> bool:
        """Whether the person has a physician's licence, or a befattning that requires one."""
        by_licence = any(licence.casefold() == "läkare" for licence in self.licences)
        return by_licence or not PHYSICIANS.isdisjoint(self.pa_titles)


@dataclass(frozen=True, slots=True)
class EmployeeAnswer:
    """Empty: no such person in the catalogue."""

    employees: tuple[Employee, ...]

    def of(self, hsa_id: str) -> EmployeeAnswer:
        """The answer itself; raises ``Unreadable`` when a row concerns another person than the one asked for."""
        if any(one.hsa_id != hsa_id.upper() for one in self.employees):
            raise Unreadable("another-person", element="personHsaId")
        return self


def unit_request(logical_address: str, hsa_id: str) -> SoapRequest:
    """Ask for a unit's basic facts."""
    return envelope.build(envelope.GET_UNIT, logical_address, unitHsaId=hsa_id, profile=[UNIT_PROFILE])


def unit_answer(body: bytes) -> UnitAnswer:
    """Read an answer of GetUnit. Raises ``SoapFault`` or ``Unreadable``."""
    unit = reader.read(envelope.GET_UNIT, body).one("unit")
    if unit is None:
        return UnitAnswer(None)
    return UnitAnswer(
        Unit(
            hsa_id=unit.needed_text("unitHsaId").upper(),
            name=unit.text("unitName") or "",
            public_name=unit.text("publicName") or "",
            county=unit.text("countyCode"),
            municipality=_kommunkod(unit.text("municipalityCode")),
            starts_at=unit.moment("unitStartDate"),
            ends_at=unit.moment("unitEndDate"),
            phones=unit.texts("telephoneNumber"),
            mail=unit.text("mail"),
        )
    )


def _kommunkod(text: str | None) -> str | None:
    """A kommunkod of four digits, with a lost leading zero restored; None for any other code."""
    try:
        return None if text is None else parse_kommunkod(text.zfill(4))
    except IdentityError:
        return None


def health_care_unit_request(logical_address: str, hsa_id: str) -> SoapRequest:
    """Ask which vårdenhet and vårdgivare a unit belongs to."""
    return envelope.build(envelope.GET_HEALTH_CARE_UNIT, logical_address, healthCareUnitMemberHsaId=hsa_id)


def health_care_unit_answer(body: bytes) -> HealthCareUnitAnswer:
    """Read an answer of GetHealthCareUnit. Raises ``SoapFault`` or ``Unreadable``."""
    unit = reader.read(envelope.GET_HEALTH_CARE_UNIT, body).one("healthCareUnit")
    if unit is None:
        return HealthCareUnitAnswer(None)
    parts = ("HealthCareUnitMember", "HealthCareUnit", "HealthCareProvider")
    return HealthCareUnitAnswer(
        HealthCareUnit(
            hsa_id=unit.needed_text("healthCareUnitHsaId").upper(),
            name=unit.text("healthCareUnitName") or "",
            provider_hsa_id=unit.needed_text("healthCareProviderHsaId").upper(),
            provider_name=unit.text("healthCareProviderName") or "",
            provider_orgnr=unit.needed_text("healthCareProviderOrgNo"),
            member_hsa_id=unit.text("healthCareUnitMemberHsaId"),
            closed=any(bool(unit.flag(f"archived{part}")) for part in parts),
            feigned=any(bool(unit.flag(f"feigned{part}")) for part in parts),
        )
    )


def employee_request(logical_address: str, hsa_id: str) -> SoapRequest:
    """Ask for a member of staff by HSA-id (the contract also accepts a personnummer, which the hub never sends)."""
    return envelope.build(envelope.GET_EMPLOYEE, logical_address, personHsaId=hsa_id, profile=EMPLOYEE_PROFILE)


def employee_answer(body: bytes) -> EmployeeAnswer:
    """Read an answer of GetEmployeeIncludingProtectedPerson.

    Raises ``SoapFault``, and ``Unreadable`` also when there are rows and none can be read: that does not mean "not found".
    """
    employees, spoilt = reader.read(envelope.GET_EMPLOYEE, body).rows("personInformation", _employee)
    if spoilt is not None and not employees:
        raise spoilt
    return EmployeeAnswer(employees)


def _employee(person: XmlElement) -> Employee:
    names = (person.text("givenName"), person.text("middleAndSurName"))
    return Employee(
        hsa_id=person.needed_text("personHsaId").upper(),
        name=" ".join(filter(None, names)),
        title=person.text("title"),
        licences=person.texts("healthCareProfessionalLicence"),
        pa_titles=tuple(filter(None, (title.text("paTitleCode") for title in person.all("paTitle")))),
        protected=bool(person.marked("protectedPerson")),
    )
