"""For which names a message's file was checked, and whether that still holds (C-42). Pure; imports the arrival and the rules'
case.

A file is checked before its message is decided, outside the transaction that decides it. So the arrival carries the names
for which its file was checked: where the case has other names by then, the file is checked again.
"""

from __future__ import annotations

from hub.intake.arrival import Arrival, Names
from hub.processes.engine.case import Case
from schemas.shared import Meddelande


def names_of(case: Case | None) -> Names:
    """The names that a file must not hold now: the patient's, and those of the ``narstaende`` with this sequence."""
    return ("", None) if case is None else (case.person.get("name", ""), case.outsiders)


def must_be_checked_again(arrival: Arrival, case: Case | None) -> bool:
    """Whether the message has a file that was checked for other names than the case has now."""
    data = None if arrival.message is None else arrival.message.data
    has_file = isinstance(data, Meddelande) and data.attachment is not None
    return has_file and arrival.looked_for != names_of(case)
