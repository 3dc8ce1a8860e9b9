"""Patient, Organization, Practitioner, PractitionerRole: read and written. Imports the shapes and the identities.

Identifiers by the Swedish base profiles (law-and-lookups §2); C-60, C-61.
"""

from __future__ import annotations

from typing import Any, Final

from hub.errors import Refused
from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, hsa_identifier, text
from hub.translators.fhir.bundle import View
from hub.translators.fhir.resources import Patient
from hub.translators.fhir.shapes import Address, Identifier, Name, Reference, Resource
from schemas.identities import KNOWN_REGIONAL_PATTERNS, IdentityError, PersonId, parse_person_id
from schemas.oids import (
    FHIR_NATIONELLT_RESERVNUMMER,
    FHIR_NATIONELLT_RESERVNUMMER_MISSPELT,
    FHIR_PERSONNUMMER,
    FHIR_SAMORDNINGSNUMMER,
)
from schemas.parts import Patient as Person

_SYSTEMS: Final = (
    FHIR_PERSONNUMMER,
    FHIR_SAMORDNINGSNUMMER,
    FHIR_NATIONELLT_RESERVNUMMER,
    FHIR_NATIONELLT_RESERVNUMMER_MISSPELT,
)


_DIGITS: Final = 12


def read_patient(view: View, reference: Reference | None, of: Resource, element: str) -> dict[str, Any] | None:
    """The fields of our ``Patient`` from the entry that the reference leads to. Raises ``Refused`` (C-60)."""
    patient = view.resolve(reference, Patient, of, element)
    if patient is None:
        if reference is not None:
            raise view.refused("reference-unresolved", of, element)
        return None
    fields: dict[str, Any] = {"personnummer": _person_number(view, patient)}
    if patient.name:
        fields["name"] = _name(patient.name)
    if patient.address:
        fields["address"] = _address(patient.address)
    for contact in patient.telecom:
        if contact.system in ("phone", "sms") and contact.value is not None and contact.use != "old":
            fields["phone"] = contact.value
            break
    return fields


def _person_number(view: View, patient: Patient) -> str:
    """The number, of the kind that its system says; its digits are checked where the body is made."""
    regional = view.identities.regional_patterns if view.identities is not None else ()
    systems = (*_SYSTEMS, *(f"urn:oid:{pattern.root}" for pattern in regional)) if regional else _SYSTEMS
    best: Identifier | None = None
    for identifier in patient.identifier:
        if identifier.system in systems and identifier.value is not None and identifier.use != "old":
            best = identifier
            if identifier.system == FHIR_PERSONNUMMER:
                break
    if best is None:
        raise view.refused("C-60", patient, ".identifier")
    value = best.value or ""
    if best.system == FHIR_PERSONNUMMER and len(value) == _DIGITS and value.isdigit() and value[6] < "6":
        return value  # day below 60: no samordningsnummer; the common case, checked once only
    try:
        return PersonId.from_system(best.system or "", value, regional).value
    except IdentityError as error:
        raise Refused("C-60", error.sv, error.en, view.path(patient, ".identifier.value"), 400) from None


def _name(found: list[Name]) -> str | None:
    """The official name, else the first that is not old."""
    best = next((n for n in found if n.use == "official"), None) or next((n for n in found if n.use != "old"), None)
    if best is None:
        return None
    return best.text or " ".join([*best.given, *([best.family] if best.family else [])]) or None


def _address(found: list[Address]) -> str | None:
    """The home address, else the first that is not old, on one line."""
    best = next((a for a in found if a.use == "home"), None) or next((a for a in found if a.use != "old"), None)
    if best is None:
        return None
    if best.text:
        return best.text
    town = " ".join(part for part in (best.postalCode, best.city) if part)
    return ", ".join([*best.line, *([town] if town else [])]) or None


def write_patient(assembly: Assembly, person: Person) -> str:
    """A Patient; its full URL."""
    resource: dict[str, Any] = {"resourceType": "Patient"}
    resource["identifier"] = [{"system": _system_of(person.personnummer), "value": person.personnummer}]
    if person.name is not None:
        resource["name"] = [{"use": "official", "text": text(person.name)}]
    if person.phone is not None:
        resource["telecom"] = [{"system": "phone", "value": text(person.phone)}]
    if person.address is not None:
        resource["address"] = [{"use": "home", "text": text(person.address)}]
    return assembly.add(resource)


def _system_of(number: str) -> str:
    try:
        return parse_person_id(number, KNOWN_REGIONAL_PATTERNS).system
    except IdentityError:
        # A region's own form that only configuration knows: accepted on the way in, so it is passed on.
        return "urn:samverkan:regional-reserve-number"


def write_unit(assembly: Assembly, unit: str) -> str:
    """An Organization by its HSA-id; its full URL."""
    return assembly.add({"resourceType": "Organization", "identifier": [hsa_identifier(unit)]})


def write_actor(assembly: Assembly, actor: str, role: str | None, unit_url: str) -> str:
    """Practitioner and PractitionerRole of the person who acted; the role's full URL."""
    person = assembly.add({"resourceType": "Practitioner", "identifier": [hsa_identifier(actor)]})
    resource: dict[str, Any] = {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": person},
        "organization": {"reference": unit_url},
    }
    if role is not None:
        resource["code"] = [{"coding": [{"system": names.ROLE, "code": role}]}]
    return assembly.add(resource)
