"""Who a person is to the population register: GetPersonsForProfile 5, question and answer (law-and-lookups.md §3).

Imports ``envelope`` beside it and ``schemas``; pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field
from typing import Any, Final

from pydantic.dataclasses import dataclass

from hub.translators.soap import envelope
from hub.translators.soap.envelope import Outgoing
from schemas.identities import PersonId

PROFILE: Final = "P2"
"""The least profile that holds the municipality."""
MAX_PERSONS: Final = 500


@dataclass(frozen=True, slots=True)
class RegisterIdentity:
    """An identity as the register writes it: OID and number, not checked by us. ``repr`` hides the number."""

    root: str
    extension: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    """``primary``: the identity that a reserve number was linked to as the person's main one."""

    identity: RegisterIdentity
    primary: bool


@dataclass(frozen=True, slots=True)
class ReferredIdentity:
    """A changed number. It stands on the old record and on the new: follow it only from one deregistered with GN."""

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
    """What the hub reads of a record. Dates are ISO 8601 as far as they are known: 1950, 1950-03, 1950-03-12."""

    identity: RegisterIdentity
    protected: bool
    """Either flag: sekretessmarkering or skyddad folkbokföring. Then neither municipality nor address comes."""
    test: bool
    """A test person: discarded in production."""
    name: str | None = field(default=None, repr=False)
    address: Address | None = field(default=None, repr=False)
    county: str | None = None
    """Länskod, two digits. A protected person has it too: it says nothing of a municipality."""
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


@dataclass(frozen=True, slots=True)
class PopulationAnswer:
    """One row for each identity asked for; ``None``: unknown to the register, which is no fault."""

    records: tuple[tuple[RegisterIdentity, PersonRecord | None], ...]

    def of(self, person: PersonId) -> PersonRecord | None:
        """The record asked for, matched by ``requestedPersonalIdentity``. Raises ``Unreadable`` where it has no row."""
        for identity, record in self.records:
            if (identity.root, identity.extension.upper()) == (person.root, person.value.upper()):
                return record
        raise envelope.Unreadable("another-person")


def request(logical_address: str, persons: Sequence[PersonId], profile: str = PROFILE) -> Outgoing:
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
    read = envelope.read(envelope.GET_PERSONS, body)
    return PopulationAnswer(
        tuple(
            (_identity(row.requestedPersonalIdentity), None if row.personRecord is None else _record(row.personRecord))
            for row in read.requestedPersonRecord
        )
    )


def partial_date(value: Any) -> str | None:
    """ISO 8601 as far as the register knows it: ``19500300`` is ``1950-03``; ``00000000`` is no date at all."""
    digits = "" if value is None else re.sub("[^0-9]", "", value.value)
    parts = [digits[:4], digits[4:6], digits[6:8]]
    known: list[str] = []
    for part in parts:
        if not part or not int(part):
            break
        known.append(part)
    return "-".join(known) or None


def _identity(read: Any) -> RegisterIdentity:
    return RegisterIdentity(read.root.strip(), (read.extension or "").strip())


def _record(read: Any) -> PersonRecord:
    locality, left = read.populationRegistrationLocality, read.deregistration
    protected = bool(read.protectedPersonIndicator) or bool(read.protectedPopulationRecord)
    county = _two_digits(locality and locality.countyCode)
    municipality = _two_digits(locality and locality.municipalityCode)
    reason = ((left and left.deregistrationReasonCode) or "").strip().upper() or None
    died_on, deceased = _death(read, reason)
    return PersonRecord(
        identity=_identity(read.personalIdentity),
        protected=protected,
        test=bool(read.testIndicator),
        name=_name(read.name),
        # Should the register slip: what must not be known is not read.
        address=None if protected else _address(read.addressInformation),
        county=county,
        municipality=county + municipality if county and municipality and not protected else None,
        registered_on=partial_date(locality and locality.populationRegistrationDate),
        deregistration=reason,
        deregistered_on=partial_date(left and left.deregistrationDate),
        deceased=deceased,
        deceased_on=died_on,
        linked=tuple(
            LinkedIdentity(_identity(link.referredPersonalIdentity), link.primaryIdentity)
            for link in read.linkedIdentity
        ),
        referred=tuple(
            ReferredIdentity(_identity(other.referredPersonalIdentity), _text(other.referredPersonalIdentityStatus))
            for other in read.referredPersonalIdentities
        ),
    )


def _death(read: Any, reason: str | None) -> tuple[str | None, bool]:
    """When, if known, and whether. The holder of a coordination number is never deregistered: it stands elsewhere."""
    coordination, status = read.coOrdinationNumberData, read.personalIdentityStatus
    died_on = partial_date(coordination and coordination.deceasedDate)
    cause = ((status and status.identityStatusCause) or "").strip().upper()
    found_on = partial_date(read.deregistration and read.deregistration.foundDeadAtDate)
    deceased = reason == "AV" or cause == "AVLIDEN" or died_on is not None or found_on is not None
    when = died_on or (partial_date(read.deregistration.deregistrationDate) if reason == "AV" else None) or found_on
    return when, deceased


def _name(read: Any) -> str | None:
    if read is None:
        return None
    parts = (read.givenName, read.middleName, read.surname)
    return " ".join(part.strip() for part in parts if part and part.strip()) or _text(read.notificationName)


def _text(read: str | None) -> str | None:
    return (read or "").strip() or None


def _address(read: Any) -> Address | None:
    home = read and read.residentialAddress
    if not home:
        return None
    # An integer on the wire, so leading zeros are lost; 0 is what is sent where there is no code.
    code = f"{home.postalCode:05}" if home.postalCode else None
    lines = (home.careOf, home.postalAddress1, home.postalAddress2)
    care_of, line1, line2 = (_text(line) for line in lines)
    return Address(care_of, line1, line2, code, _text(home.city))


def _two_digits(text: str | None) -> str | None:
    """A code of SCB; some producers drop a leading zero, and 00 stands for none."""
    digits = (text or "").strip().zfill(2)
    return digits if digits.isdigit() and digits != "00" else None
