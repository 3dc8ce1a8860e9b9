"""RelatedPerson in a CareTeam: ``narstaende``, the whole list of people and bodies without an account (C-15). Imports the shapes and
the people.

R4 requires the patient of a RelatedPerson; it is named by the case, because the message does not contain the patient.
"""

from __future__ import annotations

from typing import Any

from hub.translators.fhir import names
from hub.translators.fhir.act_resources import RelatedPerson
from hub.translators.fhir.assembly import Assembly, text, write_encounter
from hub.translators.fhir.bundle import View
from hub.translators.fhir.people import best_name, phone_of, write_contacts
from hub.translators.fhir.resources import CareTeam, Encounter
from schemas.envelope import Message
from schemas.shared import Narstaende, Outsider


def read_outsiders(view: View, team: CareTeam) -> dict[str, Any]:
    """The fields of ``Narstaende``. Raises ``Refused`` for a participant that does not lead to a RelatedPerson."""
    view.resolve(team.encounter, Encounter, team, ".encounter")
    people: list[dict[str, Any]] = []
    for index, participant in enumerate(team.participant):
        element = f".participant[{index}]"
        person = view.resolve(participant.member, RelatedPerson, team, f"{element}.member")
        if person is None:
            raise view.refused("C-15", team, f"{element}.member")
        relation = next((one.text for one in person.relationship if one.text), None) or next(
            (coding.display for one in person.relationship for coding in one.coding if coding.display), None
        )
        fields: dict[str, Any] = {"name": best_name(view, person.name), "relation": relation}
        if fields["name"] is None or relation is None:
            raise view.refused("C-15", person, ".name" if relation is not None else ".relationship")
        fields["phone"] = phone_of(view, person.telecom)
        objects = view.value(team, participant.extension, names.EXT_OBJECTS, "valueBoolean")
        people.append(fields if objects is None else {**fields, "person_objects": objects})
    return {"people": tuple(people)}


def write_outsiders(assembly: Assembly, _: Message, body: Narstaende, case: dict[str, str]) -> list[str]:
    """``narstaende``: one participant per person or body."""
    encounter = write_encounter(assembly, case)
    team: dict[str, Any] = {"resourceType": "CareTeam", "status": "active", "encounter": {"reference": encounter}}
    if body.people:
        team["participant"] = [_participant(assembly, person, case) for person in body.people]
    return [assembly.add(team), encounter]


def _participant(assembly: Assembly, person: Outsider, case: dict[str, str]) -> dict[str, Any]:
    related: dict[str, Any] = {"resourceType": "RelatedPerson", "patient": {"type": "Patient", "identifier": case}}
    related["relationship"] = [{"text": text(person.relation)}]
    write_contacts(related, person.name, person.phone, None)
    participant: dict[str, Any] = {"member": {"reference": assembly.add(related)}}
    if person.person_objects:
        participant["extension"] = [{"url": names.EXT_OBJECTS, "valueBoolean": True}]
    return participant
