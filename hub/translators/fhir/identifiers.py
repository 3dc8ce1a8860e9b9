"""Chooses among several identifiers, names or addresses: those in force, and of them the official one. Imports the shapes only."""

from __future__ import annotations

from typing import Final

from hub.translators.fhir.shapes import Address, Contact, Identifier, Name

_ORDER: Final = ("official", "usual", None, "temp", "secondary")


def best(found: list[Identifier], day: str) -> list[Identifier]:
    """The identifiers in force on a day (``2026-03-09``) with the best use; several, when they are equally good."""
    current = [one for one in found if is_in_force(one, day)]
    for use in _ORDER:
        of_it = [one for one in current if one.use == use]
        if of_it:
            return of_it
    return []


def is_in_force(one: Identifier | Name | Address | Contact, day: str) -> bool:
    """Whether the element is not old, has not ended before the day and not begun after it; its dates may be years or months."""
    if one.use == "old":
        return False
    if one.period is None or not day:
        return True
    start, end = one.period.start, one.period.end
    return (end is None or end[:10] >= day[: len(end[:10])]) and (start is None or start[:10] <= day[: len(start[:10])])
