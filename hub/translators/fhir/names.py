"""The hub's URIs in FHIR, and the codes of R4 that it reads. Imports the language only.

The URIs are URNs, as in the envelope (``urn:samverkan:hub``): absolute, as R4 requires, and without a promise of a web page. They are
part of the contract: they are never changed, only added.
"""

from __future__ import annotations

from typing import Final

from schemas.messages import FROM_THE_HUB, MESSAGES

EVENT: Final = "urn:samverkan:event"
"""System of ``MessageHeader.eventCoding``, ``Task.code`` and ``AuditEvent.subtype``; the code is the message's name (messages.md §3-5)."""
CASE: Final = "urn:samverkan:case"
"""System of the hub's case id; a case identifier in any other system is the sender's own reference (``ref:``)."""
MESSAGE: Final = "urn:samverkan:message"
"""System of a message's id, for example in a kvittens."""
ROLE: Final = "urn:samverkan:role"
"""System of the acting role in ``PractitionerRole.code`` (C-3)."""
RULE: Final = "urn:samverkan:rule"
"""System of the rule id in ``OperationOutcome.issue.details``."""
CATEGORY: Final = "urn:samverkan:category"
"""System of ``Communication.category``: ``information`` (C-20), ``kvittens`` (C-2), ``felsant`` (C-33), ``meddelande``
(C-40) or ``makulering`` (C-41, V-5).
"""
LEGAL_BASIS: Final = "urn:samverkan:legal-basis"
"""System of ``Consent.policyRule``: ``samtycke`` or ``menprovning`` (C-21, C-22)."""
CONSENT_KIND: Final = "urn:samverkan:consent-kind"
PARTICIPANT: Final = "urn:samverkan:participant"
"""System of ``CareTeam.participant.role``: ``health-centre``, ``municipality``, ``fast-vardkontakt`` and
``kallelseansvarig`` (V-7).
"""
CONTACT_ROLE: Final = "urn:samverkan:contact-role"
"""System of the role of a contact person (SA-5)."""
CHOICE: Final = "urn:samverkan:choice"
"""System of a coded answer in the kartlaggning (V-11)."""
FIELD: Final = "urn:samverkan:field"
"""System of ``Task.input.type``: a field of the stallningstagande, as ``slutenvard.patient_opinion`` (V-12 to V-14)."""
DISCHARGED_TO: Final = "urn:samverkan:discharged-to"
ENDED_WITH: Final = "urn:samverkan:ended-with"
"""Systems of ``Encounter.hospitalization.dischargeDisposition`` (V-16)."""
ACCESS_GROUND: Final = "urn:samverkan:access-ground"
"""System of ``AuditEvent.purposeOfEvent`` (C-5)."""
DOCUMENT: Final = "urn:samverkan:document"
"""System of the printed document in ``AuditEvent.entity.what`` (C-55)."""
DEADLINE: Final = "urn:samverkan:deadline"
"""System of a deadline's name in ``Task.reasonCode`` (D-9)."""

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
EXT_CONCERNS: Final = "urn:samverkan:fhir:verification-concerns"
EXT_PLACEMENT: Final = "urn:samverkan:fhir:placement"
"""Of Encounter or Task: ``municipality`` (SCB's code) and ``stated-by`` (law 2017:612 5:2)."""
EXT_REASON: Final = "urn:samverkan:fhir:reason"
"""The reason of the act, where R4's resource has no element for it."""
EXT_DISCHARGE_KIND: Final = "urn:samverkan:fhir:discharge-kind"
EXT_DISCHARGE_COMMENT: Final = "urn:samverkan:fhir:discharge-comment"
EXT_CONFIRMED: Final = "urn:samverkan:fhir:confirmed"
EXT_PART: Final = "urn:samverkan:fhir:part"
"""Of Task: a part of the stallningstagande in the message, which may have no fields."""
EXT_KALLELSEANSVARIG: Final = "urn:samverkan:fhir:kallelseansvarig"
EXT_START: Final = "urn:samverkan:fhir:start"
EXT_VERSION: Final = "urn:samverkan:fhir:version"
EXT_SHALL_KVITTERA: Final = "urn:samverkan:fhir:shall-kvittera"
EXT_NOBODY_KVITTERAR: Final = "urn:samverkan:fhir:nobody-kvitterar"
EXT_NO_RECEIVERS: Final = "urn:samverkan:fhir:no-receivers"
EXT_OBJECTS: Final = "urn:samverkan:fhir:person-objects"
EXT_STAFF: Final = "urn:samverkan:fhir:staff"
EXT_ENDS: Final = "urn:samverkan:fhir:ends"
EXT_SERVED: Final = "urn:samverkan:fhir:served"
EXT_NEWS: Final = "urn:samverkan:fhir:news"
EXT_STEP: Final = "urn:samverkan:fhir:step"
EXT_DEADLINE_OF: Final = "urn:samverkan:fhir:deadline-of"
"""Of a ``frist``'s Task: the id of a meeting, the address of an element or the kind of a consent that it is about."""
EXT_PLANNED_END: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate"
"""The cross-version extension in which R4 systems send R5's ``Encounter.plannedEndDate`` (fhir.md)."""
EXT_TRANSLATION: Final = "http://hl7.org/fhir/StructureDefinition/translation"

ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
CONSENT_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
LOINC: Final = "http://loinc.org"
LOINC_CONSENT: Final = "59284-0"
"""LOINC's code for a consent document; ``Consent`` requires at least one category."""

PROTECTED: Final = frozenset({"sekretessmarkering", "skyddadfolkbokforing"})
"""Codes in ``meta.security`` of a person with protected identity (C-62, fhir.md), in lower case."""

JSON: Final = "application/fhir+json"
XML: Final = "application/fhir+xml"

WRITES: Final = frozenset(MESSAGES)
"""The names of messages that can be written as notices: all."""
READS: Final = WRITES - FROM_THE_HUB
"""The names of messages that are read from a sender's Bundle; only a receiver of notices reads the hub's own."""
