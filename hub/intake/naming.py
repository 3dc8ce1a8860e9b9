"""For which names a message's file was checked, and whether that still holds (C-42). Pure; imports the arrival and the rules'
case.

A file is checked before its message is decided, outside the transaction that decides it. So the arrival carries the names
for which its file was checked: where the case has other names by then, the file is checked again.
"""

from __future__ import annotations

from functools import cache

from hub.intake.arrival import Arrival, Names
from hub.processes.engine.case import Case
from schemas.parts import Part
from schemas.shared import Attachment


def names_of(case: Case | None) -> Names:
    """The names that a file must not hold now: the patient's, and those of the ``narstaende`` with this sequence."""
    return ("", None) if case is None else (case.person.get("name", ""), case.outsiders)


def must_be_checked_again(arrival: Arrival, case: Case | None) -> bool:
    """Whether the message has a file that was checked for other names than the case has now."""
    return file_of(arrival) is not None and arrival.checked_for != names_of(case)


def file_of(arrival: Arrival) -> Attachment | None:
    """The file that a message carries, if any."""
    message = arrival.message
    # Nearly no kind of message has the field, and to ask a body for what it lacks costs ten times as much as to look first.
    return (
        None if message is None or not _may_have_one(type(message.data)) else getattr(message.data, "attachment", None)
    )


@cache
def _may_have_one(kind: type[Part]) -> bool:
    return "attachment" in kind.model_fields
