"""Every act of operations says why, and who did it; both are kept in the trail. Imports the errors and the person numbers only."""

from __future__ import annotations

from hub.errors import Misconfigured, Refused
from schemas.person_numbers import holds_person_number


def check(reason: str) -> None:
    """Raises ``Misconfigured`` where nothing is said, or something that may not stand in the trail (D-10)."""
    if not reason.strip():
        raise Misconfigured("say why with --reason: it is kept in the trail")
    without_person("--reason", reason)


def without_person(option: str, text: str) -> None:
    """Raises ``Misconfigured`` where the text of an option holds a personal identity number; its sentence does not repeat it."""
    if holds_person_number(text):
        raise Misconfigured(
            f"{option} holds a personal identity number: the trail keeps it and shows it to all of operations, so leave it out"
            " (D-10); name the case or the message by its id"
        )


_MOST_CHARACTERS = 1_000


def given(reason: str) -> str:
    """The reason as the trail keeps it. Raises ``Refused`` 400 where nothing is said, or something that may not stand there (D-10)."""
    said = " ".join(reason.split())
    if not said or len(said) > _MOST_CHARACTERS:
        raise Refused(
            "reason-missing",
            f"Säg varför, med högst {_MOST_CHARACTERS} tecken: skälet står i spåret.",
            f"Say why, in at most {_MOST_CHARACTERS} characters: the reason stands in the trail.",
            "/reason",
            400,
        )
    without_person_number(said, "/reason")
    return said


def without_person_number(text: str, element: str) -> None:
    """Raises ``Refused`` 400 of what is to stand in the trail and holds a personal identity number (D-10)."""
    if holds_person_number(text):
        raise Refused(
            "personal-reason",
            "Här står ett personnummer, och spåret visas för fler. Nämn ärendet eller meddelandet med dess id i stället.",
            "This holds a personal identity number, and others read the trail. Name the case or the message by its id instead.",
            element,
            400,
        )
