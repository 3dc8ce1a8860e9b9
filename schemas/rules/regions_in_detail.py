"""What one region's manual alone says of SIP: Prator (PR-), SAMSA (SA-), Lifecare SP (LC-), Cosmic Link (CL-). Imports the
text's form only.
"""

from __future__ import annotations

from typing import Final

from schemas.rules.rule_text import RuleText as Rule

REGIONS_IN_DETAIL: Final[dict[str, Rule]] = {
    "PR-1": Rule(
        "Ett initiativ eller en kallelse som inte är sänd ses bara av den egna enheten.",
        "An initiativ or a call that has not been sent is seen by its own unit alone.",
    ),
    "PR-2": Rule(
        "En mottagare som inte har svarat läser bara initiativet och de kallelser som nämner den.",
        "A receiver that has not answered reads only the initiativ and the calls that name it.",
    ),
    "PR-3": Rule(
        "Ja och nej till ett initiativ sägs med sip.svar; en kvittens kan bära en kommentar.",
        "Yes and no to an initiativ are said by sip.svar; a kvittens may carry a comment.",
    ),
    "PR-4": Rule(
        "En deltagare får lämna när som helst, och varnas när den ansvarar för ett öppet mål eller en öppen aktivitet.",
        "A participant may leave at any time, and is warned when it is responsible for an open goal or activity.",
    ),
    "PR-5": Rule(
        "Kartläggning, plan, uppföljning och utvärdering låses: att spara tar skrivlåset, att signera lämnar det, "
        "och samordnarens enhet låser.",
        "Assessment, plan, follow-up and evaluation are lockable: saving takes the write lock, signing frees it, "
        "and the coordinator's unit locks.",
    ),
    "PR-6": Rule(
        "Informationsmeddelanden går till valda mottagare tills utvärderingen är låst.",
        "Information messages go to chosen receivers until the evaluation is locked.",
    ),
    "PR-7": Rule(
        "Mottagare kan läggas till en sänd kallelse utan att de andra frågas igen; en ny tid, plats eller form "
        "frågar alla.",
        "Receivers can be added to a sent call without asking the others anew; a new time, place or form asks all.",
    ),
    "PR-8": Rule(
        "Nekas samtycke står ärendet kvar och inget mer tas emot.",
        "Where consent is refused the case stays and nothing further is accepted.",
    ),
    "PR-9": Rule(
        "Under uppföljningen ändras målen först när planen är upplåst.",
        "During the follow-up the goals change only after the plan is unlocked.",
    ),
    "PR-10": Rule(
        "Efter avslutet är en ny SIP ett nytt initiativ.",
        "After the end a new SIP is a new initiativ.",
    ),
    "PR-11": Rule(
        "Kartläggning, plan och utvärdering skrivs ut när de är låsta.",
        "Assessment, plan and evaluation are printed when they are locked.",
    ),
    "PR-12": Rule(
        "Avsändaren ser för varje mottagare om det är sänt, kvitterat, accepterat eller avböjt, med kommentaren.",
        "The sender sees of each receiver whether it is sent, acknowledged, accepted or declined, with the comment.",
    ),
    "PR-13": Rule("En SVU kan öppnas från SIP:en.", "An SVU can be opened from the SIP."),
    "SA-1": Rule(
        "En SIP går från sparad till skickad, SIP-möte, upprättad, uppföljd och avslutad, och versionerna räknas "
        "från 0.",
        "A SIP goes from sparad to skickad, SIP-möte, upprättad, uppföljd and avslutad, and versions count from 0.",
    ),
    "SA-2": Rule(
        "Det som är sparat får parterna läsa, men ingen aviseras.",
        "What is saved may be read by the parties, but nobody is told.",
    ),
    "SA-3": Rule(
        "Samtycket gäller alla SIP-parter och ett år om inget annat sägs; en ny part påminner om att uppdatera det.",
        "The consent holds for all SIP parties and for one year unless it says otherwise; a new party reminds of "
        "updating it.",
    ),
    "SA-4": Rule(
        "Det utskrivna samtycket har SIP:ens id, adress, kontakter, parter, text och en del för återkallelse.",
        "The printed consent has the SIP's id, address, contacts, parties, text and a slip for withdrawal.",
    ),
    "SA-5": Rule(
        "En kontakt har person, enhet, roll, telefon och e-post.",
        "A contact has person, unit, role, phone and e-mail.",
    ),
    "SA-6": Rule(
        "Att mötet börjar i framtiden krävs av en ny kallelse och av en ändrad tid; närvaro anges efteråt.",
        "That the meeting begins in the future is asked of a new call and of a changed time; attendance is set "
        "afterwards.",
    ),
    "SA-7": Rule(
        "Inget tas bort fysiskt, och hela ärendet kan skrivas ut åt personen.",
        "Nothing is physically deleted, and the whole case can be printed for the person.",
    ),
    "SA-8": Rule(
        "En roll kan ansvara för ett slags dokument.",
        "A role may be responsible for one kind of document.",
    ),
    "SA-9": Rule("En fil får också höra till SIP:en.", "A file may also belong to the SIP."),
    "LC-1": Rule(
        "Ordningen är kallelse, genomfört möte, huvudmål av samordnaren, och därefter de andras delmål.",
        "The order is call, meeting held, main goal by the coordinator, and then the others' sub-goals.",
    ),
    "LC-2": Rule(
        "Ett aktörsmöte kräver samtycke, har inte personen eller närstående bland mottagarna, och öppnar ingen "
        "dokumentation.",
        "An aktörsmöte needs consent, has neither the person nor relatives among its receivers, and opens no "
        "documentation.",
    ),
    "LC-3": Rule(
        "Medan en SIP pågår kallar samordnaren till uppföljning, och en ny SIP nekas.",
        "While a SIP goes on the coordinator calls to its follow-up, and a new SIP is refused.",
    ),
    "LC-4": Rule(
        "Den som kallar blir samordnare; är SIP:en kopplad till en SVU kallar öppenvården den första gången.",
        "The caller becomes coordinator; where the SIP is linked to an SVU outpatient care makes the first call.",
    ),
    "LC-5": Rule(
        "Att avsluta ett delmål där andra har pågående insatser ska bekräftas.",
        "Ending a sub-goal under which others have ongoing efforts is to be confirmed.",
    ),
    "LC-6": Rule(
        "En insats som inte är delad ses bara av den egna enheten; en delad blir inte odelad igen.",
        "An insats that is not shared is seen by its own unit alone; a shared one is not unshared again.",
    ),
    "LC-7": Rule(
        "Ansvarig kan vara personen själv eller någon utanför.",
        "The one responsible may be the person, or someone outside.",
    ),
    "LC-8": Rule("En SIP inom en huvudman gäller.", "A SIP within one principal is valid."),
    "LC-9": Rule(
        "Personen får motsätta sig att en närstående deltar.",
        "The person may object to a relative taking part.",
    ),
    "LC-10": Rule(
        "Översikten visar eller döljer avslutade delar.",
        "The overview shows or hides ended parts.",
    ),
    "CL-1": Rule(
        "Samtycket säger vad det gäller, för vem och hur länge.",
        "The consent says what it covers, for whom and how long.",
    ),
    "CL-2": Rule(
        "Kallelser kommer från samordnarens enhet; utan samordnare kallas ingen.",
        "Calls come from the coordinator's unit; without a coordinator nobody is called.",
    ),
    "CL-3": Rule(
        "En kallelse efter utskrivning med kommunal hälso- och sjukvård men utan öppenvård ger en varning.",
        "A call after discharge with municipal health care and no outpatient care gives a warning.",
    ),
    "CL-4": Rule(
        "Kopior till andra än personen kräver personens tillåtelse.",
        "Copies to others than the person need the person's permission.",
    ),
    "CL-5": Rule(
        "Att avsluta planen, att avsluta ärendet och att makulera ärendet är tre olika saker.",
        "Ending the plan, ending the case and revoking the case are three different things.",
    ),
}
"""Rule id → what it says."""
