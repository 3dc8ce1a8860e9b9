"""The rules that SVU and SIP share (C-). Imports the text's form only."""

from __future__ import annotations

from typing import Final

from schemas.rules.rule_text import RuleText as Rule

COMMON: Final[dict[str, Rule]] = {
    "C-1": Rule(
        "En enhet har sina aktiva roller, och för varje steg de roller som ansvarar för att kvittera, justera "
        "eller godkänna.",
        "A unit has its active roles and, for each step, the roles that are responsible for acknowledging, "
        "adjusting or approving.",
    ),
    "C-2": Rule(
        "En roll med ansvaret gör det för hela sin enhet, och varje deltagande enhet ska göra det. Bara den som "
        "inväntas kan kvittera.",
        "One role with the responsibility acts for its whole unit, and every participating unit must act. Only a "
        "unit that is awaited can acknowledge.",
    ),
    "C-3": Rule(
        "Den som handlar gör det i en aktiv roll hos enheten, en roll som följer av befattningen i HSA.",
        "An actor acts in an active role of the unit, a role that follows from the actor's befattning in HSA.",
    ),
    "C-4": Rule(
        "Den som handlar hör till den handlande enhetens organisation och når bara ärenden där en enhet i "
        "organisationen deltar.",
        "An actor belongs to the organisation of the acting unit and reaches only cases in which a unit of that "
        "organisation takes part.",
    ),
    "C-5": Rule(
        "Läsläge i ett ärende där den egna enheten inte deltar kräver ett aktivt val inom organisationen och "
        "annars ett samtycke eller en menprövning; det gäller i 24 timmar.",
        "Reading a case in which one's own unit takes no part needs a deliberate choice within the organisation, "
        "else a consent or menprövning; it holds for 24 hours.",
    ),
    "C-6": Rule(
        "I en region där det gäller får slutenvården läsa och skriva i en SIP där någon av regionens enheter "
        "deltar, utan att vara tillagd.",
        "In a region that has it so, inpatient care may read and write a SIP in which any unit of the region "
        "takes part, without being added.",
    ),
    "C-7": Rule(
        "Varje läsning och varje ändring lämnar ett spår: vem, vilken enhet, vad, när och på vilken grund.",
        "Every reading and every change leaves a trace: who, which unit, what, when and on which ground.",
    ),
    "C-10": Rule(
        "En enhet kan läggas till när som helst och får då det som den behöver för att komma ikapp; en okänd "
        "enhet eller en som redan deltar kan inte läggas till.",
        "A unit may be added at any time and is then sent what it needs to catch up; an unknown unit, or one that "
        "takes part already, cannot be added.",
    ),
    "C-11": Rule(
        "En enhet som tas bort förlorar åtkomsten och inväntas inte längre.",
        "A unit that is removed loses its access and is awaited no more.",
    ),
    "C-12": Rule(
        "En roll läggs till eller tas bort bara hos enheter i den egna organisationen, och inte den sista rollen "
        "med ett ansvar som inväntas.",
        "A role is added or removed only at units of one's own organisation, and not the last role with a "
        "responsibility that is awaited.",
    ),
    "C-13": Rule(
        "En enhet som läggs till ska själv göra det som fortfarande inväntas, och alltid kvittera inskrivning och "
        "utskrivningsklar som de står.",
        "A unit that is added does itself what is still awaited, and always acknowledges the inskrivning and the "
        "utskrivningsklar as they stand.",
    ),
    "C-14": Rule(
        "En deltagare utan kvarvarande ansvar får själv lämna ärendet, och ser det sedan inte längre.",
        "A participant without a remaining responsibility may leave the case by itself, and does not see it "
        "afterwards.",
    ),
    "C-15": Rule(
        "Personer och verksamheter utan eget system deltar som namngivna utomstående, och det som gäller dem "
        "skrivs ut av den enhet som betjänar dem.",
        "People and bodies without a system of their own take part as named outsiders, and what concerns them is "
        "printed by the unit that serves them.",
    ),
    "C-20": Rule(
        "Information registreras före samtycke: ja när den är given muntligt och skriftligt, nej med en orsak när "
        "den skriftliga inte kunde ges.",
        "Information is registered before consent: yes when it was given orally and in writing, no with a reason "
        "when the written part could not be given.",
    ),
    "C-21": Rule(
        "Samtycket registreras som givet, nekat eller ersatt av en menprövning, med vem som registrerade det och när.",
        "Consent is registered as given, refused or replaced by a menprövning, with who registered it and when.",
    ),
    "C-22": Rule(
        "En menprövning görs av legitimerad personal: decided_by anges, och både den och den som registrerar "
        "finns som legitimerade i HSA.",
        "A menprövning is made by licensed staff: decided_by is given, and both that person and the one who "
        "registers it are licensed in HSA.",
    ),
    "C-23": Rule(
        "Ett samtycke säger för vem och hur länge det gäller och hur det gavs; det upphör på sin sista dag, och "
        "ett nytt ersätter det.",
        "A consent says for whom and how long it holds and how it was given; it ends on its last day, and a new "
        "one replaces it.",
    ),
    "C-24": Rule(
        "Ett samtycke kan återkallas. Till dess att ett nytt är registrerat tas bara samtycke, kvittens, "
        "borttagning och avslut emot.",
        "A consent can be withdrawn. Until a new one is registered only samtycke, kvittens, removal and ending "
        "are accepted.",
    ),
    "C-25": Rule(
        "Både ja och nej till samtycke registreras; för den som är minderårig ges det av vårdnadshavaren.",
        "Both a yes and a no to consent are registered; for a minor the guardian gives it.",
    ),
    "C-30": Rule(
        "Varje steg har en färg för varje enhet och roll: rött inväntar dem, gult inväntar andra, grönt är gjort "
        "av alla, grått inte påbörjat, blått håller på att skrivas.",
        "Every step has a colour for each unit and role: red awaits them, yellow awaits others, green is done by "
        "all, grey has not begun, blue is being written.",
    ),
    "C-31": Rule(
        "En enhet får listor över sina ärenden, och en sökning på en person säger också om enheten får öppna ett "
        "ärende.",
        "A unit has lists of its cases, and a search for a person also says whether the unit may open a case.",
    ),
    "C-32": Rule(
        "En deltagares system får veta när något av dess ärenden ändras, och en lista kan begränsas till det som "
        "ändrats sedan en tidpunkt.",
        "A participant's system is told when one of its cases changes, and a list can be limited to what has "
        "changed since a moment.",
    ),
    "C-33": Rule(
        "En avisering säger om den är till kännedom eller ska kvitteras; den som fått något av misstag meddelar "
        "det som felsänt.",
        "A notice says whether it is for information or to be acknowledged; a unit that got something by mistake "
        "tells so as felsant.",
    ),
    "C-34": Rule(
        "Driften kan meddela alla anslutna system något som inte hör till något ärende.",
        "Operations may tell every connected system something that belongs to no case.",
    ),
    "C-40": Rule(
        "Ett fritt meddelande når ärendets alla enheter, och kvittens begärs av dem som avsändaren väljer bland "
        "deltagarna.",
        "A free message reaches all units of the case, and is to be acknowledged by those of the participants "
        "that the sender chooses.",
    ),
    "C-41": Rule(
        "Ett sänt meddelande kan makuleras av den som sände det: det går att läsa, markerat, och inväntar inga "
        "kvittenser.",
        "A sent message can be revoked by its sender: it stays readable, marked, and awaits no kvittens.",
    ),
    "C-42": Rule(
        "Ett meddelande har högst en fil, av ett tillåtet slag och utan personuppgifter i namn, text eller dolda "
        "delar.",
        "A message has one file at the most, of an allowed kind and without personal data in its name, text or "
        "hidden parts.",
    ),
    "C-43": Rule(
        "Där regionen tillåter det får ett informationsmeddelande gå till en enhet utanför ärendet, som då läser "
        "hela planen.",
        "Where the region allows it an information message may go to a unit outside the case, which then reads "
        "the whole plan.",
    ),
    "C-50": Rule(
        "Varje version av ett stegs innehåll går att läsa, numrerad; en äldre säger vilken som gäller.",
        "Every version of a step's content can be read, numbered; an older one says which is current.",
    ),
    "C-51": Rule(
        "För varje fält går det att se vem som skrev vad och när, också tidigare värden.",
        "Of every field it can be seen who wrote what and when, earlier values too.",
    ),
    "C-52": Rule(
        "Ett utkast ses bara av den part som skriver det; det som är publicerat ses av alla.",
        "A draft is seen only by the party that writes it; what is published is seen by all.",
    ),
    "C-53": Rule(
        "Ett dokument som skrivs är låst för andra tills det är signerat, och det som samordnaren har låst "
        "skriver ingen i.",
        "A document that is being written is locked for others until it is signed, and nobody writes in what the "
        "coordinator has locked.",
    ),
    "C-54": Rule(
        "Ett utskrivet eller avslutat ärende lämnar startlistan efter 72 timmar, eller efter regionens egen tid, "
        "och finns kvar i sökningen.",
        "A discharged or ended case leaves the start list after 72 hours, or the region's own time, and is still "
        "found by search.",
    ),
    "C-55": Rule(
        "Samtycke, kallelse, kartläggning och plan kan skrivas ut; bara det som är låst eller godkänt skrivs ut "
        "som slutgiltigt.",
        "Consent, call, assessment and plan can be printed; only what is locked or approved is printed as final.",
    ),
    "C-56": Rule(
        "Obligatoriska fält krävs när något publiceras, sänds, klarmarkeras, justeras eller ska godkännas, inte "
        "när det sparas.",
        "Required fields are asked for when something is published, sent, marked ready, adjusted or put up for "
        "approval, not when it is saved.",
    ),
    "C-60": Rule(
        "Ett ärende gäller en person, namngiven med ett giltigt personnummer eller samordningsnummer om tolv siffror.",
        "A case is about one person, named by a valid personnummer or samordningsnummer of twelve digits.",
    ),
    "C-61": Rule(
        "Reservnummer ur regionens eget register får användas.",
        "Reserve numbers of the region's own register may be used.",
    ),
    "C-62": Rule(
        "En person med skyddade personuppgifter hanteras inte i hubben: ett nytt ärende nekas, och i ett pågående "
        "delas inget mer.",
        "A person with protected identity is not handled in the hub: a new case is refused, and in an open one "
        "nothing more is shared.",
    ),
    "C-63": Rule(
        "För en avliden öppnas inget ärende; ett pågående avslutas som regionen gör det.",
        "No case is opened for a deceased person; an open one is ended in the region's own way.",
    ),
    "C-64": Rule("Testdata är bara fiktiva personer.", "Test data are fictitious persons only."),
}
"""Rule id → what it says."""
