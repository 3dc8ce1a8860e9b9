"""Every act of operations says why, and who did it; both are kept in the trail. Imports the errors and the person numbers only."""

from __future__ import annotations

from hub.errors import Misconfigured
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
