"""Units and staff of the HSA catalogue: GetUnit 5, GetHealthCareUnit 2, GetEmployeeIncludingProtectedPerson 4.

Imports ``envelope`` beside it; pure. An absent child means not found, a fault that the catalogue is unavailable (§3).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic.dataclasses import dataclass

from hub.translators.soap import envelope
from hub.translators.soap.envelope import Outgoing
from hub.translators.soap.listing import swedish

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


@dataclass(frozen=True, slots=True)
class Employee:
    """A person who works in health care; one row for each of the person's places in the catalogue."""

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
        """By licence, or by a befattning that only a licensed physician has."""
        by_licence = any(licence.casefold() == "läkare" for licence in self.licences)
        return by_licence or not PHYSICIANS.isdisjoint(self.pa_titles)


@dataclass(frozen=True, slots=True)
class EmployeeAnswer:
    """Empty: no such person in the catalogue."""

    employees: tuple[Employee, ...]


def unit_request(logical_address: str, hsa_id: str) -> Outgoing:
    """Ask for a unit's basic facts."""
    return envelope.build(envelope.GET_UNIT, logical_address, unitHsaId=hsa_id, profile=[UNIT_PROFILE])


def unit_answer(body: bytes) -> UnitAnswer:
    """Read an answer of GetUnit. Raises ``SoapFault`` or ``Unreadable``."""
    read = envelope.read(envelope.GET_UNIT, body).unit
    if read is None:
        return UnitAnswer(None)
    return UnitAnswer(
        Unit(
            hsa_id=read.unitHsaId.strip().upper(),
            name=read.unitName,
            public_name=read.publicName,
            county=read.countyCode,
            municipality=read.municipalityCode,
            starts_at=swedish(read.unitStartDate),
            ends_at=swedish(read.unitEndDate),
            phones=tuple(read.telephoneNumber),
            mail=read.mail,
        )
    )


def health_care_unit_request(logical_address: str, hsa_id: str) -> Outgoing:
    """Ask which vårdenhet and vårdgivare a unit belongs to."""
    return envelope.build(envelope.GET_HEALTH_CARE_UNIT, logical_address, healthCareUnitMemberHsaId=hsa_id)


def health_care_unit_answer(body: bytes) -> HealthCareUnitAnswer:
    """Read an answer of GetHealthCareUnit. Raises ``SoapFault`` or ``Unreadable``."""
    read = envelope.read(envelope.GET_HEALTH_CARE_UNIT, body).healthCareUnit
    if read is None:
        return HealthCareUnitAnswer(None)
    parts = ("HealthCareUnitMember", "HealthCareUnit", "HealthCareProvider")
    return HealthCareUnitAnswer(
        HealthCareUnit(
            hsa_id=read.healthCareUnitHsaId.strip().upper(),
            name=read.healthCareUnitName,
            provider_hsa_id=read.healthCareProviderHsaId.strip().upper(),
            provider_name=read.healthCareProviderName,
            provider_orgnr=read.healthCareProviderOrgNo.strip(),
            member_hsa_id=read.healthCareUnitMemberHsaId,
            closed=any(bool(read[f"archived{part}"]) for part in parts),
            feigned=any(bool(read[f"feigned{part}"]) for part in parts),
        )
    )


def employee_request(logical_address: str, hsa_id: str) -> Outgoing:
    """Ask for one who works in health care, by HSA-id (never by personnummer: the contract takes one of the two)."""
    return envelope.build(envelope.GET_EMPLOYEE, logical_address, personHsaId=hsa_id, profile=EMPLOYEE_PROFILE)


def employee_answer(body: bytes) -> EmployeeAnswer:
    """Read an answer of GetEmployeeIncludingProtectedPerson. Raises ``SoapFault`` or ``Unreadable``."""
    read = envelope.read(envelope.GET_EMPLOYEE, body).personInformation
    return EmployeeAnswer(tuple(_employee(person) for person in read))


def _employee(read: Any) -> Employee:
    return Employee(
        hsa_id=read.personHsaId.strip().upper(),
        name=" ".join(part for part in (read.givenName, read.middleAndSurName) if part),
        title=read.title,
        licences=tuple(read.healthCareProfessionalLicence),
        pa_titles=tuple(title.paTitleCode for title in read.paTitle if title.paTitleCode),
        protected=bool(read.protectedPerson),
    )
