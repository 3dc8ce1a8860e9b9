"""The FHIRPath of every field of every message, for refusals and responses. Imports the names only; ``sip_paths`` has those of SIP."""

from __future__ import annotations

from typing import Final

from hub.translators.fhir import names
from hub.translators.fhir.sip_paths import SIP_PATHS, extension, part, task_input

_PATIENT: Final = {
    "personnummer": "Patient.identifier.value",
    "name": "Patient.name",
    "address": "Patient.address",
    "phone": "Patient.telecom.value",
}
_MEMBER: Final = "CareTeam.participant.member"
_CHANGE: Final = extension("CareTeam.participant", names.EXT_CHANGE)
_ANSWERED: Final = "Communication.inResponseTo.identifier.value"
_TEXT: Final = "Communication.payload.content"
_DISPOSITION: Final = "Encounter.hospitalization.dischargeDisposition"

PATHS: Final[dict[str, dict[str, str]]] = {
    "svu.inskrivning": {
        "patient": "Encounter.subject",
        **{f"patient/{field}": path for field, path in _PATIENT.items()},
        "admitted_at": "Encounter.period.start",
        "estimated_discharge": extension("Encounter", names.EXT_PLANNED_END),
        "reason": "Encounter.reasonCode.text",
        "information": "Communication",
        "information/given": "Communication.status",
        "information/reason": "Communication.statusReason.text",
        "information/patient": "Communication.subject",
        "samtycke": "Consent",
        "sip": extension("Encounter", names.EXT_SIP),
        "placement": f"Encounter.extension('{names.EXT_PLACEMENT}')",
        "placement/municipality": part("Encounter", names.EXT_PLACEMENT, "municipality"),
        "placement/stated_by": part("Encounter", names.EXT_PLACEMENT, "stated-by"),
        "draft": extension("MessageHeader", names.EXT_DRAFT),
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
        "others": extension("Consent", names.EXT_OTHERS),
        "valid_from": "Consent.provision.period.start",
        "valid_to": "Consent.provision.period.end",
        "given_by": "Consent.performer.display",
        "how": extension("Consent", names.EXT_HOW),
        "comment": extension("Consent", names.EXT_COMMENT),
        "decided_by": extension("Consent", names.EXT_DECIDED_BY),
        "form_kept_by": "Consent.organization",
        "npo": extension("Consent", names.EXT_NPO),
    },
    "aterkallelse": {"reason": extension("Consent", names.EXT_REASON), "kind": "Consent.category"},
    "atkomst": {
        "ground": "AuditEvent.purposeOfEvent.coding",
        "comment": "AuditEvent.purposeOfEvent.text",
        "ends": extension("AuditEvent", names.EXT_ENDS),
    },
    "deltagare": {
        "unit": _MEMBER,
        "change": _CHANGE,
        "kvittera": extension("CareTeam.participant", names.EXT_KVITTERA),
    },
    "roll": {"unit": _MEMBER, "role": "CareTeam.participant.role", "change": _CHANGE},
    "narstaende": {
        "people": "CareTeam.participant",
        "people/name": "RelatedPerson.name",
        "people/relation": "RelatedPerson.relationship.text",
        "people/phone": "RelatedPerson.telecom.value",
        "people/person_objects": extension("CareTeam.participant", names.EXT_OBJECTS),
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
        "kvittera": extension("Communication", names.EXT_SHALL_KVITTERA),
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
        "meeting": extension("AuditEvent", names.EXT_MEETING),
        "version": extension("AuditEvent", names.EXT_VERSION),
        "ended": extension("AuditEvent", names.EXT_ENDED),
        "served": extension("AuditEvent", names.EXT_SERVED),
    },
    "adressering": {
        "outcome": extension("CareTeam", names.EXT_OUTCOME),
        "health_centre": _MEMBER,
        "municipality": extension("CareTeam", names.EXT_MUNICIPALITY),
        "municipality_unit": _MEMBER,
        "county": extension("CareTeam", names.EXT_COUNTY),
        "name": "Patient.name",
        "address": "Patient.address",
        "why": extension("CareTeam", names.EXT_WHY),
    },
    "folkbokforing": {
        "news": extension("Patient", names.EXT_NEWS),
        "personnummer": "Patient.identifier.value",
        "name": "Patient.name",
        "address": "Patient.address",
        "municipality": extension("Patient", names.EXT_MUNICIPALITY),
    },
    "frist": {
        "name": "Task.reasonCode",
        "due": "Task.restriction.period.end",
        "step": extension("Task", names.EXT_STEP),
        "of": extension("Task", names.EXT_DEADLINE_OF),
        "message": "Task.focus.identifier.value",
        "units": "Task.restriction.recipient",
    },
    "verifiering": {
        "unit": "PractitionerRole.organization",
        "actor": "PractitionerRole.practitioner",
        "role": "PractitionerRole.code",
        "outcome": extension("CareTeam", names.EXT_VERIFICATION),
        "concerns": extension("CareTeam", names.EXT_CONCERNS),
    },
    "svu.beraknad_utskrivning": {
        "date": extension("Encounter", names.EXT_PLANNED_END),
        "reason": extension("Encounter", names.EXT_REASON),
    },
    "svu.utskrivningsklar": {
        "date": "Task.restriction.period.start",
        "responsible_physician": "Task.requester",
        "placement": f"Task.extension('{names.EXT_PLACEMENT}')",
        "placement/municipality": part("Task", names.EXT_PLACEMENT, "municipality"),
        "placement/stated_by": part("Task", names.EXT_PLACEMENT, "stated-by"),
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
        "start": extension("QuestionnaireResponse", names.EXT_START),
        "fields": "QuestionnaireResponse.item",
    },
    "svu.stallningstagande": {
        "slutenvard": f"Task.extension('{names.EXT_PART}')",
        "slutenvard/patient_opinion": task_input("slutenvard.patient_opinion"),
        "slutenvard/egenvard": task_input("slutenvard.egenvard"),
        "slutenvard/egenvard/description": task_input("slutenvard.egenvard.description"),
        "slutenvard/forbrukningsmaterial": task_input("slutenvard.forbrukningsmaterial"),
        "slutenvard/forbrukningsmaterial/description": task_input("slutenvard.forbrukningsmaterial.description"),
        "slutenvard/responsible_physician": task_input("slutenvard.responsible_physician"),
        "slutenvard/sip_position": task_input("slutenvard.sip_position"),
        "oppenvard": f"Task.extension('{names.EXT_PART}')",
        "oppenvard/responsible_physicians": task_input("oppenvard.responsible_physicians"),
        "oppenvard/responsibility_division": task_input("oppenvard.responsibility_division"),
        "kommun": f"Task.extension('{names.EXT_PART}')",
        "kommun/planned_efforts": task_input("kommun.planned_efforts"),
    },
    "svu.klarmarkering": {},
    "svu.sip_stallning": {
        "approves": "Task.status",
        "comment": "Task.statusReason.text",
        "kallelseansvarig": extension("Task", names.EXT_KALLELSEANSVARIG),
    },
    "svu.justering": {},
    "svu.utskrivning": {
        "date": "Encounter.period.end",
        "kind": extension("Encounter", names.EXT_DISCHARGE_KIND),
        "discharged_to": _DISPOSITION,
        "ended_with": _DISPOSITION,
        "comment": extension("Encounter", names.EXT_DISCHARGE_COMMENT),
        "confirmed": extension("Encounter", names.EXT_CONFIRMED),
    },
    "svu.utskrivning_angrad": {"reason": extension("Encounter", names.EXT_REASON)},
}
"""Message name → field of the body → FHIRPath in the Bundle."""
PATHS.update(SIP_PATHS)
PATHS["sip.initiativ"] |= {f"patient/{field}": path for field, path in _PATIENT.items()}
PATHS["sip.initiativ"] |= {f"samtycke/{field}": path for field, path in PATHS["samtycke"].items()}
PATHS["svu.inskrivning"] |= {f"samtycke/{field}": path for field, path in PATHS["samtycke"].items()}


def fhir_path(name: str | None, pointer: str | None) -> str | None:
    """The FHIRPath for a rule's JSON pointer (``/data/reason``); a FHIRPath is returned as it is."""
    if pointer is None or not pointer.startswith("/"):
        return pointer
    steps = pointer.removeprefix("/data/").split("/")
    field = "/".join(step for step in steps if not step.isdecimal())
    position = next((step for step in steps if step.isdecimal()), None)
    paths = PATHS.get(name or "", {})
    while field:
        if field in paths:
            return paths[field].replace("[#]", "" if position is None else f"[{position}]")
        field = field.rpartition("/")[0]
    return None
