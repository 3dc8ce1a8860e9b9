"""CareTeam: ``deltagare`` (C-10 to C-14) read and written, ``adressering`` written. Imports the shapes.

A participant is an Organization by HSA-id; ``onBehalfOf`` stays away, since the member is no Practitioner (ctm-1).
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, text, unit_reference, write_encounter
from hub.translators.fhir.bundle import View, extension
from hub.translators.fhir.people import write_actor, write_unit
from hub.translators.fhir.resources import CareTeam, Encounter
from schemas.envelope import Message
from schemas.messages import Adressering, Deltagare, Verifiering

_CHANGES: Final = frozenset({"tillagd", "borttagen", "uttrade"})


def read_participant(view: View, team: CareTeam) -> dict[str, Any]:
    """The fields of ``Deltagare``. Raises ``Refused``: one participant, its change said."""
    if len(team.participant) != 1:
        raise view.refused("C-10", team, ".participant")
    participant = team.participant[0]
    unit = view.organisation(participant.member, team, ".participant[0].member")
    if unit is None:
        raise view.refused("C-10", team, ".participant[0].member")
    change = extension(participant.extension, names.EXT_CHANGE)
    if change is None or change.valueCode not in _CHANGES:
        raise view.refused("C-10", team, f".participant[0].extension('{names.EXT_CHANGE}').value")
    fields: dict[str, Any] = {"unit": unit, "change": change.valueCode}
    kvittera = extension(participant.extension, names.EXT_KVITTERA)
    if kvittera is not None:
        if kvittera.valueBoolean is None:
            raise view.refused("fhir-invalid", team, f".participant[0].extension('{names.EXT_KVITTERA}').value")
        fields["kvittera"] = kvittera.valueBoolean
    view.resolve(team.encounter, Encounter, team, ".encounter")
    return fields


def write_participant(assembly: Assembly, _: Message, body: Deltagare, case: dict[str, str]) -> list[str]:
    """``deltagare``: the one whose part changes."""
    encounter = write_encounter(assembly, case)
    participant = {
        "extension": [
            {"url": names.EXT_CHANGE, "valueCode": body.change},
            {"url": names.EXT_KVITTERA, "valueBoolean": body.kvittera},
        ],
        "member": unit_reference(body.unit),
    }
    team = {
        "resourceType": "CareTeam",
        "status": "active",
        "encounter": {"reference": encounter},
        "participant": [participant],
    }
    return [assembly.add(team), encounter]


def write_addressing(assembly: Assembly, _: Message, body: Adressering, case: dict[str, str]) -> list[str]:
    """``adressering``: the units found as participants, the outcome as extension, name and address as a Patient (law
    §4).
    """
    extensions: list[dict[str, Any]] = [{"url": names.EXT_OUTCOME, "valueCode": body.outcome}]
    if body.municipality is not None:
        extensions.append({"url": names.EXT_MUNICIPALITY, "valueCode": body.municipality})
    if body.county is not None:
        extensions.append({"url": names.EXT_COUNTY, "valueCode": body.county})
    extensions += [{"url": names.EXT_WHY, "valueString": text(why)} for why in body.why]
    encounter = write_encounter(assembly, case)
    team: dict[str, Any] = {"resourceType": "CareTeam", "extension": extensions, "status": "active"}
    if body.name is not None or body.address is not None:
        patient: dict[str, Any] = {"resourceType": "Patient"}
        if body.name is not None:
            patient["name"] = [{"use": "official", "text": text(body.name)}]
        if body.address is not None:
            patient["address"] = [{"use": "home", "text": text(body.address)}]
        team["subject"] = {"reference": assembly.add(patient)}
    team["encounter"] = {"reference": encounter}
    participants = [
        {"role": [{"coding": [{"system": names.PARTICIPANT, "code": role}]}], "member": unit_reference(unit)}
        for role, unit in (("health-centre", body.health_centre), ("municipality", body.municipality_unit))
        if unit is not None
    ]
    if participants:
        team["participant"] = participants
    return [assembly.add(team), encounter]


def write_verification(assembly: Assembly, _: Message, body: Verifiering, case: dict[str, str]) -> list[str]:
    """``verifiering``: the one who acted, for which unit and in which role, with what HSA said as extension (C-3)."""
    encounter = write_encounter(assembly, case)
    unit = write_unit(assembly, body.unit)
    actor = write_actor(assembly, body.actor, body.role, unit)
    team = {
        "resourceType": "CareTeam",
        "extension": [{"url": names.EXT_VERIFICATION, "valueCode": body.outcome}],
        "status": "active",
        "encounter": {"reference": encounter},
        "participant": [{"member": {"reference": actor}}],
    }
    return [assembly.add(team), encounter]
