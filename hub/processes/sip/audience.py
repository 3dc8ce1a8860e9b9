"""Who is told in a SIP, and what its messages have in common. Imports the engine and the shared rules only."""

from __future__ import annotations

from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.rule import Context
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.shared.audience import everyone_else
from hub.processes.shared.audience import organisation_takes_part as _organisation_takes_part
from hub.processes.shared.disclosure import knows
from hub.processes.shared.koppling import tell_linked
from hub.processes.sip.fields import is_sent
from hub.processes.sip.state import sip
from schemas.directory import Directory, Unit

PLAN_BEGINNINGS = ("plan", "deltagare/", "mal/", "delmal/", "aktivitet/", "insats/", "anteckning/")
"""The addresses under which every element of a plan stands."""

DOCUMENT_BEGINNINGS = ("kartlaggning/", "utvardering/")
"""The addresses under which the words of the documents beside it stand."""


def the_whole_plan(_: Any) -> tuple[str, ...]:
    """A message that needs every element of the plan, and the words of the documents beside it (``Rule.touches``)."""
    return (*PLAN_BEGINNINGS, *DOCUMENT_BEGINNINGS)


def the_whole_plan_of_what_was_saved(case: Case, data: Any) -> tuple[str, ...]:
    """SA-2: a message that is sent tells the others how all stands that was saved and not told (``Rule.touches_also``)."""
    return the_whole_plan(data) if is_sent(data) and SIP_PROFILES[case.profile].all_read_drafts else ()


def told_when_sent(s: Context) -> list[str]:
    """All the others; of a draft nobody (PR-1)."""
    return everyone_else(s) if is_sent(s.data) else []


def a_ward_of_the_region(s: Context) -> bool:
    """C-6: a ward writes in a SIP in which a unit of its organisation takes part, without being added."""
    return is_a_ward_of_the_region(s.case, s.directory.unit_by_hsa[s.unit], s.directory)


def is_a_ward_of_the_region(case: Case, unit: Unit, directory: Directory) -> bool:
    """C-6: whether a unit is a ward that reads and writes in a SIP without being added."""
    return (
        SIP_PROFILES[case.profile].wards_act_from_outside
        and unit.party == "slutenvard"
        and case.published
        and _organisation_takes_part(case, unit, directory)
    )


def keep(s: Context) -> None:
    """What the message says is for its own unit alone: no other unit hears of it, in notices or views."""
    s.emit("kept", unit=s.unit)


def keep_the_draft(s: Context) -> None:
    """What is saved and not sent is its unit's alone (PR-1), where the region does not let all read it (SA-2)."""
    if not s.profile.all_read_drafts:
        keep(s)


def move(s: Context, state: str) -> None:
    """The SIP stands in another of its region's states, where it did not already."""
    if sip(s.case).state != state:
        s.emit("moved", state=state)


def who_know(s: Context) -> frozenset[str]:
    """The participating units that are told of the case as it stands."""
    return frozenset(unit for unit in s.case.participants if knows(s.case, unit))


def catch_up_those_who_now_know(s: Context, before: frozenset[str]) -> None:
    """E-8: units that took part and were not told of the case are told how it stands, once they may be."""
    now = who_know(s) - before - {s.unit, *s.joined}
    s.joined.extend(unit for unit in s.case.participants if unit in now)


def publish(s: Context) -> None:
    """The case is known outside the opener's unit from now on; those who take part already are told how it stands (E-8)."""
    if s.case.published:
        return
    before = who_know(s)
    s.emit("published", at=s.at)
    catch_up_those_who_now_know(s, before)
    tell_linked(s, "oppnad")
