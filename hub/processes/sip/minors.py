"""What is asked about a patient under 18 (C-25, CL l.44-50 of the manual): the guardian's consent, the child's own voice. Imports the
engine only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from hub.processes.engine.rule import Context

OF_AGE = 18
VOICE = "barnets_rost"


def is_minor(s: Context, day: date) -> bool:
    """Whether the patient is under 18 on a day; no for a number that says no date of birth."""
    patient = getattr(s.message.data, "patient", None)
    number = patient.personnummer if patient is not None else s.case.person.get("personnummer", "")
    born = _born(number)
    if born is None:
        return False
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return years < OF_AGE


def _born(number: str) -> date | None:
    digits = number[:8]
    if not digits.isdecimal() or len(digits) < 8:
        return None
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    try:
        return date(year, month, day - 60 if day > 60 else day)  # a samordningsnummer has the day and 60
    except ValueError:
        return None


def warn_without_guardian(s: Context, day: date) -> None:
    """C-25: for a minor the guardian consents; who consented is to be said."""
    if s.profile.asks_about_minors and s.data.outcome == "given" and s.data.given_by is None and is_minor(s, day):
        s.warnings.append("vardnadshavare")


def warn_without_the_childs_voice(s: Context, rows: Iterable[Mapping[str, Any]], day: date, *, present: bool) -> None:
    """A child that is not at the meeting has somebody who speaks for it. ``present``: the message says that the child was there."""
    heard = present or any(
        row.get("present") is not False and (row.get("person") or row.get("role") == VOICE) for row in rows
    )
    if s.profile.asks_about_minors and not heard and is_minor(s, day):
        s.warnings.append("barnets-rost")
