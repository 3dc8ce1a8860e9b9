"""Of what a unit is reminded: in its own journal after a held meeting (P-19), of the wards that it has called (S-3). Pure; imports the
case and the profiles only.
"""

from __future__ import annotations

from typing import Any

from hub.processes.engine.case import Case
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.sip.state import sip, standing_meetings
from schemas.directory import Directory
from schemas.sip import Mote

IN_PERSON = "fysiskt"
REMINDED = frozenset({"slutenvard", "oppenvard"})
"""The region's own parties: the municipality codes nothing."""


def reminders(case: Case, data: Mote, unit: str, directory: Directory) -> tuple[str, ...]:
    """The codes that a unit's own region asks of it after a meeting that was held in one room, whatever the case's region is."""
    entry = directory.unit_by_hsa.get(unit)
    if not data.held or _form(case, data) != IN_PERSON or entry is None or entry.party not in REMINDED:
        return ()
    own_region = SIP_PROFILES.get(directory.region_of(unit).profile)
    return () if own_region is None or own_region.reminder is None else (own_region.reminder,)


def wards_that_remain(case: Case) -> tuple[str, ...]:
    """S-3: with this act the plan has become active, and these wards still take part: who called takes them out."""
    own, profile = sip(case), SIP_PROFILES[case.profile]
    if profile.approved_by != "units" or own.last_valid.get("sequence") != case.sequence:
        return ()
    wards = [unit for unit, participant in case.participants.items() if participant["party"] == "slutenvard"]
    return tuple(f"avdelning-kvar:{unit}" for unit in wards)


def caller_of_the_last(case: Case) -> str | None:
    """The unit that sent the latest call that stands."""
    calls = [one for _, one in standing_meetings(case)]
    return max(calls, key=lambda one: int(one["sequence"]))["caller"] if calls else None


def _form(case: Case, data: Mote) -> Any:
    """The form as held; that of the call where nothing else is said."""
    return data.form or sip(case).meetings.get(data.meeting, {}).get("form")
