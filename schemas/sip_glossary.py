"""The words of SIP's codes: states, steps, kinds and the lists of sip-messages.md §7, explained as in the glossary. Imports the
word only.

Keys are the codes as written on the wire (å, ä, ö folded to a, a, o); ``glossary`` and ``words`` take them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.word import Word

_STATES: Final = {
    "oppnad": Word("öppnad", "Ärendet finns; inget är kallat eller skrivet.", "opened"),
    "kallad": Word("kallad", "Kallelsen till möte är sänd.", "called"),
    "godkanns": Word("godkänns", "Planen är fryst och väntar på enheternas ja.", "being approved"),
    "aktiv": Word("aktiv", "Planen är godkänd av alla och gäller.", "active"),
    "uppdateras": Word("uppdateras", "En ny version av planen skrivs.", "being updated"),
    "utkast": Word("utkast", "Sparat men inte sänt; syns bara för den egna enheten.", "draft"),
    "initierad": Word("initierad", "Initiativet är sänt till mottagarna.", "initiated"),
    "planeras": Word("planeras", "Planen skrivs.", "being planned"),
    "planerad": Word("planerad", "Planen är låst och gäller.", "planned"),
    "foljs_upp": Word("följs upp", "Uppföljningen är aktiverad.", "being followed up"),
    "utvarderas": Word("utvärderas", "Utvärderingen är påbörjad.", "being evaluated"),
    "sparad": Word("sparad", "Sparat men inte sänt till övriga.", "saved"),
    "skickad": Word("skickad", "Planen är sänd till övriga.", "sent"),
    "sip_mote": Word("SIP-möte", "Ett möte om SIP är kallat.", "SIP meeting"),
    "underlag": Word("underlag", "Ärendet förbereds; ingen är kallad.", "preparation"),
    "mote_hallet": Word("möte hållet", "Mötet är hållet; planen kan dokumenteras.", "meeting held"),
    "pagaende": Word("pågående", "Planen har ett delmål och en utdelad insats.", "ongoing"),
    "dokumenteras": Word("dokumenteras", "Anteckningar skrivs i planen.", "being documented"),
    "godkand": Word("godkänd", "Versionen av planen är godkänd.", "approved"),
    "plan_avslutad": Word("plan avslutad", "Planen är avslutad, ärendet inte.", "plan ended"),
    "avslutad": Word("avslutad", "Går inte längre att skriva i.", "ended"),
    "forberedelse": Word("förberedelse", "Fasen före planeringen.", "preparation"),
    "genomforande": Word("genomförande", "Fasen då planen skrivs och följs upp.", "execution"),
    "avslut": Word("avslut", "Fasen då planen utvärderas och avslutas.", "end"),
}
"""The states and the phases of §5 and §10."""

_STEPS_AND_KINDS: Final = {
    "initiativ": Word("initiativ", "Steget då mottagarna svarar på initiativet till SIP.", "initiative"),
    "kallelse_utvardering": Word("kallelse utvärdering", "Kallelse till möte om utvärdering.", "call to evaluation"),
    "anteckning": Word("anteckning", "En signerad del av planen, skriven efter en mall.", "note"),
    "huvudmal": Word("huvudmål", "Det övergripande mål som planen ska leda till.", "main goal"),
    "initiativtagare": Word("initiativtagare", "Den som har tagit initiativ till SIP.", "initiator"),
    "omrade": Word("område", "Det livsområde som ett delmål gäller.", "area"),
    "maluppfyllelse": Word("måluppfyllelse", "I vilken grad ett mål är nått.", "goal attainment"),
    "lage": Word("läge", "Hur ärendet står för den som kommer in.", "the case as it stands"),
    "administrator": Word("administratör", "Den som får rätta felaktiga avslut.", "administrator"),
    "kallelse_aterkallad": Word("kallelse återkallad", "Mötet är inställt.", "call recalled"),
    "utskriven": Word("utskriven", "Personen har lämnat slutenvården.", "discharged"),
    "utskrivning_angrad": Word("utskrivning ångrad", "Utskrivningen är tagen tillbaka.", "discharge undone"),
}

_PEOPLE: Final = {
    "personen": Word("personen", "Den som planen gäller.", "the person"),
    "person": Word("person", "Den som planen gäller.", "person"),
    "annan": Word("annan", "Någon annan än de uppräknade.", "another"),
    "foretradare": Word("företrädare", "Den som talar för personen.", "representative"),
    "motesledare": Word("mötesledare", "Den som leder mötet.", "leader of the meeting"),
    "tolk": Word("tolk", "Den som tolkar vid mötet.", "interpreter"),
    "teknik": Word("teknik", "Den som sköter tekniken vid mötet.", "technician"),
    "stodperson": Word("stödperson", "Den som personen vill ha med sig.", "supporter"),
    "barnets_rost": Word("barnets röst", "Den som för ett frånvarande barns talan.", "the child's voice"),
}
"""Who takes the initiative, describes the situation, or has a role at a meeting."""

_OUTCOMES: Final = {
    "ej_paborjad": Word("ej påbörjad", "Aktiviteten har inte börjat.", "not begun"),
    "pagar": Word("pågår", "Aktiviteten utförs.", "in progress"),
    "klar": Word("klar", "Aktiviteten är utförd.", "done"),
    "avbruten": Word("avbruten", "Har slutat i förtid.", "interrupted"),
    "fortsatter": Word("fortsätter", "Insatsen går vidare.", "goes on"),
    "genomford": Word("genomförd", "Insatsen avslutas; den är utförd.", "carried out"),
    "inte_langre_aktuell": Word("inte längre aktuell", "Insatsen avslutas; behovet finns inte.", "no longer relevant"),
    "motte_inte_behovet": Word("mötte inte behovet", "Insatsen avslutas; behovet kvarstår.", "did not meet the need"),
    "helt": Word("helt", "Målet är nått.", "wholly"),
    "delvis": Word("delvis", "En del av målet är nådd.", "partly"),
    "inte": Word("inte", "Målet är inte nått.", "not"),
    "gar_inte_att_bedoma": Word("går inte att bedöma", "Ingen kan säga om målet är nått.", "cannot be assessed"),
    "muntligt": Word("muntligt", "Sagt, inte skrivet.", "orally"),
    "skriftligt": Word("skriftligt", "Underskrivet.", "in writing"),
    "bada": Word("båda", "På papper och på 1177.", "both"),
    "hela": Word("hela", "Kommer till hela mötet.", "the whole"),
    "del": Word("del", "Kommer till en del av mötet.", "part"),
}
"""Statuses of activities, outcomes of efforts, goal attainment, how a plan is approved and handed over, how much of a meeting."""

_AREAS: Final = {
    "boende": Word("boende", "Hur och var personen bor.", "housing"),
    "ekonomi": Word("ekonomi", "Personens pengar.", "economy"),
    "fysisk_halsa": Word("fysisk hälsa", "Kroppens hälsa.", "physical health"),
    "psykisk_halsa": Word("psykisk hälsa", "Själens hälsa.", "mental health"),
    "lakemedel": Word("läkemedel", "Mediciner och hjälp med dem.", "medicines"),
    "personlig_vard": Word("personlig vård", "Hygien och påklädning.", "personal care"),
    "mat_och_dryck": Word("mat och dryck", "Att äta och dricka.", "food and drink"),
    "forflyttning": Word("förflyttning", "Att gå och ta sig fram.", "mobility"),
    "hjalpmedel": Word("hjälpmedel", "Saker som underlättar vardagen.", "aids"),
    "kommunikation": Word("kommunikation", "Att förstå och göra sig förstådd.", "communication"),
    "relationer": Word("relationer", "Familj, vänner och andra.", "relations"),
    "skola_och_arbete": Word("skola och arbete", "Studier och arbete.", "school and work"),
    "fritid": Word("fritid", "Det personen gör på ledig tid.", "leisure"),
    "missbruk": Word("missbruk", "Bruk av alkohol, narkotika eller spel.", "substance abuse"),
    "behov": Word("behov", "Behov och hinder inom ett område.", "needs"),
    "resurser": Word("resurser", "Resurser och förmågor inom ett område.", "resources"),
    "form": Word("form", "Vilket slag av boende.", "form"),
    "halsa": Word("hälsa", "Kroppens och själens hälsa.", "health"),
    "fysisk": Word("fysisk", "Som gäller kroppen.", "physical"),
    "psykisk": Word("psykisk", "Som gäller själen.", "mental"),
    "vardag": Word("vardag", "Det som görs varje dag.", "daily life"),
    "mat": Word("mat", "Att äta och dricka.", "food"),
    "natverk": Word("nätverk", "Människor kring personen.", "network"),
    "kontakter": Word("kontakter", "De som personen har kontakt med.", "contacts"),
    "sysselsattning": Word("sysselsättning", "Det personen ägnar dagarna åt.", "occupation"),
    "arbete_skola": Word("arbete skola", "Arbete och studier.", "work and school"),
    "forsorjning": Word("försörjning", "Vad personen lever på.", "livelihood"),
    "rekommendation": Word("rekommendation", "Vad den som skriver föreslår (SBAR).", "recommendation"),
    "situation": Word("situation", "Varför ärendet tas upp nu (SBAR).", "situation"),
    "bakgrund": Word("bakgrund", "Det som har hänt tidigare (SBAR).", "background"),
    "aktuellt_tillstand": Word("aktuellt tillstånd", "Hur personen mår nu (SBAR).", "present condition"),
}
"""The areas and the parts of the assessments."""

_NOTES: Final = {
    "sip_vuxen": Word("SIP vuxen", "Mall för anteckning om en vuxen.", "SIP of an adult"),
    "sip_barn_unga": Word("SIP barn unga", "Mall för anteckning om ett barn eller en ung.", "SIP of a child"),
    "vad_vill_jag_ha_hjalp_med": Word("vad vill jag ha hjälp med", "Sökord i en anteckning.", "what I want help with"),
    "vart_vill_jag_na": Word("vart vill jag nå", "Sökord i en anteckning.", "where I want to get"),
    "hur_ska_vi_na_dit": Word("hur ska vi nå dit", "Sökord i en anteckning.", "how we shall get there"),
    "mal_langsiktigt": Word("mål långsiktigt", "Sökord i en anteckning.", "long-term goal"),
    "mal_kortsiktigt": Word("mål kortsiktigt", "Sökord i en anteckning.", "short-term goal"),
    "insatser_och_ansvar": Word("insatser och ansvar", "Sökord i en anteckning.", "efforts and responsibility"),
    "barnets_asikt": Word("barnets åsikt", "Sökord i en anteckning om ett barn.", "the child's opinion"),
}
"""Templates of notes and their keywords (CL)."""

SIP_WORDS: Final[Mapping[str, Word]] = MappingProxyType(
    _STATES | _STEPS_AND_KINDS | _PEOPLE | _OUTCOMES | _AREAS | _NOTES
)
"""Code → its word."""
