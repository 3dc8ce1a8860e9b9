"""What the reader says of the Bundle as a whole, its header, its references and its times: reason → (Swedish, English). Imports the
language only.
"""

from __future__ import annotations

from typing import Final

from schemas.moments import YEARS

SENTENCES: Final[dict[str, tuple[str, str]]] = {
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
}
