"""The parties of a SIP: who answers for a part of the plan or is at a meeting, and contact persons of units. Imports the shapes and
the people.

A unit is an Organization by HSA-id, or a PractitionerRole where a name, a title or a phone is told; the person of the case is the
Patient, or a RelatedPerson with relationship ONESELF; an outsider is a RelatedPerson, with the name in ``narstaende`` as identifier.
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.act_resources import RelatedPerson
from hub.translators.fhir.assembly import Assembly, text, unit_reference
from hub.translators.fhir.bundle import View, code_of
from hub.translators.fhir.people import Staff, best_name, phone_of, read_staff, write_staff
from hub.translators.fhir.resources import Organization, Patient, Practitioner, PractitionerRole
from hub.translators.fhir.shapes import Contact, Reference, Resource
from schemas.sip_parts import NamedContact, ParticipantRow, Responsible

_ONESELF: Final = "ONESELF"
_DETAILS: Final = ("name", "title", "phone", "relation")


def of_the_case(case: dict[str, str]) -> dict[str, Any]:
    """A reference to the person of a case, where the Bundle does not contain the Patient."""
    return {"type": "Patient", "identifier": case}


def read_party(view: View, reference: Reference | None, of: Resource, element: str) -> dict[str, Any]:
    """The fields of ``Responsible`` or ``ParticipantRow``. Raises ``Refused`` when the reference names no unit and no person."""
    if reference is None:
        raise view.refused("party", of, element)
    named = view.resolve(reference, Resource, of, element)
    if isinstance(named, PractitionerRole):
        return _read_role(view, named)
    if isinstance(named, RelatedPerson):
        return _read_related(view, named)
    if isinstance(named, Patient) or (named is None and reference.type == "Patient"):
        return {"person": True}
    unit = view.organisation(reference, of, element) if named is None or isinstance(named, Organization) else None
    if unit is None or reference.type not in (None, "Organization"):
        raise view.refused("party", of, element)
    return {"unit": unit}


def _read_role(view: View, role: PractitionerRole) -> dict[str, Any]:
    fields: dict[str, Any] = {"unit": view.unit(role.organization, role, ".organization")}
    who = view.resolve(role.practitioner, Practitioner, role, ".practitioner")
    telecom = role.telecom
    if who is not None:
        fields["name"] = best_name(view, who.name)
        telecom = telecom or who.telecom
    elif role.practitioner is not None:
        fields["name"] = role.practitioner.display
    fields["title"] = next((one.text for one in role.code if one.text), None)
    fields["phone"] = phone_of(view, telecom)
    fields["relation"] = view.value(role, role.extension, names.EXT_RELATION, "valueString")
    return _told(fields)


def _read_related(view: View, person: RelatedPerson) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if any(code_of(one, names.ROLE_CODE) == _ONESELF for one in person.relationship):
        fields["person"] = True
    outsiders = {one.value for one in person.identifier if one.system == names.OUTSIDER}
    if len(outsiders) > 1:
        raise view.refused("party", person, ".identifier")
    fields["outsider"] = outsiders.pop() if outsiders else None
    fields["name"] = best_name(view, person.name)
    fields["relation"] = next((one.text for one in person.relationship if one.text), None)
    fields["phone"] = phone_of(view, person.telecom)
    fields["title"] = view.value(person, person.extension, names.EXT_TITLE, "valueString")
    return _told(fields)


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in fields.items() if value is not None}


def write_party(
    assembly: Assembly, party: Responsible | ParticipantRow, patient: dict[str, Any], *, as_entry: bool = False
) -> dict[str, Any]:
    """A reference to the party. ``patient``: a reference to the person of the case; ``as_entry``: always to an entry, which
    ``Encounter.participant`` requires.
    """
    told = {field: text(value) for field in _DETAILS if (value := getattr(party, field, None)) is not None}
    if not told and not as_entry:
        if party.unit is not None:
            return unit_reference(party.unit)
        if party.person:
            return patient
    resource = _unit(party.unit, told) if party.unit is not None else _related(party, told, patient)
    if "phone" in told:
        resource["telecom"] = [{"system": "phone", "value": told["phone"]}]
    return {"reference": assembly.add(resource)}


def _unit(unit: str, told: dict[str, str]) -> dict[str, Any]:
    resource: dict[str, Any] = {"resourceType": "PractitionerRole"}
    if "relation" in told:
        resource["extension"] = [{"url": names.EXT_RELATION, "valueString": told["relation"]}]
    if "name" in told:
        resource["practitioner"] = {"type": "Practitioner", "display": told["name"]}
    resource["organization"] = unit_reference(unit)
    if "title" in told:
        resource["code"] = [{"text": told["title"]}]
    return resource


def _related(party: Responsible | ParticipantRow, told: dict[str, str], patient: dict[str, Any]) -> dict[str, Any]:
    resource: dict[str, Any] = {"resourceType": "RelatedPerson"}
    if "title" in told:
        resource["extension"] = [{"url": names.EXT_TITLE, "valueString": told["title"]}]
    if party.outsider is not None:
        resource["identifier"] = [{"system": names.OUTSIDER, "value": text(party.outsider)}]
    resource["patient"] = patient
    relationship: dict[str, Any] = {}
    if party.person:
        relationship["coding"] = [{"system": names.ROLE_CODE, "code": _ONESELF}]
    if "relation" in told:
        relationship["text"] = told["relation"]
    if relationship:
        resource["relationship"] = [relationship]
    if "name" in told:
        resource["name"] = [{"use": "official", "text": told["name"]}]
    return resource


def read_contact_details(view: View, staff: Staff) -> dict[str, Any]:
    """Phone and e-mail of a member of staff or a unit, where the PractitionerRole has them."""
    if staff.named is None:
        return {}
    return {"phone": phone_of(view, staff.named.telecom), "email": _email(staff.named.telecom)}


def _email(telecom: list[Contact]) -> str | None:
    return next((one.value for one in telecom if one.system == "email" and one.use != "old"), None)


def read_named_contact(view: View, reference: Reference | None, of: Resource, element: str) -> dict[str, Any]:
    """The fields of ``NamedContact``. Raises ``Refused``."""
    staff = read_staff(view, reference, of, element)
    if staff is None or staff.person is None or staff.unit is None:
        raise view.refused("named-contact", of, element)
    return {"person": staff.person, "unit": staff.unit} | read_contact_details(view, staff)


def write_named_contact(assembly: Assembly, contact: NamedContact) -> dict[str, Any]:
    """A reference to the contact person, a PractitionerRole of the Bundle."""
    telecom = contact_details(contact.phone, contact.email)
    return {"reference": write_staff(assembly, contact.person, contact.unit, telecom)}


def contact_details(phone: str | None, email: str | None) -> list[dict[str, str]]:
    """The ContactPoints of a phone number and an e-mail address, as far as they are known."""
    numbers = (("phone", phone), ("email", email))
    return [{"system": system, "value": text(value)} for system, value in numbers if value is not None]


def write_unit_contact(
    assembly: Assembly, person: str | None, unit: str, phone: str | None, email: str | None
) -> dict[str, Any]:
    """A reference to a person of a unit, or to the unit alone, with contact details."""
    telecom = contact_details(phone, email)
    if person is not None:
        return {"reference": write_staff(assembly, person, unit, telecom)}
    if not telecom:
        return unit_reference(unit)
    role = {"resourceType": "PractitionerRole", "organization": unit_reference(unit), "telecom": telecom}
    return {"reference": assembly.add(role)}
