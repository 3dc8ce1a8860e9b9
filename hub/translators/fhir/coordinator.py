"""CareTeam: ``sip.samordningsansvarig``, who coordinates the SIP (S-6, P-21). Imports the shapes and the parties.

The participant is a PractitionerRole with person, unit and contact details; in Prator a unit alone may coordinate.
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, concept, write_encounter
from hub.translators.fhir.bundle import View, code_of
from hub.translators.fhir.initiative import COORDINATOR
from hub.translators.fhir.parties import read_contact_details, write_unit_contact
from hub.translators.fhir.people import Staff, read_staff
from hub.translators.fhir.resources import CareTeam, Encounter, Organization
from hub.translators.fhir.shapes import Reference, Resource
from schemas.envelope import Message
from schemas.sip import Samordningsansvarig

_PLACE: Final = ".participant[0]"


def read_coordinator(view: View, team: CareTeam) -> dict[str, Any]:
    """The fields of ``Samordningsansvarig``. Raises ``Refused`` unless there is one participant in that role."""
    view.resolve(team.encounter, Encounter, team, ".encounter")
    if len(team.participant) != 1:
        raise view.refused("P-21", team, ".participant")
    participant = team.participant[0]
    if [code_of(one, names.PARTICIPANT) for one in participant.role] != [COORDINATOR]:
        raise view.refused("P-21", team, f"{_PLACE}.role")
    changes = [one.valueCode for one in participant.extension if one.url == names.EXT_CHANGE]
    if len(changes) != 1 or changes[0] is None:
        raise view.refused("P-21", team, f"{_PLACE}.extension('{names.EXT_CHANGE}').value")
    staff = _member(view, team, participant.member)
    if staff.unit is None:
        raise view.refused("P-21", team, f"{_PLACE}.member")
    return {"person": staff.person, "unit": staff.unit, "change": changes[0]} | read_contact_details(view, staff)


def _member(view: View, team: CareTeam, member: Reference | None) -> Staff:
    element = f"{_PLACE}.member"
    if member is not None:
        entry = view.resolve(member, Resource, team, element)
        if isinstance(entry, Organization) or (entry is None and member.type == "Organization"):
            return Staff(None, view.unit(member, team, element))
    return read_staff(view, member, team, element) or Staff(None)


def write_coordinator(assembly: Assembly, _: Message, body: Samordningsansvarig, case: dict[str, str]) -> list[str]:
    """``sip.samordningsansvarig``: the person and unit that coordinate from now on, or no longer (S-6)."""
    encounter = write_encounter(assembly, case, in_stay=False)
    participant = {
        "extension": [{"url": names.EXT_CHANGE, "valueCode": body.change}],
        "role": [concept(names.PARTICIPANT, COORDINATOR)],
        "member": write_unit_contact(assembly, body.person, body.unit, body.phone, body.email),
    }
    team = {"resourceType": "CareTeam", "status": "active", "encounter": {"reference": encounter}}
    return [assembly.add({**team, "participant": [participant]}), encounter]
