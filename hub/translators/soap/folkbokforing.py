"""A person's record in the population register: GetPersonsForProfile 5, request and answer (law-and-lookups.md §3). Pure; imports
``envelope``, ``answer`` and the language only.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import field
from typing import Final

from pydantic.dataclasses import dataclass

from hub.translators.soap import answer as reader
from hub.translators.soap import envelope
from hub.translators.soap.answer import XmlElement
from hub.translators.soap.envelope import SoapRequest, Unreadable
from schemas.identities import IdentityError, PersonId
from schemas.unit_ids import LANSKODER, parse_kommunkod

PROFILE: Final = "P2"
"""The smallest profile that includes the municipality."""
MAX_PERSONS: Final = 500


@dataclass(frozen=True, slots=True)
class RegisterIdentity:
    """An identity as the register writes it: OID and number, not validated. ``repr`` hides the number."""

    root: str
    extension: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    """``primary``: the main identity of the person to whom a reserve number was linked."""

    identity: RegisterIdentity
    primary: bool


@dataclass(frozen=True, slots=True)
class ReferredIdentity:
    """A changed number. The old and the new record both have it; follow it only from a record deregistered with GN."""

    identity: RegisterIdentity
    status: str | None
    """NY or AS."""


@dataclass(frozen=True, slots=True)
class Address:
    """A Swedish postal address; ``postal_code`` has five digits or is ``None``."""

    care_of: str | None = None
    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    city: str | None = None


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """The fields of a record that the hub uses. Dates are ISO 8601, as far as they are known: 1950, 1950-03, 1950-03-12."""

    identity: RegisterIdentity
    protected: bool
    """Sekretessmarkering or skyddad folkbokföring; the record then has neither municipality nor address."""
    test: bool
    """Whether this is a test person, who is discarded in production."""
    name: str | None = field(default=None, repr=False)
    address: Address | None = field(default=None, repr=False)
    county: str | None = None
    """Länskod, two digits; a protected person has it too."""
    municipality: str | None = None
    """Kommunkod, four digits: county and municipality code joined."""
    registered_on: str | None = None
    deregistration: str | None = None
    """AV deceased, UV emigrated, GN old number, FI, OB, TA, AN."""
    deregistered_on: str | None = None
    deceased: bool = False
    deceased_on: str | None = None
    linked: tuple[LinkedIdentity, ...] = ()
    referred: tuple[ReferredIdentity, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class PopulationAnswer:
    """One row for each identity asked for. ``None``: the register does not know it. ``Unreadable``: this person's row is invalid; the
    other rows are not affected.
    """

    records: tuple[tuple[RegisterIdentity, PersonRecord | Unreadable | None], ...]

    def of(self, person: PersonId) -> PersonRecord | None:
        """The record asked for, found by ``requestedPersonalIdentity`` and by its own identity. A row without record is ignored
        when another row has one.

        Raises ``Unreadable``, also where it has no row, two that differ, or the record of another.
        """
        rows = [record for identity, record in self.records if _is_of(identity, person)]
        if not rows:
            raise Unreadable("another-person")
        found: PersonRecord | None = None
        for record in rows:
            if isinstance(record, Unreadable):
                raise record
            if record is None:
                continue
            if not _is_of(record.identity, person):
                raise Unreadable("another-person", element="personalIdentity")
            if found is not None and found != record:
                raise Unreadable("not-valid", element="requestedPersonRecord")
            found = record
        return found


def _is_of(identity: RegisterIdentity, person: PersonId) -> bool:
    return (identity.root, identity.extension.upper()) == (person.root, person.value.upper())


def request(logical_address: str, persons: Sequence[PersonId], profile: str = PROFILE) -> SoapRequest:
    """Ask for 1 to 500 persons. Not the register but we follow references to changed numbers (resolve.py)."""
    if not 1 <= len(persons) <= MAX_PERSONS:
        raise ValueError(f"GetPersonsForProfile takes 1 to {MAX_PERSONS} persons, not {len(persons)}")
    return envelope.build(
        envelope.GET_PERSONS,
        logical_address,
        personId=[{"root": person.root, "extension": person.value} for person in persons],
        profile=profile,
        ignoreReferredIdentity=True,
    )


def answer(body: bytes) -> PopulationAnswer:
    """Read an answer. Raises ``SoapFault`` or ``Unreadable``."""
    # A row that does not name its person is ignored; the other rows are still valid.
    rows, _ = reader.read(envelope.GET_PERSONS, body).rows("requestedPersonRecord", _row)
    return PopulationAnswer(rows)


def _row(row: XmlElement) -> tuple[RegisterIdentity, PersonRecord | Unreadable | None]:
    return _identity(row.needed("requestedPersonalIdentity")), _found(row)


def _found(row: XmlElement) -> PersonRecord | Unreadable | None:
    try:
        record = row.one("personRecord")
        return None if record is None else _record(record)
    except Unreadable as unreadable:
        return unreadable


def _date(parent: XmlElement | None, name: str) -> str | None:
    """ISO 8601 as far as the register knows it: ``19500300`` is ``1950-03``; ``00000000`` is no date at all."""
    found = None if parent is None else parent.one(name)
    digits = "" if found is None else re.sub("[^0-9]", "", found.text("value") or "")
    parts = [digits[:4], digits[4:6], digits[6:8]]
    known: list[str] = []
    for part in parts:
        if not part or not int(part):
            break
        known.append(part)
    return "-".join(known) or None


def _identity(found: XmlElement) -> RegisterIdentity:
    return RegisterIdentity(found.needed_text("root"), found.text("extension") or "")


def _record(record: XmlElement) -> PersonRecord:
    locality, left = record.one("populationRegistrationLocality"), record.one("deregistration")
    # A flag that cannot be read refuses the record: to guess would be to show where a protected person lives.
    protected = _protected(record)
    county = None if locality is None else _lanskod(locality.text("countyCode"))
    municipality = None if locality is None else _kommunkod(county, locality.text("municipalityCode"))
    reason = None if left is None else (left.text("deregistrationReasonCode") or "").upper() or None
    died_on, deceased = _death(record, left, reason)
    return PersonRecord(
        identity=_identity(record.needed("personalIdentity")),
        protected=protected,
        test=record.needed_flag("testIndicator"),
        name=_name(record.one("name")),
        address=None if protected else _address(record.one("addressInformation")),
        county=county,
        municipality=None if protected else municipality,
        registered_on=_date(locality, "populationRegistrationDate"),
        deregistration=reason,
        deregistered_on=_date(left, "deregistrationDate"),
        deceased=deceased,
        deceased_on=died_on,
        linked=record.readable("linkedIdentity", _linked),
        referred=record.readable("referredPersonalIdentities", _referred),
    )


def _protected(record: XmlElement) -> bool:
    """Whether one of the two flags says yes; raises ``Unreadable`` when none does and one cannot be read."""
    indicator = record.marked("protectedPersonIndicator")
    if indicator or record.marked("protectedPopulationRecord"):
        return True
    return record.needed_flag("protectedPersonIndicator")


def _linked(one: XmlElement) -> LinkedIdentity:
    return LinkedIdentity(_identity(one.needed("referredPersonalIdentity")), one.needed_flag("primaryIdentity"))


def _referred(one: XmlElement) -> ReferredIdentity:
    status = one.text("referredPersonalIdentityStatus")
    return ReferredIdentity(_identity(one.needed("referredPersonalIdentity")), status)


def _death(record: XmlElement, left: XmlElement | None, reason: str | None) -> tuple[str | None, bool]:
    """(day of death, if known; whether the person is dead). Holders of a coordination number are never deregistered, so it is read
    from another element.
    """
    status = record.one("personalIdentityStatus")
    died_on = _date(record.one("coOrdinationNumberData"), "deceasedDate")
    cause = "" if status is None else (status.text("identityStatusCause") or "").upper()
    found_on = _date(left, "foundDeadAtDate")
    deceased = reason == "AV" or cause == "AVLIDEN" or died_on is not None or found_on is not None
    when = died_on or (_date(left, "deregistrationDate") if reason == "AV" else None) or found_on
    return when, deceased


def _name(found: XmlElement | None) -> str | None:
    if found is None:
        return None
    parts = (found.text("givenName"), found.text("middleName"), found.text("surname"))
    return " ".join(filter(None, parts)) or found.text("notificationName")


def _address(information: XmlElement | None) -> Address | None:
    home = None if information is None else information.one("residentialAddress")
    if home is None:
        return None
    # An integer on the wire, so leading zeros are lost; 0 means that there is no code.
    digits = (home.text("postalCode") or "").replace(" ", "")
    code = digits.zfill(5) if digits.isascii() and digits.isdigit() and int(digits) else None
    lines = (home.text("careOf"), home.text("postalAddress1"), home.text("postalAddress2"))
    return Address(*lines, None if code is None or len(code) > 5 else code, home.text("city"))


def _lanskod(text: str | None) -> str | None:
    """SCB's länskod; some producers drop a leading zero; any other code, such as 00, means none."""
    code = (text or "").zfill(2)
    return code if code in LANSKODER else None


def _kommunkod(county: str | None, text: str | None) -> str | None:
    """The kommunkod from two digits within the county, or from all four, which must then begin with that county's code."""
    if county is None or not text:
        return None
    try:
        code = parse_kommunkod(county + text.zfill(2) if len(text) <= 2 else text.zfill(4))
    except IdentityError:
        return None
    return code if code.startswith(county) else None
