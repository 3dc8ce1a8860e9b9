"""What is done about SIP's rules: S-, E- of the plan as a document, and one region's own (PR-, SA-, LC-, CL-). Imports the families only."""

from __future__ import annotations

from typing import Final

from hub.catalogue.remedies.families import CONSENT, CONTENT, REGION, STATE, WHO
from hub.catalogue.remedy import Remedy

PLANS: Final[dict[str, Remedy]] = {
    "S-1": STATE.since("Personen har redan en SIP som pågår.", "The person has a SIP that goes on already.").do(
        "Sök personen, be att få delta i den som finns, eller låt den avslutas (sip.avslut) först.",
        "Search for the person, ask to take part in the one that is there, or let it be ended (sip.avslut) first.",
    ),
    "S-2": CONTENT.since(
        "Initiativet har ett fält som regionen inte har, saknar ett som den kräver, eller nämner en SVU som inte går att koppla.",
        "The initiativ has a field that the region does not have, lacks one that it asks for, or names an SVU that cannot be linked.",
    ),
    "S-4": CONSENT,
    "S-5": CONTENT.since(
        "Kallelsens slag passar inte planens läge (ny före den första godkända, sedan uppföljning), eller mötet börjar inte i framtiden.",
        "The call's kind does not fit the plan (ny before the first approved one, then uppfoljning), or the meeting is not in the future.",
    ),
    "S-6": STATE.since("SIP:en har redan en samordningsansvarig.", "The SIP has a coordinator already.").do(
        "Byt (change bytt) eller ta bort den som finns.", "Change (change bytt) or remove the one that is there."
    ),
    "S-9": STATE.since(
        "Planen är inte ifylld, är redan under godkännande, har ingen som kan godkänna, eller enheten har redan svarat.",
        "The plan is not filled in, is being approved already, has nobody who can approve, or the unit has answered already.",
    ),
    "S-10": STATE.since(
        "Planen är aktiv, och ändringen är av annat än uppföljning och status (eller så är den inte aktiv än).",
        "The plan is active, and the change is of something else than follow-up and status (or it is not active yet).",
    ).do("Begär uppdatering (sip.uppdatering) först.", "Send sip.uppdatering first."),
    "S-11": WHO.since(
        "Uppdateringen kommer från någon annan än samordningsansvarig, eller planen är varken aktiv eller under godkännande.",
        "The update comes from somebody else than the coordinator, or the plan is neither active nor being approved.",
    ),
    "S-13": STATE.since(
        "SIP:en är redan borttagen, kallelsen är sänd, eller enheten är inte den som får ta bort.",
        "The SIP is removed already, the call has been sent, or the unit is not the one that may remove it.",
    ).do("Avsluta med sip.avslut i stället.", "End it by sip.avslut instead."),
}
"""Rule id → what is done about it."""

PLAN: Final[dict[str, Remedy]] = {
    "E-1": CONTENT.since(
        "Elementets adress är använd förut i ärendet, saknas, eller liknar ett personnummer.",
        "The element's address has been used in the case, is missing, or looks like a person number.",
    ).do("Ge elementet ett nytt id, helst ett UUID.", "Give the element a new id, best a UUID."),
    "E-2": CONTENT.since(
        "En redigering säger inget, eller avslutar och ändrar på samma gång; då gäller ingen i meddelandet.",
        "An edit says nothing, or ends and changes at once; then none of the message holds.",
    ),
    "E-3": Remedy(
        ("sender",),
        (
            "Någon annan hann skriva samma fält efter den version som ändringen skrevs på.",
            "Somebody else wrote the same field after the version that the change was written on.",
        ),
        (
            "Läs det som står (svarets stands:-varningar pekar ut det), visa båda för användaren, och sänd ändringen på den gällande versionen.",
            "Read what stands (the answer's stands: warnings point at it), show both to the user, and send the change on the current version.",
        ),
    ),
    "E-4": STATE.since(
        "Elementet är signerat, delat, avslutat eller skrivet av andra, och kan inte tas bort eller avslutas så.",
        "The element is signed, shared, ended or written by others, and cannot be removed or ended so.",
    ),
    "E-5": CONTENT.since("Planen är full.", "The plan is full.").do(
        "Ta bort eller korta något först.", "Remove or shorten something first."
    ),
    "E-6": WHO,
    "E-9": STATE.since("Samordningsansvarig är inte utsedd.", "The coordinator is not named.").do(
        "Utse den i initiativet eller med sip.samordningsansvarig, och registrera sedan samtycket.",
        "Name one in the initiativ or by sip.samordningsansvarig, and then register the consent.",
    ),
}
"""Rule id → what is done about it."""

