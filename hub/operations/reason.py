"""Every act of operations says why, and who did it; both are kept in the trail. Imports the errors and the person numbers only."""

from __future__ import annotations

from hub.errors import Refused
from schemas.person_numbers import holds_person_number

_MOST_CHARACTERS = 1_000


def given(reason: str) -> str:
    """The reason as the trail keeps it. Raises ``Refused`` 400 where nothing is said, or something that may not stand there (D-10)."""
    said = " ".join(reason.split())
    if not said or len(said) > _MOST_CHARACTERS:
        raise Refused(
            "reason-missing",
            f"Säg varför (reason), med högst {_MOST_CHARACTERS} tecken: skälet står i spåret.",
            f"Say why (reason), in at most {_MOST_CHARACTERS} characters: the reason stands in the trail.",
            "/reason",
            400,
        )
    without_person_number(said, "/reason")
    return said


def without_person_number(text: str, element: str) -> None:
    """Raises ``Refused`` 400 of what is to be kept or told to many, and holds a personal identity number (D-10)."""
    if holds_person_number(text):
        raise Refused(
            "personal-reason" if element == "/reason" else "D-10",
            f"{element[1:]} innehåller ett personnummer, och det visas för många. Nämn ärendet eller meddelandet med dess id i stället.",
            f"{element[1:]} holds a personal identity number, and many are shown it. Name the case or the message by its id instead.",
            element,
            400,
        )


def shown(text: str) -> str:
    """A name or an id as it was given; of one that may not stand in a sentence (D-10), nothing."""
    return "…" if holds_person_number(text) else text
