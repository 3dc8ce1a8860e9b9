"""Who takes part in a SIP: units that come, are asked, leave (C-10 to C-14, P-2, P-21, PR-4, S-9). Imports the engine and the shared
rules only.
"""

from __future__ import annotations

from dataclasses import replace

from hub.processes.engine.rule import Context, Rule, guard
from hub.processes.profiles.sip_codes import CLOSED_STATUS
from hub.processes.shared.participants import (
    deltagare,
    of_a_protected_person_units_only_leave,
    who_leaves_has_nothing_left,
)
from hub.processes.sip.approval import become_active
from hub.processes.sip.audience import a_ward_of_the_region, the_whole_plan
from hub.processes.sip.call import ask_for_an_answer
from hub.processes.sip.element_events import kind_of, value_of
from hub.processes.sip.gate import (
    consent_is_not_refused,
    consent_is_registered,
    consent_stands,
    the_initiativ_is_sent,
    the_transfer_is_allowed,
    the_unit_has_answered,
)
from hub.processes.sip.state import coordinating_unit, takes_full_part


@guard(
    "P-21",
    sv="Enheten är samordningsansvarigs. Byt samordningsansvarig först.",
    en="The unit is the coordinator's. Change the coordinator first.",
    element="/data/unit",
)
def the_coordinating_unit_stays(s: Context) -> bool:
    if s.data.change == "tillagd" or not s.profile.coordinators_unit_stays:
        return True
    return bool(s.data.unit != coordinating_unit(s.case))


@guard(
    "P-15",
    sv="Samtycket gäller inte, eller inte informationsöverföring: en enhet kan bara tas bort eller lämna.",
    en="The consent does not stand, or not for the transfer of information: a unit can only be removed or leave.",
    element="/data/change",
)
def units_come_with_the_transfer(s: Context) -> bool:
    return s.data.change != "tillagd" or all(one.holds(s) for one in (consent_stands, the_transfer_is_allowed))


@guard(
    "P-1",
    sv=the_initiativ_is_sent.sv,
    en=the_initiativ_is_sent.en,
    element="/type",
)
def units_come_to_a_sent_initiativ(s: Context) -> bool:
    return the_initiativ_is_sent.holds(s) is True


def invite_the_newcomer(s: Context) -> None:
    """P-2: a unit that is added answers the initiativ before it reads more."""
    if s.data.change != "tillagd" or not s.profile.receivers_answer:
        return
    ask_for_an_answer(s, [s.data.unit], informed=[] if s.data.kvittera else [s.data.unit])


def warn_of_the_change(s: Context) -> None:
    """PR-4: what the unit that leaves is responsible for; SA-3: a new party is to be covered by the consent."""
    if s.data.change == "tillagd":
        if s.profile.new_parties_update_consent:
            s.warnings.append("samtycke-uppdatera")
        return
    for _, one in sorted(s.case.elements.items()):
        if kind_of(one.address) not in {"mal", "aktivitet"} or one.removed or "ended" in one.state:
            continue
        responsible = value_of(one, "responsible") or {}
        if responsible.get("unit") == s.data.unit and value_of(one, "status") not in CLOSED_STATUS:
            s.warnings.append(f"ansvarig-lamnar:{one.address}")


def the_last_may_be_gone(s: Context) -> None:
    """C-11: the plan becomes active when the last that it awaited is removed."""
    if s.data.change != "tillagd":
        become_active(s)


_SHARED = deltagare(
    the_coordinating_unit_stays,
    of_a_protected_person_units_only_leave,
    units_come_with_the_transfer,
)


@guard(
    "C-14",
    sv=who_leaves_has_nothing_left.sv,
    en=who_leaves_has_nothing_left.en,
    element="/data/change",
)
def who_leaves_may_leave(s: Context) -> bool:
    """PR-4: where the region lets a unit leave at any time, what awaited it no longer does."""
    if s.profile.units_leave_at_any_time and s.data.change == "uttrade":
        return bool(s.data.unit == s.unit)
    return who_leaves_has_nothing_left.holds(s) is True


@guard(
    "C-14",
    sv="Enheten är den sista som kan handla i ärendet. Avsluta SIP:en, eller lägg till en annan enhet först.",
    en="The unit is the last that can act in the case. End the SIP, or add another unit first.",
    element="/data/unit",
)
def somebody_is_left(s: Context) -> bool:
    """A SIP that nobody can act in would block every new one of the person (S-1)."""
    others = [unit for unit in s.case.participants if unit != s.data.unit and takes_full_part(s.case, unit)]
    return s.data.change == "tillagd" or bool(others)


DELTAGARE: Rule = replace(
    _SHARED,
    effects=(warn_of_the_change, *_SHARED.effects, invite_the_newcomer, the_last_may_be_gone),
    guards=(the_unit_has_answered, consent_is_registered, consent_is_not_refused, units_come_to_a_sent_initiativ),
    checks=(
        *(who_leaves_may_leave if one is who_leaves_has_nothing_left else one for one in _SHARED.checks),
        somebody_is_left,
    ),
    from_outside=a_ward_of_the_region,
    touches=the_whole_plan,
)
