"""The people of a meeting, called or present (LC-2, LC-9, C-15). Imports the engine only."""

from __future__ import annotations

from collections.abc import Sequence

from hub.processes.engine.rule import Context, Fault, Guard
from hub.processes.sip.state import sip
from schemas.sip_parts import ParticipantRow


def actors_alone(rows: Sequence[ParticipantRow] | None, place: str) -> bool | Fault:
    """LC-2: whether all rows are units; the person and relatives are not at an aktorsmote."""
    for number, row in enumerate(rows or ()):
        if row.unit is None:
            return Fault(f"{place}/{number}")
    return True


def nobody_is_listed_against_the_persons_will(field: str) -> Guard:
    """LC-9: the check of a list of rows, in every region, that the person objects to none of its outsiders."""

    def the_person_does_not_object(s: Context) -> bool | Fault:
        for number, row in enumerate(getattr(s.data, field) or ()):
            if sip(s.case).outsiders.get(row.outsider or ""):
                return Fault(f"/data/{field}/{number}/outsider")
        return True

    return Guard(
        "the_person_does_not_object",
        "C-15",
        the_person_does_not_object,
        "Personen vill inte att den närstående deltar (narstaende). Utelämna raden.",
        "The person does not want the relative to take part (narstaende). Leave out the row.",
        f"/data/{field}",
    )
