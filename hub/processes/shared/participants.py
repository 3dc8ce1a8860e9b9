"""Who takes part: units come, are removed and leave, roles with them (C-10 to C-14). Imports the engine and the shared guards
only.
"""

from __future__ import annotations

from hub.processes.engine.process import sharing_consent
from hub.processes.engine.rule import Context, Guard, Rule, guard
from hub.processes.engine.unit_view import able, speakers
from hub.processes.shared.audience import ALL_PARTIES, ask, everyone_else, join
from hub.processes.shared.gate import consent_is_registered, the_person_is_not_protected

# --- deltagare (C-10, C-11, C-14) -------------------------------------------------------------------------------------


@guard(
    "C-10",
    sv="Enheten finns inte i katalogen. Sök den i katalogens träd.",
    en="The unit is not in the directory. Look it up in the directory's tree.",
    element="/data/unit",
)
def the_unit_is_known(s: Context) -> bool:
    return s.data.change != "tillagd" or s.data.unit in s.directory.unit_by_hsa


@guard(
    "C-10",
    sv="Enheten ingår redan i ärendet.",
    en="The unit already takes part in the case.",
    element="/data/unit",
)
def the_unit_is_new(s: Context) -> bool:
    return s.data.change != "tillagd" or s.data.unit not in s.case.participants


@guard(
    "C-11",
    sv="Enheten deltar inte i ärendet.",
    en="The unit takes no part in the case.",
    element="/data/unit",
)
def the_unit_takes_part(s: Context) -> bool:
    return s.data.change == "tillagd" or s.data.unit in s.case.participants


@guard(
    "C-14",
    sv="En enhet lämnar ärendet själv, och först när inget väntar på den. Ta bort en annan enhet med borttagen.",
    en="A unit leaves by itself, and only when nothing awaits it. Remove another unit with borttagen.",
    element="/data/change",
)
def who_leaves_has_nothing_left(s: Context) -> bool:
    if s.data.change == "tillagd" or (s.data.change == "borttagen" and s.data.unit != s.unit):
        return True
    awaited = any(s.unit in one.by for one in s.case.awaited.values())
    owes = s.unit in s.case.unanswered and bool(speakers(s.case, s.unit, s.directory))
    return s.data.unit == s.unit and not awaited and not owes


@guard(
    "C-24",
    sv="Samtycket är återkallat eller har upphört: en enhet kan bara tas bort eller lämna.",
    en="The consent is withdrawn or has expired: a unit can only be removed or leave.",
    element="/data/change",
)
def without_consent_units_only_leave(s: Context) -> bool:
    return s.data.change != "tillagd" or sharing_consent(s.case).outcome is not None or not s.case.published


@guard(
    "C-62",
    sv="Personen har skyddade personuppgifter: en enhet kan bara tas bort eller lämna.",
    en="The person has protected identity: a unit can only be removed or leave.",
    element="/data/change",
)
def of_a_protected_person_units_only_leave(s: Context) -> bool:
    return s.data.change != "tillagd" or not s.case.blocked


def change_participant(s: Context) -> None:
    """C-10, C-11: in with what awaits it, or out, and then nothing waits for it any more.

    With both other parties in the case there is nothing left to see to by hand.
    """
    if s.data.change != "tillagd":
        s.emit("left", unit=s.data.unit)
        return
    join(s, s.data.unit, for_information=not s.data.kvittera)
    ask(s, s.joined, anew=True)
    parties = {participant["party"] for participant in s.case.participants.values()}
    if s.case.in_manual_queue and parties == ALL_PARTIES:
        s.emit("addressed", outcome="by_hand")


def note_catch_up(s: Context) -> None:
    """The units that came in may answer what awaits them with the id of the message that says how things stand."""
    s.emit("caught_up", units=list(s.data.units), by=s.message.id)


def everyone_else_and_who_left(s: Context) -> list[str]:
    """The unit that was removed is told too, if it was told anything: it is the last that it gets."""
    told = everyone_else(s)
    removed = s.data.change == "borttagen" and s.data.unit != s.unit
    knew = s.directory.system_of.get(s.data.unit) in s.case.told
    return [*told, s.data.unit] if removed and s.case.published and knew else told


