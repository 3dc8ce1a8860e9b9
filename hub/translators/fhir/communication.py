"""Communication: ``information`` (C-20) and ``kvittens`` (C-2). Imports the shapes and the people.

Informing the person is a communication: completed, or not-done with a statusReason; Consent.verification would mean that the consent
was verified. A kvittens is a business act and never ``MessageHeader.response``, the technical receipt (fhir.md); it names the message
by identifier, because that message is in another Bundle. ``free_messages`` has the units' free messages.
"""

from __future__ import annotations

from typing import Any

from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, instant, message_reference, text, unit_reference, write_encounter
from hub.translators.fhir.bundle import View
from hub.translators.fhir.people import read_patient, write_patient
from hub.translators.fhir.resources import Communication, Encounter, Patient
from hub.translators.fhir.shapes import Reference, Resource
from schemas.envelope import Message
from schemas.parts import Information
from schemas.shared import Kvittens


def is_information(communication: Communication) -> bool:
    """Whether the Communication is about informing the person (C-20)."""
    for concept in communication.category:
        for coding in concept.coding:
            if coding.code == "information" and coding.system == names.CATEGORY:
                return True
    return False


def read_information(view: View, communication: Communication, *, with_patient: bool = False) -> dict[str, Any]:
    """The fields of ``Information``; ``with_patient``: also the patient, when it opens the case (V-1). Raises ``Refused``."""
    if not is_information(communication):
        raise view.refused("C-20", communication, ".category")
    if communication.status not in ("completed", "not-done"):
        raise view.refused("C-20", communication, ".status")
    fields: dict[str, Any] = {"given": communication.status == "completed"}
    why = communication.statusReason
    if why is not None:
        fields["reason"] = why.text or next((one.display for one in why.coding if one.display), None)
    if with_patient:
        patient = read_patient(view, communication.subject, communication, ".subject")
        if patient is not None:
            fields["patient"] = patient
    view.resolve(communication.encounter, Encounter, communication, ".encounter")
    return fields


def is_of_another(view: View, communication: Communication, patient: Reference | None, of: Resource) -> bool:
    """Whether the Communication names another Patient than the ``patient`` (``subject``) of the resource with which it is sent."""
    whom = communication.subject
    if whom is None or (patient is not None and whom.reference == patient.reference):
        return False
    named = view.resolve(whom, Patient, communication, ".subject")
    return named is not None and named is not view.resolve(patient, Patient, of, ".subject")


def read_information_message(view: View, communication: Communication) -> dict[str, Any]:
    """``information`` as a message of its own; with the patient it opens the case (V-1). Raises ``Refused``."""
    return read_information(view, communication, with_patient=True)


def answered(view: View, communication: Communication, rule: str) -> str:
    """The id of the message that the Communication names. Raises ``Refused`` with ``rule`` when it names none, or several."""
    ids = [
        reference.identifier.value
        for reference in communication.inResponseTo
        if reference.identifier is not None and reference.identifier.system == names.MESSAGE
    ]
    if len(ids) != 1 or ids[0] is None:
        raise view.refused(rule, communication, ".inResponseTo")
    return ids[0]


def read_kvittens(view: View, communication: Communication) -> dict[str, Any]:
    """The fields of ``Kvittens``. Raises ``Refused``."""
    if communication.status != "completed":
        raise view.refused("C-2", communication, ".status")
    fields: dict[str, Any] = {"message": answered(view, communication, "C-2")}
    comments = [part.contentString for part in communication.payload if part.contentString is not None]
    if comments:
        fields["comment"] = "\n".join(comments)
    view.resolve(communication.encounter, Encounter, communication, ".encounter")
    view.organisation(communication.sender, communication, ".sender")
    return fields


def write_information(
    assembly: Assembly, message: Message, body: Information, patient: str | None, encounter: str
) -> str:
    """Add the Communication; return its full URL."""
    resource: dict[str, Any] = {"resourceType": "Communication", "status": "completed" if body.given else "not-done"}
    if body.reason is not None:
        resource["statusReason"] = {"text": text(body.reason)}
    resource["category"] = [{"coding": [{"system": names.CATEGORY, "code": "information"}]}]
    if patient is not None:
        resource["subject"] = {"reference": patient}
    resource["encounter"] = {"reference": encounter}
    resource["sent"] = instant(message.time)
    if patient is not None:
        resource["recipient"] = [{"reference": patient}]
    resource["sender"] = unit_reference(message.unit)
    return assembly.add(resource)


def write_information_message(
    assembly: Assembly, message: Message, body: Information, case: dict[str, str]
) -> list[str]:
    """``information`` as a message of its own; with ``patient`` it opens the case (V-1)."""
    patient = write_patient(assembly, body.patient) if body.patient is not None else None
    encounter = write_encounter(assembly, case)
    return [write_information(assembly, message, body, patient, encounter), encounter]


def write_kvittens(assembly: Assembly, message: Message, body: Kvittens, case: dict[str, str]) -> list[str]:
    """``kvittens``: who acknowledges (sender) what (inResponseTo), when (sent)."""
    encounter = write_encounter(assembly, case)
    resource: dict[str, Any] = {
        "resourceType": "Communication",
        "inResponseTo": [message_reference(body.message, "Communication")],
        "status": "completed",
        "category": [{"coding": [{"system": names.CATEGORY, "code": "kvittens"}]}],
        "encounter": {"reference": encounter},
        "sent": instant(message.time),
        "sender": unit_reference(message.unit),
    }
    if body.comment is not None:
        resource["payload"] = [{"contentString": text(body.comment)}]
    return [assembly.add(resource), encounter]
