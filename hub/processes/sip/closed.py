"""How a message is refused in a SIP whose status does not admit it. Imports the errors and the case only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.errors import Refused
from hub.processes.engine.case import Case


def _open(_: Case) -> Refused:
    return Refused("P-14", "SIP:en pågår.", "The SIP goes on.", "/subject")


def _ended(_: Case) -> Refused:
    return Refused(
        "P-14",
        "SIP:en är avslutad. Öppna en ny med sip.initiativ.",
        "The SIP has ended. Open a new one with sip.initiativ.",
        "/subject",
    )


def _revoked(_: Case) -> Refused:
    return Refused("S-13", "Ärendet är borttaget.", "The case is removed.", "/subject")


def _refused(case: Case) -> Refused:
    return Refused(
        "C-62" if case.addressed == "protected" else "C-63",
        "Ärendet är stängt: folkbokföringen uppger skyddade personuppgifter eller att personen är avliden.",
        "The case is closed: the population register says that the person is protected or deceased.",
        "/subject",
    )


CLOSED: Mapping[str, Callable[[Case], Refused]] = {
    "open": _open,
    "ended": _ended,
    "revoked": _revoked,
    "refused": _refused,
}
"""Status → the refusal."""
