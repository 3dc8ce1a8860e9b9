"""The default code lists of SIP (sip-messages.md §7). The lists of the manuals' screens are lost: these are ours, and a region may
have its own. Imports nothing of the hub.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

INITIATORS = frozenset({"personen", "narstaende", "stallforetradare", "slutenvard", "oppenvard", "kommun", "annan"})
FORMS = frozenset({"fysiskt", "distans", "telefon", "annat"})
ACTIVITY_STATUS = frozenset({"ej_paborjad", "pagar", "klar", "avbruten"})
CLOSED_STATUS = frozenset({"klar", "avbruten"})
"""The status of an activity that nobody works on any more (PR-4)."""
OUTCOMES = frozenset({"fortsatter", "genomford", "inte_langre_aktuell", "motte_inte_behovet"})
CONTINUES = "fortsatter"
"""The outcome of an insats that goes on; any other ends it (P-12)."""
ATTAINMENT = frozenset({"helt", "delvis", "inte", "gar_inte_att_bedoma"})
AREAS = frozenset(
    {
        "boende",
        "ekonomi",
        "fysisk_halsa",
        "psykisk_halsa",
        "lakemedel",
        "personlig_vard",
        "mat_och_dryck",
        "forflyttning",
    }
    | {"hjalpmedel", "kommunikation", "relationer", "skola_och_arbete", "fritid", "missbruk", "annat"}
)
ASSESSMENT = frozenset(
    {"boende.form", "boende.hjalpmedel", "halsa.fysisk", "halsa.psykisk", "halsa.lakemedel", "vardag.personlig_vard"}
    | {"vardag.mat", "vardag.forflyttning", "natverk.narstaende", "natverk.kontakter", "sysselsattning.arbete_skola"}
    | {"ekonomi.forsorjning"}
)
"""The fields of Mina planer's kartlaggning (S-7)."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be ticked in a field of the assessment."""

    codes: frozenset[str]
    several: bool = True


_ABILITY = Choices(frozenset({"sjalvstandig", "viss_hjalp", "stor_hjalp", "hjalpmedel", "ej_bedomt"}))
_HOUSING = Choices(frozenset({"ordinart", "sarskilt", "korttid", "annat"}), several=False)
ASSESSMENT_CHOICES: Mapping[str, Choices] = MappingProxyType(
    {name: _HOUSING if name == "boende.form" else _ABILITY for name in sorted(ASSESSMENT)}
)
"""Field of Mina planer's kartlaggning → what may be ticked in it."""
SBAR = frozenset({"situation", "bakgrund", "aktuellt_tillstand", "rekommendation"})
AREA_FIELDS = frozenset(f"{area}.{part}" for area in AREAS for part in ("behov", "resurser"))
_ADULT = (
    "vad_vill_jag_ha_hjalp_med",
    "vart_vill_jag_na",
    "hur_ska_vi_na_dit",
    "mal_langsiktigt",
    "mal_kortsiktigt",
    "insatser_och_ansvar",
    "uppfoljning",
)
TEMPLATES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"sip_vuxen": _ADULT, "sip_barn_unga": (*_ADULT, "barnets_asikt")}
)
"""Template of a note (CL) → its keywords in the order shown."""
PROFESSIONS = frozenset(
    {"lakare", "sjukskoterska", "fysioterapeut", "arbetsterapeut", "kurator", "psykolog", "bistandshandlaggare"}
    | {"socialsekreterare", "enhetschef", "annan"}
)
MEETING_ROLES = frozenset({"motesledare", "tolk", "teknik", "stodperson", "barnets_rost"})
SITUATION_BY = frozenset({"personen", "foretradare"})
DELIVERY = frozenset({"utskrift", "1177", "bada"})
HOW_APPROVED = frozenset({"muntligt", "skriftligt"})
