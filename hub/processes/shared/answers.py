"""What the shared rules ask of a region, whichever the process: every process's row of answers has these. Imports nothing of the
hub.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedAnswers:
    """A region's answers to the shared rules; a process's own row extends it."""

    information_before_consent: bool = False
    """P-22."""
    messages_reach_new_units: bool = False
    """C-43 (Prator): a free message may go to a unit that was not in the case, which then reads it."""
    printing_has_a_reason: bool = False
    """C-55 (SAMSA): for whom and why are required of a printing."""
