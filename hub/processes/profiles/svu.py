"""SVU's answers per region: one frozen row each. Imports what the shared rules ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hub.processes.shared.answers import SharedAnswers

_BACKGROUND = frozenset({"tidigare_vardrelationer", "bakgrund"})
KARTLAGGNING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "slutenvard": frozenset({"patientens_onskemal", "narstaendes_onskemal", "aktuellt_tillstand"}),
        "oppenvard": _BACKGROUND,
        "kommun": _BACKGROUND,
    }
)
SIP_POSITIONS = frozenset({"sip_behovs", "sip_behovs_inte", "sip_finns", "patienten_vill_inte"})
DISCHARGED_TO = frozenset(
    {"ordinart_boende", "sarskilt_boende", "korttidsboende", "annan_vardinrattning", "hospice", "annat"}
)
ENDED_WITH = frozenset({"avliden", "annan_slutenvard", "avviken", "inget_behov", "annat"})
# The lists of the manuals' screens are lost (processes.md, words): these are ours, and a region may have its own.


@dataclass(frozen=True, slots=True)
class SvuProfile(SharedAnswers):
    """A region's answers in SVU; a field is named after its question and says its P-id."""

    name: str
    kartlaggning: Mapping[str, frozenset[str]] = field(default_factory=lambda: KARTLAGGNING)
    """V-11: party → the fields that it writes."""
    sip_positions: frozenset[str] = SIP_POSITIONS
    """V-12: codes of the ward's position on SIP."""
    discharged_to: frozenset[str] = DISCHARGED_TO
    """V-16."""
    ended_with: frozenset[str] = ENDED_WITH
    """V-16."""
    refused_consent_allows: frozenset[str] = frozenset()
    """V-3†: what a profile accepts besides when consent is refused, by message name."""


SVU_PROFILES: Mapping[str, SvuProfile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            SvuProfile("mina_planer", information_before_consent=True),
            SvuProfile("prator", messages_reach_new_units=True),
            SvuProfile("samsa", printing_has_a_reason=True),
            SvuProfile("lifecare"),
            SvuProfile("cosmic_link"),
        )
    }
)
