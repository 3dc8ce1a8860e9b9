"""What the reader says of SIP's plans, meetings and their parties: reason → (Swedish, English). Imports the language only."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "party": (
        "Ange en enhet (HSA-id), personen (Patient) eller en RelatedPerson; en Practitioner ensam säger inte vilken enhet.",
        "Name a unit (HSA-id), the person (Patient) or a RelatedPerson; a Practitioner alone does not say which unit.",
    ),
    "named-contact": (
        "Ange en person och dess enhet: PractitionerRole med practitioner och organization, båda med HSA-id.",
        "Name a person and the unit: a PractitionerRole with practitioner and organization, both with an HSA-id.",
    ),
    "team-role": (
        "CareTeam.participant.role ska ha en av koderna receiver, samordningsansvarig och stallforetradare; de två senare en gång.",
        "CareTeam.participant.role must have one of the codes receiver, samordningsansvarig and stallforetradare; the latter two once.",
    ),
    "initiative-support": (
        "Samtycken och information i ett initiativ ska stå i CarePlan.supportingInfo, i sin ordning: lägg till referensen.",
        "Consents and information of an initiative must be in CarePlan.supportingInfo, in their order: add the reference.",
    ),
    "E-1": (
        "Ange elementets adress en gång, som identifier i systemet urn:samverkan:element: plan, eller slag/id.",
        "Give the element's address once, as identifier in the system urn:samverkan:element: plan, or kind/id.",
    ),
    "plan-category": (
        "Planen ska ha category sip i systemet urn:samverkan:plan-category, och intent plan eller proposal.",
        "The plan must have category sip in the system urn:samverkan:plan-category, and intent plan or proposal.",
    ),
    "draft-status": (
        "Status och MessageHeader säger olika om detta är ett utkast: sänd båda som utkast, eller inget.",
        "Status and MessageHeader differ about whether this is a draft: send both as a draft, or neither.",
    ),
    "plan-edit": (
        "Varje Goal, ServiceRequest och annat element ska ha sin plats bland CarePlans tillägg edit, en gång: ordningen är ändringarnas.",
        "Each Goal, ServiceRequest and other element must be among the CarePlan's extensions edit, once: their order is the edits'.",
    ),
    "plan-activity": (
        "En aktivitet är en ServiceRequest som CarePlan.activity.reference pekar på; activity.detail läses inte.",
        "An activity is a ServiceRequest to which CarePlan.activity.reference leads; activity.detail is not read.",
    ),
    "plan-kind": (
        "Adressens slag hör till en annan resurs: Goal för mal och delmal, ServiceRequest för aktivitet och insats.",
        "The kind of the address belongs to another resource: Goal for mal and delmal, ServiceRequest for aktivitet and insats.",
    ),
    "plan-change": (
        "Ange vad ändringen gör, i tillägget urn:samverkan:fhir:change: tillagd, andrad, avslutad eller borttagen.",
        "Say what the edit does, in the extension urn:samverkan:fhir:change: tillagd, andrad, avslutad or borttagen.",
    ),
    "plan-status": (
        "Status säger annat än ändringen: avslutad och borttagen har en status som är slut, tillagd och andrad en som pågår.",
        "The status says another thing than the edit: avslutad and borttagen have one that has ended, tillagd and andrad one that goes on.",
    ),
    "plan-field": (
        "Fältet finns inte i planen eller sägs två gånger: rätta tilläggets namn, eller säg det en gång.",
        "The field is not one of the plan, or is said twice: correct the extension's name, or say it once.",
    ),
    "plan-words": (
        "Ange orden som text; en kod ensam läses inte.",
        "Give the words as text; a code alone is not read.",
    ),
    "plan-day": (
        "Ange en enda slutdag: Goal.target.dueDate, eller ServiceRequest.occurrencePeriod med end ensamt.",
        "Give a single day of completion: Goal.target.dueDate, or ServiceRequest.occurrencePeriod with end alone.",
    ),
    "plan-responsible": (
        "Ange exakt en ansvarig, eller en deltagare.",
        "Name exactly one who is responsible, or one participant.",
    ),
    "plan-note": (
        "En anteckning har ett item per sökord, med sökordet som linkId och text (valueString) som svar, utan item under sig.",
        "A note has one item per keyword, with the keyword as linkId and text (valueString) as answer, and no item below it.",
    ),
    "code-system": (
        "Ange en kod i hubbens system urn:samverkan, se exemplen i contracts/fhir; andra system läses inte.",
        "Give one code of the hub's system urn:samverkan, see the examples in contracts/fhir; other systems are not read.",
    ),
    "extension-parts": (
        "Tillägget har en del som det inte ska ha, en del två gånger, eller ett värde av annat slag, se exemplen i contracts/fhir.",
        "The extension has a part that it must not have, a part twice, or a value of another kind, see the examples in contracts/fhir.",
    ),
    "empty-list": (
        "Listan är tom enligt tillägget men inte i meddelandet, eller kan inte vara tom: ta bort tillägget.",
        "The list is empty by the extension and not in the message, or cannot be empty: remove the extension.",
    ),
    "meeting-id": (
        "Ange mötets id en gång, i systemet urn:samverkan:meeting.",
        "Give the meeting's id once, in the system urn:samverkan:meeting.",
    ),
    "appointment-status": (
        "En kallelse är pending, booked eller, utan tid eller som utkast, proposed; en återkallad är cancelled i sip.kallelse_andrad.",
        "A call is pending, booked or, without a time or as a draft, proposed; one that is recalled is cancelled in sip.kallelse_andrad.",
    ),
    "appointment-reason": (
        "En återkallelse har inget skäl: utelämna cancelationReason, och skriv det i ett meddelande.",
        "A recall has no reason: leave out cancelationReason, and write it in a message.",
    ),
    "appointment-kind": (
        "En ändrad kallelse byter inte slag: utelämna serviceType, eller återkalla och kalla på nytt.",
        "A changed call does not change its kind: leave out serviceType, or recall and call anew.",
    ),
    "appointment-words": (
        "Ange orsaken som text; en kod ensam läses inte.",
        "Give the reason as text; a code alone is not read.",
    ),
    "appointment-period": (
        "Ange mötets tid i start och end; requestedPeriod läses inte.",
        "Give the time of the meeting in start and end; requestedPeriod is not read.",
    ),
    "appointment-participant": (
        "Varje kallad är participant med status needs-action och en av typerna receiver, expected, convener, caller och place.",
        "Each who is called is a participant with status needs-action and one of the types receiver, expected, convener, caller and place.",
    ),
    "appointment-place": (
        "Ange platsens namn: Location.name i Bundeln, eller actor.display.",
        "Give the name of the place: Location.name in the Bundle, or actor.display.",
    ),
    "answer-time": (
        "Ett svar föreslår ingen annan tid: utelämna start och end, och skriv förslaget i comment.",
        "An answer proposes no other time: leave out start and end, and write the proposal in comment.",
    ),
    "answer-status": (
        "accepted säger vilka som kommer (tillägget attendee); utan dem är svaret declined eller tentative, med text i comment.",
        "accepted says who comes (the extension attendee); without them the answer is declined or tentative, with text in comment.",
    ),
    "meeting-status": (
        "Ett möte som hållits är finished, ett som inte hållits cancelled.",
        "A meeting that was held is finished, one that was not held cancelled.",
    ),
    "P-21": (
        "Ange en samordningsansvarig: CareTeam.participant med den rollen, person, enhet och ändring utsedd, bytt eller borttagen.",
        "Name one coordinator: CareTeam.participant with role samordningsansvarig, person, unit and change utsedd, bytt or borttagen.",
    ),
    "task-reason": (
        "Ange skälet som text i statusReason; en kod ensam läses inte.",
        "Give the reason as text in statusReason; a code alone is not read.",
    ),
    "task-field": (
        "Fältet hör inte till den här handlingen eller står två gånger: rätta Task.input.type i urn:samverkan:field.",
        "The field is not one of this act, or is there twice: correct Task.input.type in urn:samverkan:field.",
    ),
    "task-value": (
        "Fältet har ett värde av annat slag än det ska ha, se exemplen i contracts/fhir.",
        "The field has a value of another kind than it must have, see the examples in contracts/fhir.",
    ),
    "task-focus": (
        "Ange vad handlingen gäller, som Task.focus.identifier i urn:samverkan:element eller urn:samverkan:document.",
        "Say what the act is about, as Task.focus.identifier in urn:samverkan:element or urn:samverkan:document.",
    ),
    "state-file": (
        "Läget ska vara en enda fil av JSON i Communication.payload.",
        "The state must be a single file of JSON in Communication.payload.",
    ),
}
