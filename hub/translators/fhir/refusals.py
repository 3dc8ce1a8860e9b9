"""The refusals of the FHIR reader: a rule or technical reason, one sentence in each language, the FHIRPath, the status.

Imports the errors and the language only. No sentence ever holds a value from the message (D-10).
"""

from __future__ import annotations

from typing import Final

from hub.errors import Refused
from schemas.moments import YEARS

_SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "media-type": (
        "Skicka en FHIR-Bundle som application/fhir+json eller application/fhir+xml.",
        "Send a FHIR Bundle as application/fhir+json or application/fhir+xml.",
    ),
    "too-large": ("Meddelandet är för stort: skicka ett mindre.", "The message is too large: send a smaller one."),
    "too-deep": (
        "Meddelandet är nästlat djupare än något FHIR-meddelande behöver: förenkla det.",
        "The message is nested deeper than any FHIR message needs: simplify it.",
    ),
    "not-utf8": ("Skicka meddelandet som UTF-8.", "Send the message as UTF-8."),
    "not-json": ("Meddelandet är inte giltig JSON.", "The message is not valid JSON."),
    "not-xml": ("Meddelandet är inte giltig XML.", "The message is not valid XML."),
    "xml-dtd": (
        "Meddelandet har en DOCTYPE, som FHIR inte tillåter: ta bort den.",
        "The message has a DOCTYPE, which FHIR does not allow: remove it.",
    ),
    "xml-namespace": (
        "Ett element hör inte till namnrymden http://hl7.org/fhir: ange den för alla element.",
        "An element is not of the namespace http://hl7.org/fhir: declare it for every element.",
    ),
    "not-a-bundle": ("Skicka en Bundle av typen message.", "Send a Bundle of type message."),
    "unknown-resource": (
        "Resurstypen finns inte i FHIR R4: rätta resourceType.",
        "The resource type is not one of FHIR R4: correct resourceType.",
    ),
    "modifier-extension": (
        "Meddelandet har en modifierExtension eller implicitRules som hubben inte känner: skicka utan.",
        "The message holds a modifierExtension or implicitRules that the hub does not know: send it without.",
    ),
    "narrative-unsafe": (
        "Berättelsen (text.div) får bara hålla formaterad text: ta bort skript, händelser, formulär och externa länkar.",
        "The narrative (text.div) may hold formatted text only: remove scripts, event handlers, forms and external links.",
    ),
    "narrative-entity": (
        "Berättelsen (text.div) har en entitet.",
        "The narrative (text.div) holds an entity.",
    ),
    "narrative-xhtml": (
        "Berättelsen (text.div) ska vara ett välformat div-element i namnrymden http://www.w3.org/1999/xhtml.",
        "The narrative (text.div) must be one well-formed div element in the namespace http://www.w3.org/1999/xhtml.",
    ),
    "bundle-first-entry": (
        "Bundelns första post ska vara en MessageHeader, och den enda.",
        "The first entry of the Bundle must be a MessageHeader, and the only one.",
    ),
    "bundle-duplicate-fullurl": (
        "Två poster har samma fullUrl: ge varje post en egen.",
        "Two entries have the same fullUrl: give each its own.",
    ),
    "reference-unresolved": (
        "Referensen pekar inte på en post i Bundeln av den typ som väntas: lägg till posten eller rätta referensen.",
        "The reference does not lead to an entry of the Bundle of the type expected: add the entry or correct it.",
    ),
    "another-person": (
        "Elementet nämner en annan person än meddelandet i övrigt: allt i ett meddelande ska gälla samma person.",
        "The element names another person than the rest of the message: all of a message must be about the same person.",
    ),
    "person-unclear": (
        "Elementet säger inte vilken person som menas: referera till Patient i Bundeln, eller ange personens nummer med dess system.",
        "The element does not say which person is meant: refer to the Patient of the Bundle, or give the person's number with its system.",
    ),
    "several-in-focus": (
        "MessageHeader.focus pekar på flera resurser av samma slag, och vilken som menas går inte att veta: peka på en.",
        "MessageHeader.focus leads to several resources of one type, and which is meant cannot be known: name one.",
    ),
    "extension-twice": (
        "Tillägget står mer än en gång, och vilket som gäller går inte att veta: sänd det en gång.",
        "The extension is there more than once, and which is meant cannot be known: send it once.",
    ),
    "codes-differ": (
        "Elementet har två olika koder i samma system, och vilken som gäller går inte att veta: sänd en.",
        "The element has two different codes of one system, and which is meant cannot be known: send one.",
    ),
    "is-a-response": (
        "Ett tekniskt svar (MessageHeader.response) kvitteras aldrig i sin tur: skicka det inte hit.",
        "A technical response (MessageHeader.response) is never acknowledged in its turn: do not send it here.",
    ),
    "unknown-event": (
        "MessageHeader.eventCoding ska ha systemet urn:samverkan:event och namnet på ett meddelande som tas emot som FHIR.",
        "MessageHeader.eventCoding must have the system urn:samverkan:event and the name of a message taken as FHIR.",
    ),
    "message-id": (
        "MessageHeader.id saknas: ge meddelandet ett eget id, högst 64 tecken A–Z a–z 0–9 - och punkt.",
        "MessageHeader.id is missing: give the message an id of its own, at most 64 of A–Z a–z 0–9 - and full stop.",
    ),
    "sender-missing": (
        "Ange avsändande enhet: MessageHeader.sender till en Organization med HSA-id.",
        "Name the sending unit: MessageHeader.sender to an Organization with its HSA-id.",
    ),
    "C-3": (
        "Ange vem som gjort åtgärden: MessageHeader.author till en Practitioner eller PractitionerRole med HSA-id.",
        "Name who did the act: MessageHeader.author to a Practitioner or PractitionerRole with the HSA-id.",
    ),
    "hsa-id": (
        "Elementet ska hålla ett giltigt HSA-id i systemet urn:oid:1.2.752.29.4.19 eller urn:oid:1.2.752.129.2.1.4.1.",
        "The element must hold a valid HSA-id of system urn:oid:1.2.752.29.4.19 or urn:oid:1.2.752.129.2.1.4.1.",
    ),
    "hsa-ids-differ": (
        "Elementet har två olika HSA-id, och vilket som menas går inte att veta: ange det som gäller med use official.",
        "The element has two different HSA-ids, and which is meant cannot be known: mark the one in force with use official.",
    ),
    "role-code": (
        "Rollkoden i systemet urn:samverkan:role ska vara små bokstäver, siffror, punkt, - eller _, högst 60 tecken.",
        "The role code of system urn:samverkan:role must be lower-case letters, digits, . - or _, at most 60.",
    ),
    "time-missing": (
        "Ange när åtgärden gjordes, med tid och tidszon: Provenance.recorded, Communication.sent eller Consent.dateTime.",
        "Say when the act was done, with time and zone: Provenance.recorded, Communication.sent or Consent.dateTime.",
    ),
    "time-zone": (
        "Ange datum, klockslag och tidszon.",
        "Give date, time of day and zone.",
    ),
    "year": (f"{YEARS['sv']}.", f"{YEARS['en']}."),
    "case-missing": (
        "Ange ärendet: EpisodeOfCare.identifier genom Encounter.episodeOfCare.",
        "Name the case: EpisodeOfCare.identifier through Encounter.episodeOfCare.",
    ),
    "case-id": (
        "Ärendets identitet ska vara entydig: bokstäver, siffror och - . _ :, högst 132 tecken.",
        "The case's identifier must be unambiguous: letters, digits and - . _ :, at most 132 characters.",
    ),
    "focus-missing": (
        "MessageHeader.focus ska peka på den resurs som meddelandet handlar om, se tabellen i fhir.md.",
        "MessageHeader.focus must lead to the resource that the message is about, see the table in fhir.md.",
    ),
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
_STATUS: Final = {"too-large": 413, "media-type": 415, "C-62": 409}
_RULE: Final = {
    "numbers-differ": "C-60",
    "hsa-ids-differ": "hsa-id",
    "xml-dtd": "not-xml",
}
"""A sentence of its own for a special case of a rule."""


def refused(reason: str, element: str | None = None) -> Refused:
    """The refusal of that reason; everything that cannot be read is 400 (messages.md §2)."""
    sv, en = _SENTENCES[reason]
    rule = _RULE.get(reason, reason)
    return Refused(rule, sv, en, element, _STATUS.get(rule, 400))


TECHNICAL: Final = frozenset(
    rule for rule in (*_SENTENCES, "fhir-invalid", "fhir-code", "field-invalid") if not rule[0].isupper()
)
"""The reasons that are no rule of processes.md."""
