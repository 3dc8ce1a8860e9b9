"""The warnings of a receipt: the message is accepted (or refused with more to say), and somebody should look. Imports the families only."""

from __future__ import annotations

from typing import Final

from hub.catalogue.remedies.families import LOOK
from hub.catalogue.remedy import Reason


def _warn(sv: str, en: str, do_sv: str, do_en: str, code: str = "") -> Reason:
    return Reason((sv, en), LOOK.do(do_sv, do_en), code)


WARNING: Final[dict[str, Reason]] = {
    "stands": _warn(
        "Någon har skrivit fältet senare; varningen säger vilken version och vilket meddelande som står.",
        "Somebody has written the field later; the warning says which version and which message stands.",
        "Läs orden (GET /cases/{id}/plan/fields/{field}) och sänd ändringen på den version som står.",
        "Read the words (GET /cases/{id}/plan/fields/{field}) and send the change on the version that stands.",
        "stands:<element>/<field>:<version>:<sequence>",
    ),
    "written-meanwhile": _warn(
        "Fältet hade skrivits av någon annan sedan det lästes; det som sändes gäller nu.",
        "The field had been written by somebody else since it was read; what was sent holds now.",
        "Läs fältets tidigare värden, och skriv ihop dem om båda behövs.",
        "Read the field's earlier values, and write them together if both are needed.",
        "written-meanwhile:<field>",
    ),
    "skrivet-av": _warn(
        "En annan enhet har skrivit i det som tas bort.",
        "Another unit has written in what is removed.",
        "Stäm av med enheten, och sänd med confirmed true.",
        "Ask the unit, and send with confirmed true.",
        "skrivet-av:<unit>",
    ),
    "pagaende-insatser": _warn(
        "En annan enhet har pågående insatser under delmålet.",
        "Another unit has ongoing insatser under the sub-goal.",
        "Stäm av med enheten, och sänd med confirmed true.",
        "Ask the unit, and send with confirmed true.",
        "pagaende-insatser:<unit>",
    ),
    "ansvarig-lamnar": _warn(
        "Enheten som lämnar ansvarar för ett öppet mål eller en öppen aktivitet.",
        "The unit that leaves is responsible for an open goal or activity.",
        "Ge elementet en ny ansvarig, eller avsluta det.",
        "Give the element another who is responsible, or end it.",
        "ansvarig-lamnar:<element>",
    ),
    "inget-skrivet": _warn(
        "Enheten har inte skrivit något i planen som nu ska godkännas.",
        "The unit has written nothing in the plan that is put up for approval.",
        "Fråga enheten om något saknas.",
        "Ask the unit whether something is missing.",
        "inget-skrivet:<unit>",
    ),
    "delmal-utan-aktivitet": _warn(
        "Ett delmål har ingen aktivitet.",
        "A sub-goal has no activity.",
        "Lägg till en aktivitet, om det inte är menat.",
        "Add an activity, unless it is meant.",
        "delmal-utan-aktivitet:<element>",
    ),
    "avdelning-kvar": _warn(
        "Planen är aktiv, och en avdelning deltar fortfarande.",
        "The plan is active, and a ward still takes part.",
        "Ta bort avdelningen (deltagare, borttagen) när den inte behövs mer.",
        "Remove the ward (deltagare, borttagen) when it is needed no more.",
        "avdelning-kvar:<unit>",
    ),
    "ny-mottagare": _warn(
        "Enheten var inte med i ärendet och får nu läsa det.",
        "The unit was not in the case and may read it from now on.",
        "Kontrollera att det var rätt enhet.",
        "Check that it was the right unit.",
        "ny-mottagare:<unit>",
    ),
    "prints": _warn(
        "Dokumentet ska ges på papper, till personen eller till dem utanför hubben.",
        "The document is owed on paper, to the person or to those outside the hub.",
        "Skriv ut det (GET /cases/{id}/print/{document}) och lämna det.",
        "Print it (GET /cases/{id}/print/{document}) and hand it over.",
        "prints:<document>",
    ),
    "kva": _warn(
        "Enhetens region ber om en KVÅ-kod för mötet.",
        "The unit's region asks for a KVÅ code of the meeting.",
        "Registrera koden i journalsystemet.",
        "Register the code in the record system.",
        "kva:<code>",
    ),
    "lasning-loggas": _warn(
        "Åtkomsten är registrerad, och all läsning loggas.",
        "The access is registered, and all reading is logged.",
        "Inget; användaren ska känna till det.",
        "Nothing; the user should know of it.",
    ),
    "edited-by-operations": _warn(
        "Hubbens drift har rättat meddelandet medan det hölls kvar; det rättade gäller, och det som sändes är bevarat.",
        "The hub's operations has edited the message while it was held; what was edited holds, and what was sent is kept.",
        "Se i ärendet vad som gäller, och rätta i det egna systemet.",
        "See in the case what holds, and correct it in your own system.",
    ),
    "roll-borttagen": _warn(
        "En roll är borttagen ur ärendet hos enheten.",
        "A role is removed from the case at the unit.",
        "Lägg till den igen (roll) om det var ett misstag.",
        "Add it again (roll) if it was a mistake.",
    ),
    "lag-4-2": _warn(
        "En menprövning öppnade ärendet i stället för ett samtycke (lag 2017:612, 4 kap. 2 §).",
        "A menprovning opened the case in place of a consent (law 2017:612, 4:2).",
        "Registrera samtycke så snart personen kan svara.",
        "Register samtycke as soon as the person can answer.",
    ),
    "vardnadshavare": _warn(
        "Personen är minderårig, och det sägs inte vem som samtyckte.",
        "The person is a minor, and it is not said who consented.",
        "Registrera samtycket igen med given_by, vårdnadshavaren.",
        "Register the consent again with given_by, the guardian.",
    ),
    "barnets-rost": _warn(
        "Ett barns möte utan barnet eller någon som för dess talan.",
        "A child's meeting without the child or one who speaks for it.",
        "Kalla barnet, eller den som för barnets röst.",
        "Call the child, or the one who speaks for it.",
    ),
    "samtycke-uppdatera": _warn(
        "Nya parter har kommit in efter samtycket.",
        "New parties have come in after the consent.",
        "Gå igenom samtycket med personen, och registrera det på nytt.",
        "Go through the consent with the person, and register it anew.",
    ),
    "agenda-saknas": _warn(
        "Kallelsen har ingen dagordning.",
        "The call has no agenda.",
        "Lägg till agenda (sip.kallelse_andrad).",
        "Add agenda (sip.kallelse_andrad).",
    ),
    "lank-saknas": _warn(
        "Ett möte på distans utan länk eller telefon.",
        "A meeting at a distance without link or phone.",
        "Lägg till link eller phone (sip.kallelse_andrad).",
        "Add link or phone (sip.kallelse_andrad).",
    ),
    "oppenvard-saknas": _warn(
        "Kommunen är kallad men inte öppenvården.",
        "The municipality is called and outpatient care is not.",
        "Kalla vårdcentralen också, om den behövs.",
        "Call the health centre too, if it is needed.",
    ),
    "uppfoljning-inte-kallad": _warn(
        "Den nya versionen har börjat utan att någon är kallad till uppföljning.",
        "The new version has begun, and nobody is called to a follow-up.",
        "Kalla till uppföljning (sip.kallelse).",
        "Call to a follow-up (sip.kallelse).",
    ),
    "uppfoljningsdatum-saknas": _warn(
        "Planen har ett huvudmål men ingen dag för uppföljning.",
        "The plan has a main goal and no day of follow-up.",
        "Ange follow_up_date (sip.mote).",
        "Give follow_up_date (sip.mote).",
    ),
    "utvardering-saknas": _warn(
        "SIP:en avslutades på personens önskan utan låst utvärdering.",
        "The SIP ended at the person's wish without a locked evaluation.",
        "Inget, om det var menat.",
        "Nothing, if it was meant.",
    ),
    "godkannande-bortfaller": _warn(
        "Innehållet ändrades, så att personens godkännande inte gäller mer.",
        "The content changed, so that the person's approval holds no more.",
        "Låt personen godkänna igen (sip.godkannande).",
        "Let the person approve again (sip.godkannande).",
    ),
    "date-has-been": _warn(
        "Dagen som angavs har varit.",
        "The day given has been.",
        "Rätta dagen om den är fel.",
        "Correct the day if it is wrong.",
    ),
    "date-is-to-come": _warn(
        "Utskrivningens dag är i framtiden.",
        "The day of discharge is in the future.",
        "Rätta dagen om den är fel.",
        "Correct the day if it is wrong.",
    ),
    "estimated-discharge-before-admission": _warn(
        "Den beräknade utskrivningen är före inskrivningen.",
        "The estimated discharge is before the admission.",
        "Rätta datumen (svu.beraknad_utskrivning).",
        "Correct the dates (svu.beraknad_utskrivning).",
    ),
    "estimated-discharge-stays": _warn(
        "Den beräknade utskrivningen ändrades inte: den har flyttats senare, eller så är patienten utskrivningsklar.",
        "The estimated discharge was not changed: it has been moved since, or the patient is utskrivningsklar.",
        "Ska den flyttas: sänd svu.beraknad_utskrivning, eller svu.utskrivningsklar_avbruten.",
        "If it is to be moved: send svu.beraknad_utskrivning, or svu.utskrivningsklar_avbruten.",
    ),
    "other": Reason(
        ("En varning utan eget namn.", "A warning without a name of its own."),
        LOOK,
        "<warning>",
    ),
}
"""A warning → what it means and what is done."""
