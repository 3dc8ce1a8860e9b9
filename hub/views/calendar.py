"""The meetings and days of cases in a unit's calendar. Pure; imports the rules and the language only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from hub.errors import Refused
from hub.processes.engine.calendar import CalendarEntry
from hub.processes.engine.case import Case
from hub.processes.engine.process import process_of_case
from hub.processes.engine.unit_view import as_configured
from hub.processes.shared.disclosure import readable
from hub.views.access import Asker
from schemas.directory import Directory

_NO_MEETING = Refused(
    "unknown-meeting",
    "Mötet finns inte i ärendet, eller visas inte för enheten.",
    "There is no such meeting in the case, or it is not shown to the unit.",
    "/meeting",
    404,
)


def meeting_of(case: Case, unit: str, key: str) -> CalendarEntry:
    """A meeting of the case as it is shown to the unit. Raises ``Refused`` 404."""
    for entry in process_of_case(case).calendar(case, unit):
        if entry.is_meeting and entry.key == key:
            return entry
    raise replace(_NO_MEETING)


def coming(case: Case, asker: Asker, directory: Directory, first: date, last: date) -> list[CalendarEntry]:
    """What the unit has in its calendar from the first to the last day; nothing where the role takes no part (C-4)."""
    unit = asker.unit.hsa
    participant = case.participants.get(unit)
    if participant is None or asker.role not in participant["roles"]:
        return []
    shown = readable(as_configured(case, directory), unit, "deltar")
    entries = process_of_case(shown).calendar(shown, unit)
    return [entry for entry in entries if not entry.taken_out and first <= entry.day <= last]


def calendar_section(case: Case, unit: str) -> list[dict[str, Any]]:
    """The case's meetings and days in the whole case, each meeting with the address of its iCalendar object."""
    return [_shown(entry) for entry in process_of_case(case).calendar(case, unit)]


def _shown(entry: CalendarEntry) -> dict[str, Any]:
    shown = {"title": entry.title, "begins": entry.begins, "in_calendar": not entry.taken_out}
    if not entry.is_meeting:
        return shown
    return shown | {"meeting": entry.key, "ics": f"/cases/{entry.case}/meetings/{entry.key}.ics"}


def names(entries: Sequence[CalendarEntry], asker: Asker, directory: Directory) -> dict[str, str]:
    """The names of the units that stand in calendar entries, and of the asking unit."""
    known = directory.unit_by_hsa
    return {hsa: known[hsa].name for hsa in {asker.unit.hsa, *(entry.by for entry in entries)} if hsa in known}
