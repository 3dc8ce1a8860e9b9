"""Reads and writes Patient, Organization, Practitioner and PractitionerRole, with identifiers by the Swedish base profiles
(law-and-lookups §2; C-60, C-61). Imports the shapes and the identities.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from hub.errors import Refused
from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, hsa_identifier, staff_reference, text, unit_reference
from hub.translators.fhir.bundle import View
from hub.translators.fhir.identifiers import best, is_in_force
from hub.translators.fhir.resources import Patient, Practitioner, PractitionerRole
from hub.translators.fhir.shapes import Address, Contact, Identifier, Name, Reference, Resource
from schemas.identities import KNOWN_REGIONAL_PATTERNS, IdentityError, PersonId, parse_person_id
from schemas.oids import (
    FHIR_NATIONELLT_RESERVNUMMER,
    FHIR_NATIONELLT_RESERVNUMMER_MISSPELT,
    FHIR_PERSONNUMMER,
    FHIR_SAMORDNINGSNUMMER,
    OID_NATIONELLT_RESERVNUMMER,
    OID_PERSONNUMMER,
    OID_SAMORDNINGSNUMMER,
)
from schemas.parts import Patient as Person

PERSON_SYSTEMS: Final = {
    FHIR_PERSONNUMMER: 0,
    f"urn:oid:{OID_PERSONNUMMER}": 0,
    FHIR_SAMORDNINGSNUMMER: 1,
    f"urn:oid:{OID_SAMORDNINGSNUMMER}": 1,
    FHIR_NATIONELLT_RESERVNUMMER: 2,
    FHIR_NATIONELLT_RESERVNUMMER_MISSPELT: 2,
    f"urn:oid:{OID_NATIONELLT_RESERVNUMMER}": 2,
}
"""System of a person's number → its priority, when a person has numbers of several kinds. The OIDs are those of the SOAP contracts,
which Swedish systems used before the base profiles.
"""
_REGIONAL: Final = 3
_NAMES: Final = ("official", "usual", None, "temp", "nickname", "maiden", "anonymous")
_ADDRESSES: Final = {"home": 0, None: 1}
"""Use → priority."""
_DIGITS: Final = 12


def read_patient(view: View, reference: Reference | None, of: Resource, element: str) -> dict[str, Any] | None:
    """The fields of the language's ``Patient`` from the entry that a reference leads to. Raises ``Refused`` (C-60)."""
    patient = view.resolve(reference, Patient, of, element)
    if patient is None:
        if reference is not None:
            raise view.refused("reference-unresolved", of, element)
        return None
    fields: dict[str, Any] = {"personnummer": person_number(view, patient)}
    if patient.name:
        fields["name"] = best_name(view, patient.name)
    if patient.address:
        fields["address"] = best_address(view, patient.address)
    if patient.telecom:
        fields["phone"] = phone_of(view, patient.telecom)
    return fields


def phone_of(view: View, telecom: list[Contact]) -> str | None:
    """The first phone number in force."""
    for contact in telecom:
        if contact.system in ("phone", "sms") and contact.value is not None and is_in_force(contact, view.day):
            return contact.value
    return None


def number_systems(view: View) -> dict[str, int]:
    """The systems of persons' numbers with their priority, those of the configured regions included."""
    if view.identities is None or not view.identities.regional_patterns:
        return PERSON_SYSTEMS
    return PERSON_SYSTEMS | {f"urn:oid:{one.root}": _REGIONAL for one in view.identities.regional_patterns}


def person_number(view: View, patient: Patient) -> str:
    """The patient's number in force. Raises ``Refused`` (C-60) when there is none, or two different ones."""
    known = number_systems(view)
    found = [one for one in patient.identifier if one.system in known and one.value is not None]
    if len(found) != 1 or found[0].use is not None or found[0].period is not None:
        found = best(found, view.day)
    if not found:
        raise view.refused("C-60", patient, ".identifier")
    first = min(known[one.system or ""] for one in found)
    numbers = {value_of(view, one, patient, ".identifier.value") for one in found if known[one.system or ""] == first}
    if len(numbers) > 1:
        raise view.refused("numbers-differ", patient, ".identifier")
    return numbers.pop()


def value_of(view: View, identifier: Identifier, of: Resource, element: str) -> str:
    """A person's number as the language writes it; the model of the body checks its digits. Raises ``Refused``."""
    value = identifier.value or ""
    if (
        PERSON_SYSTEMS.get(identifier.system or "") == 0
        and len(value) == _DIGITS
        and value.isdigit()
        and value[6] < "6"
    ):
        return value  # day below 60, so no samordningsnummer: the common case
    regional = view.identities.regional_patterns if view.identities is not None else ()
    try:
        return PersonId.from_system(identifier.system or "", value, regional).value
    except IdentityError as error:
        raise Refused("C-60", error.sv, error.en, view.path(of, element), 400) from None


