"""The rules of SVU, coordination of discharge (V-). Imports the text's form only."""

from __future__ import annotations

from typing import Final

from schemas.rules.rule_text import RuleText as Rule

SVU: Final[dict[str, Rule]] = {
    "V-1": Rule(
        "Bara slutenvården öppnar en SVU: med information om patienten, eller med en inskrivning som också bär "
        "information och samtycke.",
        "Only inpatient care opens an SVU: by information that names the patient, or by an inskrivning that "
        "carries information and consent too.",
    ),
    "V-2": Rule(
        "När en SVU öppnas blir vårdcentralen där personen är listad och folkbokföringskommunen deltagare. De får "
        "veta något först när en inskrivning är publicerad.",
        "When an SVU is opened the health centre where the person is listed and the municipality of registration "
        "become participants. They are told nothing before an inskrivning is published.",
    ),
    "V-3": Rule(
        "Nekas samtycke delas bara inskrivning utan orsak, information och en avslutande utskrivning; det mesta "
        "annat nekas.",
        "Where consent is refused, only an inskrivning without its reason, the information and a closing "
        "utskrivning are shared; most else is refused.",
    ),
    "V-4": Rule(
        "En inskrivning har inskrivningstid, beräknad utskrivning och orsak, och publiceras efter information och "
        "samtycke.",
        "An inskrivning has the time of admission, the estimated discharge and the reason, and is published after "
        "information and consent.",
    ),
    "V-5": Rule(
        "Ärendet kan makuleras av en deltagande slutenvårdsenhet tills kartläggningen har börjat; därefter "
        "avslutas det med utskrivning.",
        "The case can be revoked by a participating inpatient unit until the kartläggning has begun; after that "
        "it ends by utskrivning.",
    ),
    "V-6": Rule(
        "En publicerad inskrivning kvitteras av varje mottagande enhet.",
        "A published inskrivning is acknowledged by every receiving unit.",
    ),
    "V-7": Rule(
        "Öppenvården utser fast vårdkontakt, person och enhet, senast före utskrivningen; högst en är "
        "kallelseansvarig, och den som inte är det har ett angivet ansvar.",
        "Outpatient care names the fast vårdkontakt, person and unit, at the latest before discharge; at most one "
        "is kallelseansvarig, and one who is not has a stated responsibility.",
    ),
    "V-8": Rule(
        "En ändrad beräknad utskrivning har en orsak och kvitteras av öppenvård och kommun.",
        "A changed estimated discharge has a reason and is acknowledged by outpatient care and municipality.",
    ),
    "V-9": Rule(
        "Utskrivningsklar anger dag och behandlande läkare, och kvitteras av öppenvård och kommun.",
        "Utskrivningsklar names the day and the responsible physician, and is acknowledged by outpatient care and "
        "municipality.",
    ),
    "V-10": Rule(
        "Utskrivningsklar kan avbrytas eller flyttas, med en orsak; med en ny dag krävs behandlande läkare på nytt.",
        "Utskrivningsklar can be interrupted or moved, with a reason; with a new day the responsible physician is "
        "needed again.",
    ),
    "V-11": Rule(
        "Kartläggningen börjar efter samtycke och publicerad inskrivning; slutenvården skriver sin del, öppenvård "
        "och kommun sin.",
        "The kartläggning begins after consent and a published inskrivning; inpatient care writes its part, "
        "outpatient care and municipality theirs.",
    ),
    "V-12": Rule(
        "Slutenvårdens del av ställningstagandet fylls i och klarmarkeras innan någon kan justera.",
        "Inpatient care's part of the ställningstagande is filled in and marked ready before anybody can adjust.",
    ),
    "V-13": Rule(
        "Öppenvårdens del anger ansvarig läkare, fördelning av det medicinska ansvaret och ja till ställningen om "
        "SIP; ett nej tar bort alla justeringar.",
        "Outpatient care's part names the responsible physician, the division of medical responsibility and a yes "
        "to the position on SIP; a no removes every justering.",
    ),
    "V-14": Rule(
        "Kommunens del anger de planerade insatserna efter utskrivningen.",
        "The municipality's part names its planned efforts after discharge.",
    ),
    "V-15": Rule(
        "Varje deltagande enhet justerar för sin part; en ändring av en part som har justerat bryter allas justering.",
        "Every participating unit adjusts for its party; a change by a party that has adjusted removes "
        "everybody's justering.",
    ),
    "V-16": Rule(
        "Utskrivningen sänds den dag patienten lämnar, med slag och, vid utskrivning, vart patienten skrivs ut; "
        "saknas kallelseansvarig fast vårdkontakt ska det bekräftas.",
        "The utskrivning is sent on the day the patient leaves, with its kind and, for a discharge, where to; "
        "without a kallelseansvarig fast vårdkontakt it is to be confirmed.",
    ),
    "V-17": Rule(
        "En utskrivning kan ångras så länge ärendet står på startlistan; stegen är då som de var.",
        "A discharge can be undone while the case is on the start list; the steps are then as they were.",
    ),
    "V-18": Rule(
        "Betalningsansvaret räknas enligt lag (2017:612) från utskrivningsklar, när villkoren i lagen är uppfyllda.",
        "The liability to pay is counted by law (2017:612) from utskrivningsklar, once the conditions of the law "
        "are met.",
    ),
}
"""Rule id → what it says."""
