"""Encounter and EpisodeOfCare: ``svu.inskrivning`` read and written. Imports the shapes and the other groups.

V-4 and law 2017:612 2:1-2:3; what may be embedded: messages.md §4. A draft (C-52) is an extension of MessageHeader and
not Encounter.status planned: the person is in the ward already, only the notice is not yet published.
"""

from __future__ import annotations

from typing import Any

from hub.translators.fhir import names
from hub.translators.fhir.assembly import IMP, Assembly, instant, text, unit_reference
from hub.translators.fhir.bundle import View, moment
from hub.translators.fhir.communication import is_information, is_of_another, read_information, write_information
from hub.translators.fhir.consent import read_consent, write_consent
from hub.translators.fhir.header import read_draft
from hub.translators.fhir.people import read_patient, write_patient
from hub.translators.fhir.resources import Communication, Consent, Encounter
from hub.translators.fhir.stay import check_stay, planned_end, read_placement, write_placement
from schemas.envelope import Message
from schemas.svu import Inskrivning


def read_admission(view: View, encounter: Encounter) -> dict[str, Any]:
    """The fields of ``Inskrivning``. Raises ``Refused``; the rules check that required fields are there (V-4)."""
    check_stay(view, encounter, "in-progress", "encounter-status")
    fields: dict[str, Any] = {}
    patient = read_patient(view, encounter.subject, encounter, ".subject")
    if patient is not None:
        fields["patient"] = patient
    if encounter.period is not None:
        fields["admitted_at"] = moment(encounter.period.start, view, encounter, ".period.start")
    if encounter.extension:
        fields["estimated_discharge"] = planned_end(view, encounter)
        placement = read_placement(view, encounter, encounter.extension)
        if placement is not None:
            fields["placement"] = placement
        linked = view.extension(encounter, encounter.extension, names.EXT_SIP)
        if linked is not None:
            fields["sip"] = linked.valueString
    reasons = [concept.text or _first_display(concept.coding) for concept in encounter.reasonCode]
    if reasons:
        fields["reason"] = "\n".join(reason for reason in reasons if reason) or None
    view.organisation(encounter.serviceProvider, encounter, ".serviceProvider")
    for resource in view.resources:
        if isinstance(resource, Communication) and is_information(resource):
            if "information" in fields:
                raise view.refused("C-20", resource)
            fields["information"] = read_information(
                view, resource, with_patient=is_of_another(view, resource, encounter.subject, encounter)
            )
        elif isinstance(resource, Consent):
            if "samtycke" in fields:
                raise view.refused("C-21", resource)
            fields["samtycke"] = read_consent(view, resource)
    draft = read_draft(view)
    if draft is not None:
        fields["draft"] = draft
    return fields


def _first_display(coding: list[Any]) -> str | None:
    return next((one.display for one in coding if one.display), None)


def write_admission(assembly: Assembly, message: Message, body: Inskrivning, case: dict[str, str]) -> list[str]:
    """Add the entries; return the full URLs for the header's focus."""
    encounter: dict[str, Any] = {"resourceType": "Encounter"}
    if body.estimated_discharge is not None:
        encounter["extension"] = [
            {"url": names.EXT_PLANNED_END, "valueDateTime": body.estimated_discharge.isoformat()},
        ]
    if body.placement is not None:
        encounter.setdefault("extension", []).append(write_placement(body.placement))
    if body.sip is not None:
        encounter.setdefault("extension", []).append({"url": names.EXT_SIP, "valueString": body.sip})
    encounter["status"] = "in-progress"
    encounter["class"] = IMP
    patient: str | None = None
    episode: dict[str, Any] = {"identifier": case}
    if body.patient is not None:
        patient = write_patient(assembly, body.patient)
        encounter["subject"] = {"reference": patient}
        episode["reference"] = assembly.add(
            {
                "resourceType": "EpisodeOfCare",
                "identifier": [case],
                "status": "active",
                "patient": {"reference": patient},
            }
        )
    encounter["episodeOfCare"] = [episode]
    if body.admitted_at is not None:
        encounter["period"] = {"start": instant(body.admitted_at)}
    if body.reason is not None:
        encounter["reasonCode"] = [{"text": text(body.reason)}]
    encounter["serviceProvider"] = unit_reference(message.unit)
    focus = [assembly.add(encounter)]
    whom = patient
    if body.information is not None:
        # The embedded information may name a patient too, which becomes a second Patient.
        told = body.information.patient
        whom = patient if told is None else write_patient(assembly, told)
        focus.append(write_information(assembly, message, body.information, whom, focus[0]))
    if body.samtycke is not None:
        focus.append(write_consent(assembly, message, body.samtycke, whom))
    return focus
