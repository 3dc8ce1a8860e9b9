"""What the reader says of the resources that make up an act: reason → (Swedish, English). Imports the language only."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "encounter-status": (
        "En inskrivning är en pågående vårdkontakt: Encounter.status ska vara in-progress.",
        "An admission is an Encounter in progress: Encounter.status must be in-progress.",
    ),
    "encounter-class": (
        "En inskrivning är slutenvård: Encounter.class ska ha koden IMP.",
        "An admission is inpatient care: Encounter.class must have the code IMP.",
    ),
    "day": (
        "Ange ett fullständigt datum, med tidszon om klockslag anges.",
        "Give a full date, with a zone where a time of day is given.",
    ),
    "C-62": (
        "Personer med skyddad identitet hanteras inte här: samordna på annat sätt enligt er rutin.",
        "A person with protected identity is not handled here: coordinate by another way, by your routine.",
    ),
    "C-60": (
        (
            "Ange personens identitet i Patient.identifier, i kraft och med sitt system: http://electronichealth.se/identifier/ "
            "och personnummer, samordningsnummer eller nationelltReservnummer, eller numrets OID med urn:oid:."
        ),
        (
            "Give the person's identity in Patient.identifier, in force and with its system: http://electronichealth.se/identifier/ "
            "and personnummer, samordningsnummer or nationelltReservnummer, or the number's OID with urn:oid:."
        ),
    ),
    "numbers-differ": (
        "Patient.identifier har två olika nummer, och vem som menas går inte att veta: ange det som gäller med use official.",
        "Patient.identifier has two different numbers, and who is meant cannot be known: mark the one in force with use official.",
    ),
    "C-20": (
        "Information ska vara en Communication med status completed (given) eller not-done (ej given, med skäl).",
        "Information must be a Communication with status completed (given) or not-done (not given, with its reason).",
    ),
    "C-21": (
        "Samtycke ska vara given (active, permit), refused (rejected, deny) eller menprövning (active, permit), med policyRule.",
        "Consent must be given (active, permit), refused (rejected, deny) or menprovning (active, permit), with policyRule.",
    ),
    "C-2": (
        "Ange vilket meddelande som kvitteras: Communication (completed) med inResponseTo.identifier i urn:samverkan:message.",
        "Name the message acknowledged: Communication (completed) with inResponseTo.identifier in urn:samverkan:message.",
    ),
    "C-10": (
        "Ange en deltagare: CareTeam.participant med member (HSA-id) och ändring tillagd, borttagen eller uttrade.",
        "Name one participant: CareTeam.participant with member (HSA-id) and change tillagd, borttagen or uttrade.",
    ),
    "C-12": (
        "Ange en roll: CareTeam.participant med member (enhetens HSA-id), role i urn:samverkan:role och ändring tillagd eller borttagen.",
        "Name one role: CareTeam.participant with member (the unit's HSA-id), role in urn:samverkan:role and change tillagd or borttagen.",
    ),
    "C-15": (
        "Varje närstående ska vara CareTeam.participant.member till en RelatedPerson i Bundeln, med name och relationship.",
        "Each person must be CareTeam.participant.member to a RelatedPerson of the Bundle, with name and relationship.",
    ),
    "SA-5": (
        "Ange en kontaktperson: CareTeam.participant med member (HSA-id) och ändring tillagd, andrad eller borttagen.",
        "Name one contact person: CareTeam.participant with member (HSA-id) and change tillagd, andrad or borttagen.",
    ),
    "V-7": (
        "Ange en fast vårdkontakt: CareTeam.participant med rollen fast-vardkontakt, person och ändring utsedd, andrad eller borttagen.",
        "Name one care contact: CareTeam.participant with role fast-vardkontakt, person and change utsedd, andrad or borttagen.",
    ),
    "C-24": (
        "Ett återkallat samtycke är Consent med status inactive och scope patient-privacy.",
        "A withdrawn consent is a Consent with status inactive and scope patient-privacy.",
    ),
    "C-33": (
        "Ange vilket meddelande som är felsänt: Communication (completed, felsant) med inResponseTo.identifier.",
        "Name the message wrongly sent: Communication (completed, felsant) with inResponseTo.identifier.",
    ),
    "C-40": (
        "Ett meddelande är en Communication med status completed och category meddelande i urn:samverkan:category.",
        "A message is a Communication with status completed and category meddelande in urn:samverkan:category.",
    ),
    "C-41": (
        "Ange vad som makuleras: Communication (completed, makulering) med inResponseTo.identifier, eller about för ärendet.",
        "Name what is revoked: Communication (completed, makulering) with inResponseTo.identifier, or about for the case.",
    ),
    "C-42": (
        "Bifoga högst en fil, som payload.contentAttachment med title, contentType och data.",
        "Attach one file at most, as payload.contentAttachment with title, contentType and data.",
    ),
    "V-5": (
        "Communication.about ska vara meddelandets eget ärende, med samma identitet som i Encounter.episodeOfCare.",
        "Communication.about must be the message's own case, with the same identifier as in Encounter.episodeOfCare.",
    ),
    "C-63": (
        "Ange att personen har avlidit: Patient.deceasedDateTime, eller deceasedBoolean true.",
        "Say that the person has died: Patient.deceasedDateTime, or deceasedBoolean true.",
    ),
    "C-5": (
        "Ange en grund för åtkomsten: AuditEvent.purposeOfEvent med kod i urn:samverkan:access-ground.",
        "Give one ground for the access: AuditEvent.purposeOfEvent with a code in urn:samverkan:access-ground.",
    ),
    "C-55": (
        "Ange ett dokument: AuditEvent.entity.what.identifier i urn:samverkan:document.",
        "Name one document: AuditEvent.entity.what.identifier in urn:samverkan:document.",
    ),
    "audit-subtype": (
        "AuditEvent.subtype ska ha meddelandets namn i systemet urn:samverkan:event.",
        "AuditEvent.subtype must have the message's name in the system urn:samverkan:event.",
    ),
    "audit-outcome": (
        "Bara det som lyckades meddelas: AuditEvent.outcome ska vara 0 eller saknas.",
        "Only what succeeded is told: AuditEvent.outcome must be 0 or left out.",
    ),
    "encounter-ongoing": (
        "Vårdkontakten pågår: Encounter.status ska vara in-progress.",
        "The stay goes on: Encounter.status must be in-progress.",
    ),
    "encounter-finished": (
        "En utskrivning är en avslutad vårdkontakt: Encounter.status ska vara finished.",
        "A discharge is a finished Encounter: Encounter.status must be finished.",
    ),
    "disposition": (
        "Koden ska stå i systemet urn:samverkan:discharged-to eller urn:samverkan:ended-with.",
        "The code must be of the system urn:samverkan:discharged-to or urn:samverkan:ended-with.",
    ),
    "placement": (
        "Placeringen ska ha två delar: municipality (kommunkod) och stated-by (vem som uppger den).",
        "The placement must have two parts: municipality (its code) and stated-by (who says so).",
    ),
    "task-code": (
        "Task.code ska ha handlingens namn i systemet urn:samverkan:event.",
        "Task.code must have the name of the act in the system urn:samverkan:event.",
    ),
    "task-status": (
        "Task.status hör inte till den här handlingen, se exemplen i contracts/fhir.",
        "Task.status is not one of this act, see the examples in contracts/fhir.",
    ),
    "statement-field": (
        "Fältet finns inte i ställningstagandet eller står två gånger: rätta Task.input.type i urn:samverkan:field.",
        "The field is not one of the position statement, or is there twice: correct Task.input.type in urn:samverkan:field.",
    ),
    "statement-value": (
        "Fältet har ett värde av annat slag än det ska ha, se exemplen i contracts/fhir.",
        "The field has a value of another kind than it must have, see the examples in contracts/fhir.",
    ),
    "assessment-status": (
        "Kartläggningen ska ha status in-progress, completed eller amended.",
        "The assessment must have status in-progress, completed or amended.",
    ),
    "assessment-item": (
        "Varje fält är ett item med eget linkId, utan item under sig.",
        "Each field is an item with a linkId of its own, and no item below it.",
    ),
    "assessment-answer": (
        "Ett svar är en text (valueString) eller ett val (valueCoding i urn:samverkan:choice).",
        "An answer is a text (valueString) or a choice (valueCoding in urn:samverkan:choice).",
    ),
    "extension-value": (
        "Tilläggets värde är av annat slag än det ska vara, se exemplen i contracts/fhir.",
        "The extension's value is of another kind than it must be, see the examples in contracts/fhir.",
    ),
}
