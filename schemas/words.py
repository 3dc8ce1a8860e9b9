"""The Swedish word of every code that people read in lists and on paper (C-55). Imports the glossary only.

Codes are grouped as in the Literal types of the language and in the profiles (V-11, V-12, V-16). A region's own code is shown as
written, with blanks for its signs.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.glossary import WORDS

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
_DUTIES = {"kvittera": "kvittera", "justera": "justera", "godkanna": "godkänna"}
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
}
_NEWS = {"moved": "flyttad", "new_number": "nytt personnummer"}
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
}
_DEADLINES = {
    "inskrivning_sen": "inskrivningsmeddelandet är sent",
    "kvittens_forsenad": "kvittens är försenad",
    "kallelse_sip": "kallelse till SIP ska sändas",
    "utan_fast_vardkontakt": "fast vårdkontakt är inte utsedd",
    "utskriven_utan_fast_vardkontakt": "utskriven utan fast vårdkontakt",
    "samtycke_upphor": "samtycket upphör",
}
_SERVED = {"print": "på papper", "1177": "på 1177"}
_STATUS = {"open": "pågående", "discharged": "utskriven", "revoked": "makulerat"}

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        code: word
        for codes in (
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
