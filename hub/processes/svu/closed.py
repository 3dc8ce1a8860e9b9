"""How a message is refused in an SVU that is not open (V-5, V-16, C-62, C-63). Imports the errors and the case only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.errors import Refused
from hub.processes.engine.case import Case


def _discharged(_: Case) -> Refused:
    return Refused(
        "V-16",
        "Patienten är utskriven och ärendet avslutat. Ångra utskrivningen först, om den var fel.",
        "The patient is discharged and the case ended. Undo the discharge first, if it was wrong.",
        "/subject",
    )


def _revoked(_: Case) -> Refused:
    return Refused("V-5", "Ärendet är makulerat.", "The case is revoked.", "/subject")


def _refused(case: Case) -> Refused:
    return Refused(
        "C-62" if case.addressed == "protected" else "C-63",
        "Ärendet är stängt: folkbokföringen uppger skyddade personuppgifter eller att personen är avliden.",
        "The case is closed: the population register says that the person is protected or deceased.",
        "/subject",
    )


CLOSED: Mapping[str, Callable[[Case], Refused]] = {
    "discharged": _discharged,
    "revoked": _revoked,
    "refused": _refused,
}
"""Status → the refusal."""