def deltagare(*checks: Guard) -> Rule:
    """The rule of ``deltagare``; ``checks`` are the process's own: which units stay, and when units only leave."""
    return Rule(
        "deltagare",
        ALL_PARTIES,
        ("C-10", "C-11", "C-14"),
        (change_participant,),
        everyone_else_and_who_left,
        checks=(
            the_unit_is_known,
            the_unit_is_new,
            the_unit_takes_part,
            who_leaves_has_nothing_left,
            *checks,
        ),
        brings_units_in=True,
        named_narrowly=True,
    )


# --- roll (C-4, C-12) -------------------------------------------------------------------------------------------------


@guard(
    "C-12",
    sv="Roller ändras bara på deltagande enheter i den egna organisationen.",
    en="Roles are changed only on participating units of one's own organisation.",
    element="/data/unit",
)
def the_unit_is_ones_own(s: Context) -> bool:
    units = s.directory.unit_by_hsa
    return (
        s.data.unit in s.case.participants
        and s.data.unit in units
        and units[s.data.unit].organisation == units[s.unit].organisation
    )


@guard(
    "C-12",
    sv="Rollen finns inte på enheten i katalogen, eller ingår redan.",
    en="The unit has no such role in the directory, or the role takes part already.",
    element="/data/role",
)
def an_added_role_is_the_units(s: Context) -> bool:
    there = s.case.participants[s.data.unit]["roles"]
    known = s.data.role in s.directory.unit_by_hsa[s.data.unit].roles
    return s.data.change != "tillagd" or (known and s.data.role not in there)


@guard(
    "C-12",
    sv="Rollen ingår inte i ärendet, eller är enhetens enda.",
    en="The role takes no part in the case, or is the unit's only one.",
    element="/data/role",
)
def a_removed_role_is_one_of_several(s: Context) -> bool:
    there = s.case.participants[s.data.unit]["roles"]
    return s.data.change == "tillagd" or (s.data.role in there and len(there) > 1)


@guard(
    "C-12",
    sv="Rollen är den sista på enheten med ett ansvar som någon väntar på. Låt den göra det först.",
    en="The role is the unit's last with a responsibility that is awaited. Let it act first.",
    element="/data/role",
)
def what_is_awaited_has_a_role_left(s: Context) -> bool:
    if s.data.change == "tillagd":
        return True
    case, unit = s.case, s.data.unit
    awaited = [able(case, unit, one.step, one.act, s.directory) for one in case.awaited.values() if unit in one.by]
    if unit in case.unanswered:
        awaited.append(speakers(case, unit, s.directory))
    return [s.data.role] not in awaited


def change_role(s: Context) -> None:
    """C-13: a unit that gets its first role with a responsibility is asked like one that came in."""
    case, unit = s.case, s.data.unit
    before = {act for role in case.participants[unit]["roles"] for act in _duties(s, role)}
    s.emit("role_changed", unit=unit, role=s.data.role, change=s.data.change)
    if s.data.change == "borttagen":
        s.warnings.append("roll-borttagen")
    elif not _duties(s, s.data.role) <= before and case.published:
        s.joined.append(unit)
        ask(s, [unit], anew=False)


def _duties(s: Context, role: str) -> set[tuple[str, str]]:
    """(step, act) of what a role of the unit answers for."""
    steps = s.directory.unit_by_hsa[s.data.unit].roles.get(role, {})
    return {(step, act) for step, acts in steps.items() for act in acts}


ROLL = Rule(
    "roll",
    ALL_PARTIES,
    ("C-4", "C-12"),
    (change_role,),
    everyone_else,
    guards=(the_person_is_not_protected, consent_is_registered),
    checks=(
        the_unit_is_ones_own,
        an_added_role_is_the_units,
        a_removed_role_is_one_of_several,
        what_is_awaited_has_a_role_left,
    ),
    brings_units_in=True,
    named_narrowly=True,
)
