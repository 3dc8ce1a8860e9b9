"""How a message is refused in an SVU that is not open (V-5, V-16, C-62, C-63). Imports the errors, the case and the shared
rules only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.shared.registers import closed_by_the_register


def _discharged(_: Case) -> Refused:
    return Refused(
        "V-16",
        "Patienten är utskriven och ärendet avslutat. Ångra utskrivningen först, om den var fel.",
        "The patient is discharged and the case ended. Undo the discharge first, if it was wrong.",
        "/subject",
    )


def _revoked(_: Case) -> Refused:
    return Refused("V-5", "Ärendet är makulerat.", "The case is revoked.", "/subject")


CLOSED: Mapping[str, Callable[[Case], Refused]] = {
    "discharged": _discharged,
    "revoked": _revoked,
    "refused": closed_by_the_register,
}
"""Status → the refusal."""
