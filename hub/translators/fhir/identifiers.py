"""Which of several identifiers, names or addresses is meant: what has ended or not begun is passed over, the official one
goes first. Imports the shapes only.
"""

from __future__ import annotations

from typing import Final

from hub.translators.fhir.shapes import Address, Contact, Identifier, Name

_ORDER: Final = ("official", "usual", None, "temp", "secondary")


def best(found: list[Identifier], day: str) -> list[Identifier]:
    """Those in force on that day (``2026-03-09``) of the best use there is; several where none goes before the others."""
    current = [one for one in found if is_in_force(one, day)]
    for use in _ORDER:
        of_it = [one for one in current if one.use == use]
        if of_it:
            return of_it
    return []


def is_in_force(one: Identifier | Name | Address | Contact, day: str) -> bool:
    """Not old, not ended before that day and not begun after it; a day may be a year or a month alone."""
    if one.use == "old":
        return False
    if one.period is None or not day:
        return True
    start, end = one.period.start, one.period.end
    return (end is None or end[:10] >= day[: len(end[:10])]) and (start is None or start[:10] <= day[: len(start[:10])])
