"""Every URI of ours in FHIR, the codes of R4 that we read, and the FHIRPath of every field. Imports nothing but the
language.

Our URIs are URNs, as in the envelope (``urn:samverkan:hub``): absolute, as R4 asks of an extension's url, without
promising a web page. They are the contract: never changed, only added to.
"""

from __future__ import annotations

from typing import Final

EVENT: Final = "urn:samverkan:event"
"""System of ``MessageHeader.eventCoding``; its code is the message's name (messages.md §3-5)."""
CASE: Final = "urn:samverkan:case"
"""System of the hub's case id; a case identifier of any other system is the sender's own reference (``ref:``)."""
MESSAGE: Final = "urn:samverkan:message"
"""System of a message's id, as a kvittens names it."""
ROLE: Final = "urn:samverkan:role"
"""System of the acting role in ``PractitionerRole.code`` (C-3)."""
RULE: Final = "urn:samverkan:rule"
"""System of the rule id in ``OperationOutcome.issue.details``."""
CATEGORY: Final = "urn:samverkan:category"
"""System of ``Communication.category``: ``information`` (C-20) or ``kvittens`` (C-2)."""
LEGAL_BASIS: Final = "urn:samverkan:legal-basis"
"""System of ``Consent.policyRule``: ``samtycke`` or ``menprovning`` (C-21, C-22)."""
CONSENT_KIND: Final = "urn:samverkan:consent-kind"
PARTICIPANT: Final = "urn:samverkan:participant"
"""System of ``CareTeam.participant.role``."""

EXT_DRAFT: Final = "urn:samverkan:fhir:draft"
EXT_MESSAGE_ID: Final = "urn:samverkan:fhir:message-id"
EXT_SEQUENCE: Final = "urn:samverkan:fhir:sequence"
EXT_AWAITS: Final = "urn:samverkan:fhir:awaits"
EXT_STATE: Final = "urn:samverkan:fhir:state"
EXT_MAY: Final = "urn:samverkan:fhir:may"
EXT_SKIPPED: Final = "urn:samverkan:fhir:skipped"
EXT_REPLAY: Final = "urn:samverkan:fhir:replay"
EXT_CASE: Final = "urn:samverkan:fhir:case"
EXT_REPEAT: Final = "urn:samverkan:fhir:repeat"
EXT_CHANGE: Final = "urn:samverkan:fhir:change"
EXT_KVITTERA: Final = "urn:samverkan:fhir:kvittera"
EXT_OTHERS: Final = "urn:samverkan:fhir:consent-others"
EXT_HOW: Final = "urn:samverkan:fhir:consent-how"
EXT_COMMENT: Final = "urn:samverkan:fhir:consent-comment"
EXT_DECIDED_BY: Final = "urn:samverkan:fhir:consent-decided-by"
EXT_NPO: Final = "urn:samverkan:fhir:consent-npo"
EXT_HOLDS_FOR_NOBODY: Final = "urn:samverkan:fhir:consent-holds-for-nobody"
EXT_OUTCOME: Final = "urn:samverkan:fhir:addressing-outcome"
EXT_VERIFICATION: Final = "urn:samverkan:fhir:verification-outcome"
EXT_MUNICIPALITY: Final = "urn:samverkan:fhir:municipality"
EXT_COUNTY: Final = "urn:samverkan:fhir:county"
EXT_WHY: Final = "urn:samverkan:fhir:addressing-why"
EXT_PLANNED_END: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate"
"""The cross-version extension that R4 systems carry R5's ``Encounter.plannedEndDate`` in (fhir.md)."""
EXT_TRANSLATION: Final = "http://hl7.org/fhir/StructureDefinition/translation"

ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
CONSENT_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
LOINC: Final = "http://loinc.org"
LOINC_CONSENT: Final = "59284-0"
"""LOINC's code for a consent document: the category that ``Consent`` must have at least one of."""

PROTECTED: Final = frozenset({"sekretessmarkering", "skyddadfolkbokforing"})
"""Codes in ``meta.security`` of a person with protected identity (C-62, fhir.md), in lower case."""

JSON: Final = "application/fhir+json"
XML: Final = "application/fhir+xml"

READS: Final = frozenset({"svu.inskrivning", "information", "samtycke", "kvittens", "deltagare"})
"""The names that a Bundle can be read as."""
WRITES: Final = READS | {"adressering", "verifiering"}
"""The names that a notice can be written of."""

PATHS: Final[dict[str, dict[str, str]]] = {
    "svu.inskrivning": {
        "patient": "Encounter.subject",
        "patient/personnummer": "Patient.identifier.value",
        "patient/name": "Patient.name",
        "patient/address": "Patient.address",
        "patient/phone": "Patient.telecom.value",
        "admitted_at": "Encounter.period.start",
        "estimated_discharge": f"Encounter.extension('{EXT_PLANNED_END}').value",
        "reason": "Encounter.reasonCode.text",
        "information": "Communication",
        "information/given": "Communication.status",
        "information/reason": "Communication.statusReason.text",
        "samtycke": "Consent",
        "draft": f"MessageHeader.extension('{EXT_DRAFT}').value",
    },
    "information": {
        "given": "Communication.status",
        "reason": "Communication.statusReason.text",
        "patient": "Communication.subject",
        "patient/personnummer": "Patient.identifier.value",
        "patient/name": "Patient.name",
        "patient/address": "Patient.address",
        "patient/phone": "Patient.telecom.value",
    },
    "samtycke": {
        "outcome": "Consent.policyRule",
        "kind": "Consent.category",
        "scope": "Consent.scope.text",
        "holds_for": "Consent.provision.actor",
        "others": f"Consent.extension('{EXT_OTHERS}').value",
        "valid_from": "Consent.provision.period.start",
        "valid_to": "Consent.provision.period.end",
        "given_by": "Consent.performer.display",
        "how": f"Consent.extension('{EXT_HOW}').value",
        "comment": f"Consent.extension('{EXT_COMMENT}').value",
        "decided_by": f"Consent.extension('{EXT_DECIDED_BY}').value",
        "form_kept_by": "Consent.organization",
        "npo": f"Consent.extension('{EXT_NPO}').value",
    },
    "kvittens": {"message": "Communication.inResponseTo.identifier.value", "comment": "Communication.payload.content"},
    "deltagare": {
        "unit": "CareTeam.participant.member",
        "change": f"CareTeam.participant.extension('{EXT_CHANGE}').value",
        "kvittera": f"CareTeam.participant.extension('{EXT_KVITTERA}').value",
    },
}
"""name → field of the body → where it stands in the Bundle: for the refusals of the reader and for the response's
element.
"""
PATHS["svu.inskrivning"] |= {f"samtycke/{field}": path for field, path in PATHS["samtycke"].items()}


def fhir_path(name: str | None, pointer: str | None) -> str | None:
    """The FHIRPath of what a rule named by JSON pointer (``/data/reason``), or of what already is a FHIRPath."""
    if pointer is None or not pointer.startswith("/"):
        return pointer
    field = pointer.removeprefix("/data/")
    paths = PATHS.get(name or "", {})
    while field:
        if field in paths:
            return paths[field]
        field = field.rpartition("/")[0]
    return None
