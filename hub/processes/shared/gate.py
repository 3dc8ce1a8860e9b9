"""What a process lets through, which the shared rules take as it is, and the guards that every process has. Imports the engine
only.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.processes.engine.process import sharing_consent
from hub.processes.engine.rule import Context, Guard, guard


@dataclass(frozen=True, slots=True)
class Gate:
    """A process's own conditions for the messages that all processes have."""

    sharing: tuple[Guard, ...]
    """What must hold before anything of the person is shared."""
    consent_allows: Guard
    """What a refused consent still allows."""
    still_listed: Guard
    """Whether the case is still on the start list (C-54)."""
    to_the_end: frozenset[str]
    """The statuses in which it may still be said what an ended case allows."""


@guard(
    "C-62",
    sv="Personen har skyddade personuppgifter: bara kvittens, borttagning av enhet och att ärendet avslutas tas emot.",
    en="The person has protected identity: only kvittens, removal of a unit and the end of the case are accepted.",
    element="/type",
)
def the_person_is_not_protected(s: Context) -> bool:
    return not s.case.blocked


@guard(
    "C-24",
    sv="Samtycket är återkallat eller har upphört: registrera ett nytt samtycke först.",
    en="The consent is withdrawn or has expired: register a new samtycke first.",
    element="/type",
)
def consent_is_registered(s: Context) -> bool:
    # A message that brings a new samtycke may carry information before it.
    brings_one = getattr(s.message.data, "samtycke", None) is not None
    return sharing_consent(s.case).outcome is not None or not s.case.published or brings_one
