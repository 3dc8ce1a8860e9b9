"""The Swedish word of every code that people read in lists and on paper (C-55). Imports the glossaries only.

Codes are grouped as in the Literal types of the language and in the profiles (V-11, V-12, V-16); those of SIP stand in its
glossary. A region's own code is shown as written, with blanks for its signs.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.glossary import WORDS
from schemas.sip_glossary import SIP_WORDS

_PARTIES = {"slutenvard": "slutenvård", "oppenvard": "öppenvård", "kommun": "kommun"}
_SIP_POSITIONS = {
    "sip_behovs": "SIP behövs",
    "sip_behovs_inte": "SIP behövs inte",
    "sip_finns": "SIP finns",
    "patienten_vill_inte": "patienten vill inte ha SIP",
}
_DISCHARGED_TO = {
    "ordinart_boende": "ordinärt boende",
    "sarskilt_boende": "särskilt boende",
    "korttidsboende": "korttidsboende",
    "annan_vardinrattning": "annan vårdinrättning",
    "hospice": "hospice",
    "annat": "annat",
}
_ENDED_WITH = {
    "avliden": "avliden",
    "annan_slutenvard": "annan slutenvård",
    "avviken": "avviken",
    "inget_behov": "inget behov",
}
_DISCHARGES = {"utskrivning": "utskrivning", "avslut_i_fortid": "avslut i förtid"}
_CONSENT = {"given": "givet", "refused": "nekat", "menprovning": "menprövning"}
_GROUNDS = {"samtycke": "samtycke", "aktivt_val": "aktivt val"}
_CHANGES = {
    "tillagd": "tillagd", "borttagen": "borttagen", "uttrade": "utträde", "utsedd": "utsedd", "andrad": "ändrad",
    "bytt": "bytt", "last": "låst", "signerad": "signerad", "upplast": "upplåst",
}  # fmt: skip
_PROFESSIONS = {
    "lakare": "läkare",
    "sjukskoterska": "sjuksköterska",
    "distriktsskoterska": "distriktssköterska",
    "underskoterska": "undersköterska",
    "fysioterapeut": "fysioterapeut",
    "arbetsterapeut": "arbetsterapeut",
    "logoped": "logoped",
    "dietist": "dietist",
    "kurator": "kurator",
    "psykolog": "psykolog",
    "rehabkoordinator": "rehabkoordinator",
    "bistandshandlaggare": "biståndshandläggare",
    "handlaggare": "handläggare",
    "socialsekreterare": "socialsekreterare",
    "enhetschef": "enhetschef",
    "sekreterare": "sekreterare",
    "samordnare": "samordnare",
    "legitimerad": "legitimerad",
    "annan": "annan",
}
_FIELDS = {
    "patientens_onskemal": "patientens önskemål",
    "narstaendes_onskemal": "närståendes önskemål",
    "aktuellt_tillstand": "aktuellt tillstånd",
    "tidigare_vardrelationer": "tidigare vårdrelationer",
    "bakgrund": "bakgrund",
}
_STEPS = {
    "inskrivning": "inskrivning",
    "tid": "tid för utskrivning",
    "kartlaggning": "kartläggning",
    "stallningstagande": "ställningstagande",
    "kallelse": "kallelse",
    "plan": "plan",
    "meddelande": "meddelande",
}
_DUTIES = {"kvittera": "kvittera", "justera": "justera", "godkanna": "godkänna", "svara": "svara"}
_AWAITED = {"kvittens": "kvittens", "svar": "svar", "justering": "justering", "godkannande": "godkännande"}
_ADDRESSING = {
    "listed": "listad",
    "listed_in_another_region": "listad i en annan region",
    "only_in_queue": "står bara i kö",
    "unlisted": "inte listad",
    "region_unknown": "regionen är inte känd",
    "protected": "skyddade personuppgifter",
    "not_found": "finns inte i folkbokföringen",
    "deceased": "avliden",
    "reserve_number": "reservnummer",
    "lookup_unavailable": "registret svarar inte",
    "receiver_not_connected": "mottagaren är inte ansluten",
    "by_hand": "mottagarna är valda för hand",
}
_NEWS = {"moved": "flyttad", "new_number": "nytt personnummer", "dubbelt_arende": "dubbelt ärende"}
_VERIFICATION = {
    "verified": "bekräftad",
    "unknown": "okänd i HSA",
    "no_befattning": "utan befattning",
    "role_not_given": "har inte rollen",
    "not_licensed": "utan legitimation",
}
_CONCERNS = {
    "actor": "den som handlade",
    "responsible_physician": "ansvarig läkare",
    "decided_by": "den som beslutade",
    "fast_vardkontakt": "fast vårdkontakt",
    "samordningsansvarig": "samordningsansvarig",
}
_DEADLINES = {
    "inskrivning_sen": "inskrivningsmeddelandet är sent",
    "kvittens_forsenad": "kvittens är försenad",
    "kallelse_sip": "kallelse till SIP ska sändas",
    "utan_fast_vardkontakt": "fast vårdkontakt är inte utsedd",
    "utskriven_utan_fast_vardkontakt": "utskriven utan fast vårdkontakt",
    "samtycke_upphor": "samtycket upphör",
    "svar_forsenat": "svar på kallelsen är försenat",
    "svara_senast": "sista dagen att svara på kallelsen har gått",
    "initiativ_obesvarat": "initiativet är inte besvarat",
    "plan_forsenad": "planen är försenad",
    "delmal_saknas": "delmål saknas",
    "kalla_uppfoljning": "kallelse till uppföljning ska sändas",
    "uppfoljning_dags": "det är dags för uppföljning",
    "uppfoljning_arlig": "det är dags för årlig uppföljning",
    "utvardering_dags": "det är dags för utvärdering",
}
_SIP_KINDS = {
    code: WORDS[code].swedish
    for code in (
        "ny", "ny_efter_utskrivning", "uppfoljning", "utvardering", "aktorsmote", "fysiskt", "distans", "telefon",
        "narstaende", "stallforetradare", "enhet", "sip", "informationsoverforing", "upprattad", "uppfoljd", "mote",
        "mal", "delmal", "aktivitet", "insats", "deltagare", "arende", "utskrift", "utskrivningsklar", "svu",
    )
}  # fmt: skip
"""Codes of SIP whose words the glossary had for their own sake."""
_SIP_CODES = {code: word.swedish for code, word in SIP_WORDS.items()} | {
    "arbete_skola": "arbete och skola",
    "mal_langsiktigt": "mål på lång sikt",
    "mal_kortsiktigt": "mål på kort sikt",
    "sip_barn_unga": "SIP barn och unga",
    "kallelse_utvardering": "kallelse till utvärdering",
    "hela": "hela mötet",
    "del": "del av mötet",
}
_ASSESSED = (
    "boende.form", "boende.hjalpmedel", "halsa.fysisk", "halsa.psykisk", "halsa.lakemedel", "vardag.personlig_vard",
    "vardag.mat", "vardag.forflyttning", "natverk.narstaende", "natverk.kontakter", "sysselsattning.arbete_skola",
    "ekonomi.forsorjning",
)  # fmt: skip
"""The fields of Mina planer's assessment."""
_AREAS = (
    "boende", "ekonomi", "fysisk_halsa", "psykisk_halsa", "lakemedel", "personlig_vard", "mat_och_dryck",
    "forflyttning", "hjalpmedel", "kommunikation", "relationer", "skola_och_arbete", "fritid", "missbruk", "annat",
)  # fmt: skip
"""The areas of Lifecare SP's assessment."""
_PARTS = {**_SIP_CODES, **_SIP_KINDS, **_DISCHARGED_TO}
_FIELDS_OF_SIP = {
    code: f"{_PARTS[heading]}: {_PARTS[part]}"
    for code in (*_ASSESSED, *(f"{area}.{part}" for area in _AREAS for part in ("behov", "resurser")))
    for heading, _, part in [code.partition(".")]
}
"""Field of an assessment → its heading and its part."""
_SERVED = {"print": "på papper", "1177": "på 1177"}
_STATUS = {"open": "pågående", "discharged": "utskriven", "ended": "avslutat", "revoked": "makulerat"}

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        code: word
        for codes in (
            _SIP_KINDS, _SIP_CODES, _FIELDS_OF_SIP, _AWAITED,
            _PARTIES, _SIP_POSITIONS, _DISCHARGED_TO, _ENDED_WITH, _DISCHARGES, _CONSENT, _GROUNDS, _CHANGES,
            _PROFESSIONS, _FIELDS, _STEPS, _DUTIES, _ADDRESSING, _NEWS, _VERIFICATION, _CONCERNS, _DEADLINES, _SERVED,
            _STATUS,
        )
        for code, word in codes.items()
    }
)  # fmt: skip
"""Code → its word; the same word in every list that has the code."""


def word(code: str) -> str:
    """The Swedish word of a code; of an unknown code, the code with blanks for its signs."""
    if code in CODES:
        return CODES[code]
    return WORDS[code].swedish if code in WORDS else code.replace("_", " ").replace(".", " ")
