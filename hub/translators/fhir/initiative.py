"""CarePlan that is a proposal: ``sip.initiativ``, which opens the case and makes the empty plan (S-1, S-2, P-1). Imports the shapes
and the other groups.

Receivers, the coordinator and the person's representative are participants of ``CarePlan.careTeam``; information and consents are in
``CarePlan.supportingInfo``, in their order.
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.act_resources import RelatedPerson
from hub.translators.fhir.assembly import NO_STAY, Assembly, concept, text, unit_reference
from hub.translators.fhir.bundle import View, code_of
from hub.translators.fhir.communication import is_information, is_of_another, read_information, write_information
from hub.translators.fhir.consent import read_consent, write_consent
from hub.translators.fhir.parties import read_named_contact, write_named_contact
from hub.translators.fhir.people import best_name, phone_of, read_patient, write_contacts, write_patient
from hub.translators.fhir.plan import check_plan
from hub.translators.fhir.plan_fields import read_who, write_who
from hub.translators.fhir.plan_parts import new_plan
from hub.translators.fhir.plan_resources import CarePlan
from hub.translators.fhir.receivers import RECEIVER, read_receiver, receiver_extensions, receiver_types
from hub.translators.fhir.resources import CareTeam, Communication, Consent, Participant
from hub.translators.fhir.shapes import Resource
from schemas.envelope import Message
from schemas.sip import Initiativ
from schemas.sip_parts import Representative

COORDINATOR: Final = "samordningsansvarig"
_REPRESENTATIVE: Final = "stallforetradare"


def read_initiative(view: View, plan: CarePlan) -> dict[str, Any]:
    """The fields of ``Initiativ``. Raises ``Refused``."""
    fields = check_plan(view, plan)
    patient = read_patient(view, plan.subject, plan, ".subject")
    if patient is not None:
        fields["patient"] = patient
    kinds = [code for one in plan.category if (code := code_of(one, names.INITIATIV_KIND)) is not None]
    if len(kinds) > 1:
        raise view.refused("codes-differ", plan, ".category")
    fields["kind"] = kinds[0] if kinds else None
    fields["reason"] = view.value(plan, plan.extension, names.EXT_REASON, "valueString")
    fields["requested_by"] = read_who(view, plan, names.EXT_REQUESTED_BY)
    fields["need_found_by"] = read_who(view, plan, names.EXT_NEED_FOUND_BY)
    linked = view.value(plan, plan.extension, names.EXT_LINKED_CASE, "valueIdentifier")
    if linked is not None:
        if linked.system != names.CASE:
            raise view.refused("extension-value", plan, f".extension('{names.EXT_LINKED_CASE}').value")
        fields["svu"] = linked.value
    for index, reference in enumerate(plan.careTeam):
        team = view.resolve(reference, CareTeam, plan, f".careTeam[{index}]")
        if team is None:
            raise view.refused("reference-unresolved", plan, f".careTeam[{index}]")
        _read_team(view, team, fields)
    _read_information_and_consents(view, plan, fields)
    return {field: value for field, value in fields.items() if value is not None}


def _read_team(view: View, team: CareTeam, fields: dict[str, Any]) -> None:
    receivers: tuple[dict[str, Any], ...] = ()
    for index, participant in enumerate(team.participant):
        element = f".participant[{index}]"
        role = _role(view, team, participant, element)
        if role == RECEIVER:
            member = view.unit(participant.member, team, f"{element}.member")
            receivers += (read_receiver(view, team, member, participant.extension, participant.role, element),)
        elif role in fields:
            raise view.refused("team-role", team, f"{element}.role")
        elif role == COORDINATOR:
            fields[role] = read_named_contact(view, participant.member, team, f"{element}.member")
        else:
            fields[role] = _read_representative(view, team, participant, element)
    if receivers:
        fields["receivers"] = (*fields.get("receivers", ()), *receivers)


def _role(view: View, team: CareTeam, participant: Participant, element: str) -> str:
    roles = [code for one in participant.role if (code := code_of(one, names.PARTICIPANT)) is not None]
    if len(roles) != 1 or roles[0] not in (RECEIVER, COORDINATOR, _REPRESENTATIVE):
        raise view.refused("team-role", team, f"{element}.role")
    return roles[0]


def _read_representative(view: View, team: CareTeam, participant: Participant, element: str) -> dict[str, Any]:
    person = view.resolve(participant.member, RelatedPerson, team, f"{element}.member")
    if person is None:
        raise view.refused("party", team, f"{element}.member")
    relation = next((one.text for one in person.relationship if one.text), None)
    return {"name": best_name(view, person.name), "relation": relation, "phone": phone_of(view, person.telecom)}


def _read_information_and_consents(view: View, plan: CarePlan, fields: dict[str, Any]) -> None:
    consents: list[dict[str, Any]] = []
    referred: list[Resource | None] = []
    for index, reference in enumerate(plan.supportingInfo):
        resource = view.entry(reference)
        referred.append(resource)
        if isinstance(resource, Consent):
            consents.append(read_consent(view, resource))
        elif isinstance(resource, Communication) and is_information(resource):
            if "information" in fields:
                raise view.refused("C-20", plan, f".supportingInfo[{index}]")
            another = is_of_another(view, resource, plan.subject, plan)
            fields["information"] = read_information(view, resource, with_patient=another)
    for resource in view.resources:
        said = isinstance(resource, Consent) or (isinstance(resource, Communication) and is_information(resource))
        if said and not any(resource is other for other in referred):
            raise view.refused("initiative-support", resource)
    if consents:
        fields["samtycke"] = tuple(consents)


def write_initiative(assembly: Assembly, message: Message, body: Initiativ, case: dict[str, str]) -> list[str]:
    """``sip.initiativ``: the empty plan as a proposal of the acting unit, with whom it is sent to (P-1, P-4)."""
    patient = write_patient(assembly, body.patient)
    person = {"reference": patient}
    episode = {"resourceType": "EpisodeOfCare", "identifier": [case], "status": "active", "patient": person}
    encounter = assembly.add(
        {
            "resourceType": "Encounter",
            "status": "unknown",
            "class": NO_STAY,
            "subject": person,
            "episodeOfCare": [{"identifier": case, "reference": assembly.add(episode)}],
        }
    )
    plan = new_plan(message, encounter, person, intent="proposal", draft=not body.send)
    if extensions := _extensions(body):
        plan["extension"] = extensions
    if body.kind is not None:
        plan["category"] = [*plan["category"], concept(names.INITIATIV_KIND, body.kind)]
    url = assembly.add(plan)
    participants = _participants(assembly, body, person)
    if participants:
        team = {"resourceType": "CareTeam", "status": "proposed", "encounter": {"reference": encounter}}
        plan["careTeam"] = [{"reference": assembly.add({**team, "participant": participants})}]
    support: list[str] = []
    whom = patient
    if body.information is not None:
        # The information may name a patient too, which becomes a second Patient.
        told = body.information.patient
        whom = patient if told is None else write_patient(assembly, told)
        support.append(write_information(assembly, message, body.information, whom, encounter))
    support += [write_consent(assembly, message, consent, whom) for consent in body.samtycke or ()]
    if support:
        plan["supportingInfo"] = [{"reference": one} for one in support]
    return [url, encounter]


def _extensions(body: Initiativ) -> list[dict[str, Any]]:
    extensions: list[dict[str, Any]] = []
    if body.reason is not None:
        extensions.append({"url": names.EXT_REASON, "valueString": text(body.reason)})
    if body.requested_by is not None:
        extensions.append(write_who(names.EXT_REQUESTED_BY, body.requested_by))
    if body.need_found_by is not None:
        extensions.append(write_who(names.EXT_NEED_FOUND_BY, body.need_found_by))
    if body.svu is not None:
        linked = {"system": names.CASE, "value": body.svu}
        extensions.append({"url": names.EXT_LINKED_CASE, "valueIdentifier": linked})
    return extensions


def _participants(assembly: Assembly, body: Initiativ, person: dict[str, Any]) -> list[dict[str, Any]]:
    participants: list[dict[str, Any]] = []
    if body.samordningsansvarig is not None:
        member = write_named_contact(assembly, body.samordningsansvarig)
        participants.append({"role": [concept(names.PARTICIPANT, COORDINATOR)], "member": member})
    if body.stallforetradare is not None:
        member = _representative(assembly, body.stallforetradare, person)
        participants.append({"role": [concept(names.PARTICIPANT, _REPRESENTATIVE)], "member": member})
    for receiver in body.receivers or ():
        participant: dict[str, Any] = receiver_extensions(receiver)
        participant["role"] = receiver_types(receiver)
        participants.append({**participant, "member": unit_reference(receiver.unit)})
    return participants


def _representative(assembly: Assembly, who: Representative, person: dict[str, Any]) -> dict[str, Any]:
    related: dict[str, Any] = {"resourceType": "RelatedPerson", "patient": person}
    if who.relation is not None:
        related["relationship"] = [{"text": text(who.relation)}]
    write_contacts(related, who.name, who.phone, None)
    return {"reference": assembly.add(related)}
