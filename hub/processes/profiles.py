"""Where the regions differ (processes.md §4): one frozen row of answers per profile. Imports nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """A region's answers; a field is named after its question and says its P-id."""

    name: str
    information_before_consent: bool
    """P-22."""
    refused_consent_allows: frozenset[str] = frozenset()
    """V-3†: what a profile accepts besides when consent is refused, by message name."""


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("mina_planer", information_before_consent=True),
        Profile("prator", information_before_consent=False),
        Profile("samsa", information_before_consent=False),
        Profile("lifecare", information_before_consent=False),
        Profile("cosmic_link", information_before_consent=False),
    )
}
