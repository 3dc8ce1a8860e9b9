"""What is done about the rules of coordination of discharge (V-). Imports the families only."""

from __future__ import annotations

from typing import Final

from hub.catalogue.remedies.families import CONSENT, CONTENT, STATE, WHO
from hub.catalogue.remedy import Remedy

DISCHARGE: Final[dict[str, Remedy]] = {
    "V-1": WHO.since(
        "En enhet utanför slutenvården försöker öppna en SVU, eller så saknas information och samtycke i den första inskrivningen.",
        "A unit outside inpatient care tries to open an SVU, or information and consent are missing in the first inskrivning.",
    ).do(
        "Låt avdelningen där patienten är inskriven öppna ärendet, med svu.inskrivning eller information.",
        "Let the ward where the patient is admitted open the case, by svu.inskrivning or information.",
    ),
    "V-2": STATE.since(
        "Ärendet har ingen publicerad inskrivning: före den får de andra parterna inte veta något.",
        "The case has no published inskrivning: before it the other parties may be told nothing.",
    ).do("Publicera svu.inskrivning (draft false) först.", "Publish svu.inskrivning (draft false) first."),
    "V-3": CONSENT.since(
        "Patienten har nekat samtycke; då delas bara inskrivning utan orsak, information och en avslutande utskrivning.",
        "The patient has refused consent; then only an inskrivning without its reason, information and a closing utskrivning are shared.",
    ).do(
        "Utelämna det som meningen nämner. Ändrar sig patienten: registrera ett nytt samtycke först.",
        "Leave out what the sentence names. If the patient changes their mind: register a new samtycke first.",
    ),
    "V-4": CONTENT.since(
        "Inskrivningen saknar tid, beräknad utskrivning eller orsak, kommer före information och samtycke, eller görs till utkast igen.",
        "The inskrivning lacks its time, estimated discharge or reason, comes before information and consent, or becomes a draft again.",
    ),
    "V-5": STATE.since(
        "Ärendet kan inte makuleras: kartläggningen har börjat, ärendet är redan makulerat, eller enheten är inte slutenvård.",
        "The case cannot be revoked: the kartlaggning has begun, it is revoked already, or the unit is not inpatient care.",
    ).do("Avsluta med svu.utskrivning i stället.", "End it by svu.utskrivning instead."),
    "V-7": CONTENT.since(
        "Den fasta vårdkontakten är inte entydig: enheten är inte öppenvård, personen finns redan eller inte alls, eller två är kallelseansvariga.",
        "The fast vårdkontakt is not clear: the unit is not outpatient care, the person is there already or not at all, or two are kallelseansvariga.",
    ),
    "V-8": CONTENT.since(
        "En ändrad beräknad utskrivning utan orsak, eller med en dag som inte går.",
        "A changed estimated discharge without a reason, or with a day that cannot be.",
    ),
    "V-9": CONTENT.since(
        "Utskrivningsklar saknar dag eller behandlande läkare, eller sänds av fel part.",
        "Utskrivningsklar lacks its day or the responsible physician, or is sent by the wrong party.",
    ),
    "V-10": STATE.since(
        "Patienten är redan utskrivningsklar, eller är det inte, eller så anges ny dag utan läkare.",
        "The patient is utskrivningsklar already, or is not, or a new day is given without a physician.",
    ).do(
        "Flytta eller avbryt med svu.utskrivningsklar_avbruten; en ny dag kräver date och responsible_physician tillsammans.",
        "Move or interrupt it by svu.utskrivningsklar_avbruten; a new day needs date and responsible_physician together.",
    ),
    "V-11": CONTENT.since(
        "Kartläggningen skrivs i ett fält som inte finns, eller som den andra sidan skriver, eller säger inget.",
        "The kartlaggning writes a field that does not exist, or that the other side writes, or says nothing.",
    ),
    "V-12": STATE.since(
        "Slutenvårdens del är inte klarmarkerad (eller redan), eller inte fylld i, eller så skrivs en annan parts del.",
        "Inpatient care's part is not marked ready (or is already), or not filled in, or another party's part is written.",
    ),
    "V-13": STATE.since(
        "Öppenvårdens del är inte ifylld, eller ställningen om SIP är nej eller inte besvarad.",
        "Outpatient care's part is not filled in, or the position on SIP is a no or not answered.",
    ),
    "V-14": CONTENT.since("Kommunens planerade insatser saknas.", "The municipality's planned efforts are missing.").do(
        "Fyll i planned_efforts (svu.stallningstagande) och justera sedan.",
        "Fill in planned_efforts (svu.stallningstagande), then adjust.",
    ),
    "V-15": STATE.since(
        "Enheten har redan justerat, har ingen roll som ansvarar för det, eller så är allt justerat.",
        "The unit has adjusted already, has no role with the duty, or all is adjusted.",
    ),
    "V-16": STATE.since(
        "Utskrivningen saknar vart eller hur, har en dag före inskrivningen eller ingen kallelseansvarig, eller så är ärendet redan utskrivet.",
        "The utskrivning lacks where to or how, has a day before the admission or nobody kallelseansvarig, or the case is discharged already.",
    ),
    "V-17": STATE.since(
        "Det finns ingen utskrivning att ångra, eller så har ärendet lämnat startlistan.",
        "There is no discharge to undo, or the case has left the start list.",
    ).do("Öppna ett nytt ärende för en ny vårdtid.", "Open a new case for a new stay."),
}
"""Rule id → what is done about it."""
