"""How a message is refused in a SIP whose status does not admit it. Imports the errors, the case and the shared
rules only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.shared.registers import closed_by_the_register


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


CLOSED: Mapping[str, Callable[[Case], Refused]] = {
    "open": _open,
    "ended": _ended,
    "revoked": _revoked,
    "refused": closed_by_the_register,
}
"""Status → the refusal."""