REGIONS_IN_DETAIL: Final[dict[str, Remedy]] = {
    "PR-5": STATE.since(
        "Dokumentet skrivs av en annan enhet, är inte signerat, är redan låst, eller låses av någon annan än samordnarens enhet.",
        "The document is written by another unit, is not signed, is locked already, or is locked by another than the coordinator's unit.",
    ),
    "PR-6": STATE.since(
        "Utvärderingen är låst, och SIP:en tar inga fler meddelanden.", "The evaluation is locked; no more messages."
    ),
    "PR-8": CONSENT,
    "PR-9": STATE,
    "PR-11": STATE.since("Dokumentet är inte låst än.", "The document is not locked yet.").do(
        "Signera och lås det med sip.las, och skriv sedan ut.", "Sign and lock it by sip.las, then print."
    ),
    "PR-13": CONTENT.since(
        "Ärendet i sip är ingen SIP för samma person där enheten deltar.", "The case in sip is no such SIP."
    ),
    "SA-5": CONTENT.since("Kontakten finns inte i ärendet.", "The case has no such contact."),
    "LC-1": STATE.since(
        "Ordningen bröts: kallelse, hållet möte, huvudmål av samordnaren, sedan de andras delmål.",
        "The order was broken: call, meeting held, main goal by the coordinator, then the others' sub-goals.",
    ),
    "LC-2": CONTENT,
    "LC-3": STATE,
    "LC-4": WHO,
    "LC-5": CONTENT.since(
        "Andra aktörer har pågående insatser under delmålet som avslutas.",
        "Others have ongoing insatser under the sub-goal that ends.",
    ).do(
        "Stäm av med dem som varningarna nämner, och sänd med confirmed true.",
        "Ask those whom the warnings name; send confirmed true.",
    ),
    "LC-6": CONTENT.since(
        "En insats som inte är delad blandas med andra, eller en delning ska göras ogjord.",
        "An insats that is not shared is mixed with others, or a sharing is to be undone.",
    ),
    "CL-1": CONSENT.since(
        "Samtycket säger inte vad det gäller, för vem eller hur länge.",
        "The consent does not say what, for whom or how long.",
    ).do("Ange scope, holds_for eller others, och valid_to.", "Give scope, holds_for or others, and valid_to."),
    "CL-2": STATE.since("Ingen är utsedd till samordningsansvarig.", "There is no coordinator.").do(
        "Utse en med sip.samordningsansvarig, och kalla sedan från dess enhet.",
        "Name one by sip.samordningsansvarig, then call from its unit.",
    ),
}
"""Rule id → what is done about it."""