def best_name(view: View, found: list[Name]) -> str | None:
    """The official name in force, else the usual one; a nickname or a maiden name only when there is no other."""
    current = [one for one in found if is_in_force(one, view.day)]
    if not current:
        return None
    name = min(current, key=lambda one: _NAMES.index(one.use))
    return name.text or " ".join([*name.given, *([name.family] if name.family else [])]) or None


def best_address(view: View, found: list[Address]) -> str | None:
    """The home address in force, else one without use, else the first, on one line."""
    current = [one for one in found if is_in_force(one, view.day)]
    if not current:
        return None
    address = min(current, key=lambda one: _ADDRESSES.get(one.use, 2))
    if address.text:
        return address.text
    town = " ".join(part for part in (address.postalCode, address.city) if part)
    return ", ".join([*address.line, *([town] if town else [])]) or None


class Staff(NamedTuple):
    """A member of staff that a reference names."""

    person: str | None
    unit: str | None = None
    named: PractitionerRole | None = None


def read_staff(view: View, reference: Reference | None, of: Resource, element: str) -> Staff | None:
    """The member of staff that a reference names, by PractitionerRole, Practitioner or HSA-id; None when it names nobody.

    Raises ``Refused``.
    """
    if reference is None:
        return None
    named = view.resolve(reference, Resource, of, element)
    if isinstance(named, PractitionerRole):
        who = read_staff(view, named.practitioner, named, ".practitioner")
        unit = view.organisation(named.organization, named, ".organization")
        return Staff(who.person if who is not None else view.logical_hsa(reference, of, element), unit, named)
    if isinstance(named, Practitioner):
        return Staff(view.hsa(named.identifier, named, ".identifier.value"))
    if named is not None or reference.type not in (None, "Practitioner", "PractitionerRole"):
        raise view.refused("reference-unresolved", of, element)
    return Staff(view.logical_hsa(reference, of, element))


def read_person(view: View, reference: Reference | None, of: Resource, element: str) -> str | None:
    """The HSA-id of a member of staff; None when the element is absent. Raises ``Refused``."""
    staff = read_staff(view, reference, of, element)
    if staff is not None and staff.person is None:
        raise view.refused("hsa-id", of, element)
    return staff.person if staff is not None else None


def write_patient(assembly: Assembly, person: Person) -> str:
    """Add a Patient; return its full URL."""
    resource: dict[str, Any] = {"resourceType": "Patient", "identifier": [number_identifier(person.personnummer)]}
    write_contacts(resource, person.name, person.phone, person.address)
    return assembly.add(resource)


def write_contacts(resource: dict[str, Any], name: str | None, phone: str | None, address: str | None) -> None:
    """Write name, phone and address, as far as they are known, into a Patient or a RelatedPerson."""
    if name is not None:
        resource["name"] = [{"use": "official", "text": text(name)}]
    if phone is not None:
        resource["telecom"] = [{"system": "phone", "value": text(phone)}]
    if address is not None:
        resource["address"] = [{"use": "home", "text": text(address)}]


def number_identifier(number: str) -> dict[str, str]:
    """A person's number as identifier."""
    return {"system": _system_of(number), "value": number}


def _system_of(number: str) -> str:
    try:
        return parse_person_id(number, KNOWN_REGIONAL_PATTERNS).system
    except IdentityError:
        # A region's own form that only the configuration knows: it was accepted, so it is passed on.
        return "urn:samverkan:regional-reserve-number"


def write_unit(assembly: Assembly, unit: str) -> str:
    """Add an Organization with its HSA-id; return its full URL."""
    return assembly.add({"resourceType": "Organization", "identifier": [hsa_identifier(unit)]})


def write_staff(assembly: Assembly, person: str, unit: str | None, telecom: list[dict[str, str]] | None = None) -> str:
    """Add a PractitionerRole with person and unit by HSA-id; return its full URL."""
    resource: dict[str, Any] = {"resourceType": "PractitionerRole", "practitioner": staff_reference(person)}
    if unit is not None:
        resource["organization"] = unit_reference(unit)
    if telecom:
        resource["telecom"] = telecom
    return assembly.add(resource)


def write_actor(assembly: Assembly, actor: str, role: str | None, unit_url: str) -> str:
    """Add Practitioner and PractitionerRole of the person who acted; return the role's full URL."""
    person = assembly.add({"resourceType": "Practitioner", "identifier": [hsa_identifier(actor)]})
    resource: dict[str, Any] = {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": person},
        "organization": {"reference": unit_url},
    }
    if role is not None:
        resource["code"] = [{"coding": [{"system": names.ROLE, "code": role}]}]
    return assembly.add(resource)
