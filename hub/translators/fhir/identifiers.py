"""Which of several identifiers is meant: those that have ended are passed over, the official one goes first. Imports the
shapes only.
"""

from __future__ import annotations

from typing import Final

from hub.translators.fhir.shapes import Identifier

_ORDER: Final = ("official", "usual", None, "temp", "secondary")


def best(found: list[Identifier], day: str) -> list[Identifier]:
    """Those in force on that day (``2026-03-09``) of the best use there is; several where none goes before the others."""
    current = [one for one in found if is_in_force(one, day)]
    for use in _ORDER:
        of_it = [one for one in current if one.use == use]
        if of_it:
            return of_it
    return []


def is_in_force(identifier: Identifier, day: str) -> bool:
    """Not old, and not ended before that day; an end may be a year or a month alone."""
    if identifier.use == "old":
        return False
    end = None if identifier.period is None else identifier.period.end
    return end is None or end[:10] >= day[: len(end[:10])]