_CAUSES: Final[dict[str, tuple[str, str]]] = {
    "P-1": (
        "Initiativet är inte så som ärendets region har det, är redan öppnat, eller inte sänt än.",
        "The initiativ is not as the case's region has it, is open already, or is not sent yet.",
    ),
    "P-2": (
        "I Prator måste mottagaren svara på initiativet (sip.svar) först; i de andra regionerna finns inget sådant svar.",
        "In Prator the receiver must answer the initiativ (sip.svar) first; the other regions have no such answer.",
    ),
    "P-4": (
        "Mottagarna väljs på ett annat sätt i regionen, eller en mottagare finns inte i katalogen.",
        "The receivers are chosen in another way in the region, or a receiver is not in the directory.",
    ),
    "P-5": (
        "Kartläggningen har i regionen andra fält eller skrivs av någon annan, eller finns inte (SAMSA, Cosmic Link).",
        "In the region the kartlaggning has other fields or another writer, or there is none (SAMSA, Cosmic Link).",
    ),
    "P-6": (
        "Kallelsen har i regionen andra slag eller fält, ändras av andra, eller så är mötet redan kallat eller återkallat.",
        "In the region the call has other kinds or fields, is changed by others, or the meeting is called or recalled already.",
    ),
    "P-7": (
        "Kallelsen besvaras på ett annat sätt i regionen, är återkallad, eller gäller inte enheten.",
        "The call is answered in another way in the region, is recalled, or is not for the unit.",
    ),
    "P-8": (
        "Mötet är inte kallat, har inte varit, dokumenteras av någon annan, eller skrivs på ett annat sätt i regionen.",
        "The meeting is not called, has not been, is documented by another, or is written in another way in the region.",
    ),
    "P-9": (
        "Planen har i regionen andra delar, fält eller koder, eller något som krävs saknas.",
        "In the region the plan has other parts, fields or codes, or something required is missing.",
    ),
    "P-10": (
        "Planen blir giltig på ett annat sätt i regionen, är redan det, eller något saknas före: signering, möte, personens godkännande.",
        "The plan becomes valid in another way in the region, is so already, or something is missing before: signing, meeting, approval.",
    ),
    "P-11": (
        "Nästa version börjar i regionen från en annan plats: en godkänd, låst eller upprättad plan, med bekräftelse.",
        "In the region the next version begins elsewhere: from an approved, locked or established plan, with a confirmation.",
    ),
    "P-12": (
        "Uppföljningen är inte aktiverad, är av ett element som inte är kvar, eller skrivs av någon annan i regionen.",
        "The follow-up is not activated, is of an element that is gone, or is written by another in the region.",
    ),
    "P-13": (
        "Utvärderingen kräver en låst plan och finns bara i Prator.",
        "The evaluation needs a locked plan and is Prator's alone.",
    ),
    "P-14": (
        "SIP:en har redan avslutats, eller avslutas i regionen av någon annan eller först när något är gjort.",
        "The SIP has ended already, or is ended in the region by another, or only when something is done.",
    ),
    "P-15": (
        "Samtycket är återkallat, har löpt ut, eller gäller inte informationsöverföring.",
        "The consent is withdrawn, has run out, or is not for the transfer of information.",
    ),
    "P-17": (
        "Vad personen ser på 1177 anges inte så som regionen har det.",
        "What the person sees at 1177 is not given as the region has it.",
    ),
    "P-18": (
        "Ett avslut kan inte göras ogjort i regionen, eller bara av rollen administratör.",
        "An end cannot be undone in the region, or by the role administrator only.",
    ),
    "P-21": (
        "Samordningsansvarig utses, byts eller tas bort på ett annat sätt i regionen, eller dess enhet deltar inte.",
        "The coordinator is named, changed or removed in another way in the region, or its unit takes no part.",
    ),
    "P-22": (
        "Bara Mina planer registrerar information i en SIP.",
        "Only Mina planer registers information in a SIP.",
    ),
}
_DO: Final[dict[str, tuple[str, str]]] = {
    "P-2": ("Svara med sip.svar (accepts) först.", "Answer by sip.svar (accepts) first."),
    "P-14": (
        "Gör det som meningen nämner först. Är SIP:en avslutad: öppna en ny med sip.initiativ.",
        "Do what the sentence names first. If the SIP has ended: open a new one by sip.initiativ.",
    ),
    "P-15": CONSENT.what_to_do,
    "P-22": ("Registrera samtycke i stället.", "Register samtycke instead."),
}
REGIONS: Final[dict[str, Remedy]] = {
    rule: REGION.since(*cause)._replace(what_to_do=_DO.get(rule, REGION.what_to_do)) for rule, cause in _CAUSES.items()
}
"""Rule id → what is done about it."""
