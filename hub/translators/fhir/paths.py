"""The FHIRPath of every field of every message, for refusals and responses. Imports the names only."""

from __future__ import annotations

from typing import Final

from hub.translators.fhir import names


def _extension(of: str, url: str) -> str:
    return f"{of}.extension('{url}').value"


def _part(of: str, url: str, part: str) -> str:
    return f"{of}.extension('{url}').extension('{part}').value"


def _input(field: str) -> str:
    return f"Task.input.where(type.coding.code='{field}').value"


_PATIENT: Final = {
    "personnummer": "Patient.identifier.value",
    "name": "Patient.name",
    "address": "Patient.address",
    "phone": "Patient.telecom.value",
}
_MEMBER: Final = "CareTeam.participant.member"
_CHANGE: Final = _extension("CareTeam.participant", names.EXT_CHANGE)
_ANSWERED: Final = "Communication.inResponseTo.identifier.value"
_TEXT: Final = "Communication.payload.content"
_DISPOSITION: Final = "Encounter.hospitalization.dischargeDisposition"

PATHS: Final[dict[str, dict[str, str]]] = {
    "svu.inskrivning": {
        "patient": "Encounter.subject",
        **{f"patient/{field}": path for field, path in _PATIENT.items()},
        "admitted_at": "Encounter.period.start",
        "estimated_discharge": _extension("Encounter", names.EXT_PLANNED_END),
        "reason": "Encounter.reasonCode.text",
        "information": "Communication",
        "information/given": "Communication.status",
        "information/reason": "Communication.statusReason.text",
        "information/patient": "Communication.subject",
        "samtycke": "Consent",
        "placement": f"Encounter.extension('{names.EXT_PLACEMENT}')",
        "placement/municipality": _part("Encounter", names.EXT_PLACEMENT, "municipality"),
        "placement/stated_by": _part("Encounter", names.EXT_PLACEMENT, "stated-by"),
        "draft": _extension("MessageHeader", names.EXT_DRAFT),
    },
    "information": {
        "given": "Communication.status",
        "reason": "Communication.statusReason.text",
        "patient": "Communication.subject",
        **{f"patient/{field}": path for field, path in _PATIENT.items()},
    },
    "samtycke": {
        "outcome": "Consent.policyRule",
        "kind": "Consent.category",
        "scope": "Consent.scope.text",
        "holds_for": "Consent.provision.actor",
        "others": _extension("Consent", names.EXT_OTHERS),
        "valid_from": "Consent.provision.period.start",
        "valid_to": "Consent.provision.period.end",
        "given_by": "Consent.performer.display",
        "how": _extension("Consent", names.EXT_HOW),
        "comment": _extension("Consent", names.EXT_COMMENT),
        "decided_by": _extension("Consent", names.EXT_DECIDED_BY),
        "form_kept_by": "Consent.organization",
        "npo": _extension("Consent", names.EXT_NPO),
    },
    "aterkallelse": {"reason": _extension("Consent", names.EXT_REASON), "kind": "Consent.category"},
    "atkomst": {
        "ground": "AuditEvent.purposeOfEvent.coding",
        "comment": "AuditEvent.purposeOfEvent.text",
        "ends": _extension("AuditEvent", names.EXT_ENDS),
    },
    "deltagare": {
        "unit": _MEMBER,
        "change": _CHANGE,
        "kvittera": _extension("CareTeam.participant", names.EXT_KVITTERA),
    },
    "roll": {"unit": _MEMBER, "role": "CareTeam.participant.role", "change": _CHANGE},
    "narstaende": {
        "people": "CareTeam.participant",
        "people/name": "RelatedPerson.name",
        "people/relation": "RelatedPerson.relationship.text",
        "people/phone": "RelatedPerson.telecom.value",
        "people/person_objects": _extension("CareTeam.participant", names.EXT_OBJECTS),
    },
    "kontakt": {
        "person": _MEMBER,
        "unit": "PractitionerRole.organization",
        "role": "CareTeam.participant.role",
        "phone": "PractitionerRole.telecom.value",
        "email": "PractitionerRole.telecom.value",
        "change": _CHANGE,
    },
    "kvittens": {"message": _ANSWERED, "comment": _TEXT},
    "felsant": {"message": _ANSWERED, "reason": _TEXT},
    "meddelande": {
        "text": _TEXT,
        "receivers": "Communication.recipient",
        "kvittera": _extension("Communication", names.EXT_SHALL_KVITTERA),
        "attachment": _TEXT,
        "attachment/name": f"{_TEXT}.title",
        "attachment/content": f"{_TEXT}.data",
    },
    "makulering": {"message": _ANSWERED, "case": "Communication.about", "reason": _TEXT},
    "avliden": {"date": "Patient.deceased"},
    "uppslag": {},
    "utskrift": {
        "document": "AuditEvent.entity.what",
        "for_whom": "AuditEvent.agent.name",
        "why": "AuditEvent.purposeOfEvent.text",
        "served": _extension("AuditEvent", names.EXT_SERVED),
    },
    "adressering": {
        "outcome": _extension("CareTeam", names.EXT_OUTCOME),
        "health_centre": _MEMBER,
        "municipality": _extension("CareTeam", names.EXT_MUNICIPALITY),
        "municipality_unit": _MEMBER,
        "county": _extension("CareTeam", names.EXT_COUNTY),
        "name": "Patient.name",
        "address": "Patient.address",
        "why": _extension("CareTeam", names.EXT_WHY),
    },
    "folkbokforing": {
        "news": _extension("Patient", names.EXT_NEWS),
        "personnummer": "Patient.identifier.value",
        "name": "Patient.name",
        "address": "Patient.address",
        "municipality": _extension("Patient", names.EXT_MUNICIPALITY),
    },
    "frist": {
        "name": "Task.reasonCode",
        "due": "Task.restriction.period.end",
        "step": _extension("Task", names.EXT_STEP),
        "of": _extension("Task", names.EXT_DEADLINE_OF),
        "message": "Task.focus.identifier.value",
        "units": "Task.restriction.recipient",
    },
    "verifiering": {
        "unit": "PractitionerRole.organization",
        "actor": "PractitionerRole.practitioner",
        "role": "PractitionerRole.code",
        "outcome": _extension("CareTeam", names.EXT_VERIFICATION),
        "concerns": _extension("CareTeam", names.EXT_CONCERNS),
    },
    "svu.beraknad_utskrivning": {
        "date": _extension("Encounter", names.EXT_PLANNED_END),
        "reason": _extension("Encounter", names.EXT_REASON),
    },
    "svu.utskrivningsklar": {
        "date": "Task.restriction.period.start",
        "responsible_physician": "Task.requester",
        "placement": f"Task.extension('{names.EXT_PLACEMENT}')",
        "placement/municipality": _part("Task", names.EXT_PLACEMENT, "municipality"),
        "placement/stated_by": _part("Task", names.EXT_PLACEMENT, "stated-by"),
    },
    "svu.utskrivningsklar_avbruten": {
        "reason": "Task.statusReason.text",
        "date": "Task.restriction.period.start",
        "responsible_physician": "Task.requester",
    },
    "svu.fast_vardkontakt": {
        "person": "PractitionerRole.practitioner",
        "unit": "PractitionerRole.organization",
        "change": _CHANGE,
        "kallelseansvarig": "CareTeam.participant.role",
        "responsibility": "CareTeam.participant.role.text",
    },
    "svu.kartlaggning": {
        "start": _extension("QuestionnaireResponse", names.EXT_START),
        "fields": "QuestionnaireResponse.item",
    },
    "svu.stallningstagande": {
        "slutenvard": f"Task.extension('{names.EXT_PART}')",
        "slutenvard/patient_opinion": _input("slutenvard.patient_opinion"),
        "slutenvard/egenvard": _input("slutenvard.egenvard"),
        "slutenvard/egenvard/description": _input("slutenvard.egenvard.description"),
        "slutenvard/forbrukningsmaterial": _input("slutenvard.forbrukningsmaterial"),
        "slutenvard/forbrukningsmaterial/description": _input("slutenvard.forbrukningsmaterial.description"),
        "slutenvard/responsible_physician": _input("slutenvard.responsible_physician"),
        "slutenvard/sip_position": _input("slutenvard.sip_position"),
        "oppenvard": f"Task.extension('{names.EXT_PART}')",
        "oppenvard/responsible_physicians": _input("oppenvard.responsible_physicians"),
        "oppenvard/responsibility_division": _input("oppenvard.responsibility_division"),
        "kommun": f"Task.extension('{names.EXT_PART}')",
        "kommun/planned_efforts": _input("kommun.planned_efforts"),
    },
    "svu.klarmarkering": {},
    "svu.sip_stallning": {
        "approves": "Task.status",
        "comment": "Task.statusReason.text",
        "kallelseansvarig": _extension("Task", names.EXT_KALLELSEANSVARIG),
    },
    "svu.justering": {},
    "svu.utskrivning": {
        "date": "Encounter.period.end",
        "kind": _extension("Encounter", names.EXT_DISCHARGE_KIND),
        "discharged_to": _DISPOSITION,
        "ended_with": _DISPOSITION,
        "comment": _extension("Encounter", names.EXT_DISCHARGE_COMMENT),
        "confirmed": _extension("Encounter", names.EXT_CONFIRMED),
    },
    "svu.utskrivning_angrad": {"reason": _extension("Encounter", names.EXT_REASON)},
}
"""Message name → field of the body → FHIRPath in the Bundle."""
PATHS["svu.inskrivning"] |= {f"samtycke/{field}": path for field, path in PATHS["samtycke"].items()}


def fhir_path(name: str | None, pointer: str | None) -> str | None:
    """The FHIRPath for a rule's JSON pointer (``/data/reason``); a FHIRPath is returned as it is."""
    if pointer is None or not pointer.startswith("/"):
        return pointer
    field = pointer.removeprefix("/data/")
    paths = PATHS.get(name or "", {})
    while field:
        if field in paths:
            return paths[field]
        field = field.rpartition("/")[0]
    return None
