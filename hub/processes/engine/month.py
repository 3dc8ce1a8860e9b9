"""What the cases of a month come to, for a process of which a region and its municipalities agree on an average. Pure; imports nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """A municipality's cases of a month, or all of them."""

    cases: int
    days: int
    """Days that count in them, by the agreement."""
    average: float
    """Days per case; 0 without cases."""
    exceeded: bool
    """Strictly above the agreed average."""
    owed: int | None
    """Whole kr for the days above the average; None when they are owed and the year's amount is not configured."""


@dataclass(frozen=True, slots=True)
class MonthlyAverage:
    """What a month's cases come to under an agreement."""

    all: Share
    """All cases together; owed is the sum of what the municipalities owe, each by its own average."""
    municipalities: dict[str | None, Share]
    """Kommunkod → its share; None for cases of which nobody has said whose they are."""
