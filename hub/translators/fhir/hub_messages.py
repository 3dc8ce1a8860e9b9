"""The hub's own messages: ``adressering`` and ``verifiering`` as CareTeam (law-and-lookups §4; C-3, C-22), ``frist`` as Task (D-9).
Imports the shapes, the people and the tasks.

Only a receiver of notices reads them; from a sender they are refused (``names.READS``). ``population`` has ``folkbokforing``.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.act_resources import Task
from hub.translators.fhir.assembly import (
    Assembly,
    concept,
    instant,
    message_reference,
    text,
    unit_reference,
    write_encounter,
)
from hub.translators.fhir.bundle import View, code_of, moment
from hub.translators.fhir.people import best_address, best_name, read_staff, write_actor, write_contacts, write_unit
from hub.translators.fhir.resources import CareTeam, Patient
from hub.translators.fhir.tasks import check_task, new_task
from schemas.envelope import Message
from schemas.hub_messages import Adressering, Frist, Verifiering

_FOUND: Final = {"health-centre": "health_centre", "municipality": "municipality_unit"}


def read_addressing(view: View, team: CareTeam) -> dict[str, Any]:
    """The fields of ``Adressering``. Raises ``Refused``."""
    fields: dict[str, Any] = {"outcome": view.value(team, team.extension, names.EXT_OUTCOME, "valueCode")}
    fields["municipality"] = view.value(team, team.extension, names.EXT_MUNICIPALITY, "valueCode")
    fields["county"] = view.value(team, team.extension, names.EXT_COUNTY, "valueCode")
    fields["why"] = tuple(found.valueString for found in team.extension if found.url == names.EXT_WHY)
    for index, participant in enumerate(team.participant):
        role = next((code for one in participant.role if (code := code_of(one, names.PARTICIPANT))), None)
        if role not in _FOUND:
            raise view.refused("C-10", team, f".participant[{index}].role")
        fields[_FOUND[role]] = view.unit(participant.member, team, f".participant[{index}].member")
    patient = view.resolve(team.subject, Patient, team, ".subject")
    if patient is not None:
        fields |= {"name": best_name(view, patient.name), "address": best_address(view, patient.address)}
    return fields


def read_verification(view: View, team: CareTeam) -> dict[str, Any]:
    """The fields of ``Verifiering``. Raises ``Refused``."""
    staff = read_staff(view, team.participant[0].member, team, ".participant[0].member") if team.participant else None
    if staff is None or staff.named is None:
        raise view.refused("C-3", team, ".participant[0].member")
    fields: dict[str, Any] = {"unit": staff.unit, "actor": staff.person}
    fields["role"] = next((code for one in staff.named.code if (code := code_of(one, names.ROLE))), None)
    fields["outcome"] = view.value(team, team.extension, names.EXT_VERIFICATION, "valueCode")
    concerns = view.value(team, team.extension, names.EXT_CONCERNS, "valueCode")
    return fields if concerns is None else {**fields, "concerns": concerns}


def read_deadline(view: View, task: Task) -> dict[str, Any]:
    """The fields of ``Frist``. Raises ``Refused``."""
    check_task(view, task, "frist", "requested")
    fields: dict[str, Any] = {"name": code_of(task.reasonCode, names.DEADLINE)}
    if task.restriction is not None:
        period = task.restriction.period
        fields["due"] = None if period is None else moment(period.end, view, task, ".restriction.period.end")
        fields["units"] = tuple(
            view.unit(unit, task, f".restriction.recipient[{index}]")
            for index, unit in enumerate(task.restriction.recipient)
        )
    fields["step"] = view.value(task, task.extension, names.EXT_STEP, "valueCode")
    fields["of"] = view.value(task, task.extension, names.EXT_DEADLINE_OF, "valueString")
    if task.focus is not None and task.focus.identifier is not None:
        fields["message"] = task.focus.identifier.value
    return fields


def write_addressing(assembly: Assembly, _: Message, body: Adressering, case: dict[str, str]) -> list[str]:
    """``adressering``: the units as participants, the outcome as extension, name and address as a Patient (law-and-lookups §4)."""
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
        write_contacts(patient, body.name, None, body.address)
        team["subject"] = {"reference": assembly.add(patient)}
    team["encounter"] = {"reference": encounter}
    participants = [
        {"role": [concept(names.PARTICIPANT, role)], "member": unit_reference(unit)}
        for role, unit in (("health-centre", body.health_centre), ("municipality", body.municipality_unit))
        if unit is not None
    ]
    if participants:
        team["participant"] = participants
    return [assembly.add(team), encounter]


def write_verification(assembly: Assembly, _: Message, body: Verifiering, case: dict[str, str]) -> list[str]:
    """``verifiering``: the person with unit and role, and HSA's answer as extension (C-3, C-22)."""
    encounter = write_encounter(assembly, case)
    unit = write_unit(assembly, body.unit)
    actor = write_actor(assembly, body.actor, body.role, unit)
    extensions = [{"url": names.EXT_VERIFICATION, "valueCode": body.outcome}]
    if body.concerns != "actor":
        extensions.append({"url": names.EXT_CONCERNS, "valueCode": body.concerns})
    team = {
        "resourceType": "CareTeam",
        "extension": extensions,
        "status": "active",
        "encounter": {"reference": encounter},
        "participant": [{"member": {"reference": actor}}],
    }
    return [assembly.add(team), encounter]


def write_deadline(assembly: Assembly, message: Message, body: Frist, case: dict[str, str]) -> list[str]:
    """``frist``: the deadline's name as reason, its time, what it concerns and the units that are awaited (D-9)."""
    encounter = write_encounter(assembly, case)
    task = new_task(message, "frist", "requested", encounter)
    extensions = [] if body.step is None else [{"url": names.EXT_STEP, "valueCode": body.step}]
    if body.of is not None:
        extensions.append({"url": names.EXT_DEADLINE_OF, "valueString": text(body.of)})
    if extensions:
        task["extension"] = extensions
    task["reasonCode"] = concept(names.DEADLINE, body.name)
    if body.message is not None:
        task["focus"] = message_reference(body.message, "Communication")
    due = body.due if body.due.tzinfo is not None else body.due.replace(tzinfo=UTC)
    task["restriction"] = {"period": {"end": instant(due)}}
    if body.units:
        task["restriction"]["recipient"] = [unit_reference(unit) for unit in body.units]
    return [assembly.add(task), encounter]
