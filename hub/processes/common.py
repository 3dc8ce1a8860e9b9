"""Rows and guards that both processes share (processes.md §1). Imports the machine and the language only."""

from __future__ import annotations

from typing import Any

from hub.processes.machine import Row, Situation, acting_role, guard
from hub.processes.outlook import duty_roles

ALL_PARTIES = frozenset({"slutenvard", "oppenvard", "kommun"})


def everyone_else(s: Situation) -> list[str]:
    """messages.md §2: the participants but the sending unit, which is told only of its own act when that awaits itself.

    V-2: before anything is published, slutenvard alone.
    """
    this = (s.message.source, s.message.id)
    awaited = {u for step in s.case.steps.values() if (step["source"], step["message"]) == this for u in step["awaits"]}
    return [
        unit
        for unit, participant in s.case.participants.items()
        if (s.case.published or participant["party"] == "slutenvard") and (unit != s.unit or unit in awaited)
    ]


def join(s: Situation, unit: str) -> None:
    """C-4, C-10: a unit of the directory comes in with the roles of its configuration."""
    entry = s.directory.unit_by_hsa[unit]
    s.emit("joined", unit=unit, party=entry.party, roles=list(entry.roles), by=s.message.id)
    s.joined.append(unit)


def await_joined(s: Situation) -> None:
    """V-6, C-13: those who came in are asked for what still awaits someone, where a role of theirs answers for it
    (C-1).
    """
    for step, standing in s.case.steps.items():
        if standing["act"] is None or (s.case.all_receivers_known and not standing["awaits"]):
            continue
        asked = [unit for unit in s.joined if duty_roles(s.directory, unit, step, standing["act"])]
        if asked:
            s.emit("awaited", step=step, units=asked)


# --- information (C-20) and samtycke (C-21 to C-25) -------------------------------------------------------------------


@guard(
    "C-20",
    sv="Ange reason: varför skriftlig information inte kunde lämnas.",
    en="Give reason: why the written information could not be given.",
    element="/data/reason",
)
def no_information_has_a_reason(s: Situation) -> bool:
    return s.data.given or s.data.reason is not None


def inform(s: Situation) -> None:
    s.emit("informed", given=s.data.given)


@guard(
    "C-20",
    sv="Registrera information (given ja eller nej) före samtycke.",
    en="Register information (given yes or no) before consent.",
    element="/data",
)
def information_comes_first(s: Situation) -> bool:
    return s.case.information is not None or not s.profile.information_before_consent


@guard(
    "C-22",
    sv="Ange decided_by: HSA-id för den legitimerade som gjorde menprövningen.",
    en="Give decided_by: the HSA-id of the licensed person who made the harm assessment.",
    element="/data/decided_by",
)
def menprovning_names_who_decided(s: Situation) -> bool:
    return s.data.outcome != "menprovning" or s.data.decided_by is not None


def consent(s: Situation) -> None:
    s.emit("consented", outcome=s.data.outcome)


# --- kvittens (C-2, V-6) ----------------------------------------------------------------------------------------------


def _acted_steps(s: Situation) -> list[tuple[str, dict[str, Any]]]:
    """The steps that the kvittens is for: by the message's id, of the oldest where two senders used the same.

    One who came in later on a system that had the message already was asked by the message that brought it in.
    """
    waiting = [(name, step) for name, step in s.case.steps.items() if s.unit in step["awaits"]]
    named = [(name, step) for name, step in waiting if step["message"] == s.data.message]
    if not named and s.case.participants[s.unit]["by"] == s.data.message:
        return [(name, step) for name, step in waiting if step["sequence"] < s.case.participants[s.unit]["since"]]
    oldest = min((step["sequence"] for _, step in named), default=0)
    return [(name, step) for name, step in named if step["sequence"] == oldest]


@guard(
    "C-2",
    sv="Enheten har inget att kvittera i ärendet.",
    en="The unit has nothing to acknowledge in the case.",
    element="/subject",
)
def something_awaits_the_unit(s: Situation) -> bool:
    return any(s.unit in step["awaits"] for step in s.case.steps.values())


@guard(
    "C-2",
    sv="Meddelandet väntar inte på kvittens av enheten: fel id, ersatt av ett nyare, eller redan kvitterat.",
    en="The message awaits no acknowledgement of the unit: wrong id, replaced by a newer one, or already acknowledged.",
    element="/data/message",
)
def the_message_awaits_the_unit(s: Situation) -> bool:
    return bool(_acted_steps(s))


@guard(
    "C-1",
    sv="Rollen har inte ansvaret att kvittera steget. Låt en roll med ansvaret göra det.",
    en="The role has no responsibility to acknowledge this step. Let a role that has it do so.",
    element="/actorrole",
)
def the_role_answers_for_it(s: Situation) -> bool:
    role = acting_role(s.message.role, s.directory.unit_by_hsa[s.unit])
    return all(role in duty_roles(s.directory, s.unit, name, "kvittera") for name, _ in _acted_steps(s))


def acknowledge(s: Situation) -> None:
    role = acting_role(s.message.role, s.directory.unit_by_hsa[s.unit])
    for name, _ in _acted_steps(s):
        s.emit("acted", step=name, unit=s.unit, actor=s.message.actor, role=role, time=s.message.time.isoformat())


KVITTENS = Row(
    "kvittens",
    ALL_PARTIES,
    ("C-2", "V-6"),
    (acknowledge,),
    everyone_else,
    guards=(something_awaits_the_unit,),
    checks=(the_message_awaits_the_unit, the_role_answers_for_it),
)


# --- deltagare (C-10, C-11, C-14) -------------------------------------------------------------------------------------


@guard(
    "C-10",
    sv="Enheten finns inte i katalogen. Sök den i katalogens träd.",
    en="The unit is not in the directory. Look it up in the directory's tree.",
    element="/data/unit",
)
def the_unit_is_known(s: Situation) -> bool:
    return s.data.change != "tillagd" or s.data.unit in s.directory.unit_by_hsa


@guard(
    "C-10",
    sv="Enheten ingår redan i ärendet.",
    en="The unit already takes part in the case.",
    element="/data/unit",
)
def the_unit_is_new(s: Situation) -> bool:
    return s.data.change != "tillagd" or s.data.unit not in s.case.participants


@guard(
    "C-11",
    sv="Enheten deltar inte i ärendet.",
    en="The unit takes no part in the case.",
    element="/data/unit",
)
def the_unit_takes_part(s: Situation) -> bool:
    return s.data.change == "tillagd" or s.data.unit in s.case.participants


@guard(
    "C-14",
    sv="En enhet lämnar ärendet själv, och först när inget väntar på den. Ta bort en annan enhet med borttagen.",
    en="A unit leaves by itself, and only when nothing awaits it. Remove another unit with borttagen.",
    element="/data/change",
)
def who_leaves_has_nothing_left(s: Situation) -> bool:
    if s.data.change == "tillagd" or (s.data.change == "borttagen" and s.data.unit != s.unit):
        return True
    awaited = any(s.unit in step["awaits"] for step in s.case.steps.values())
    return s.data.unit == s.unit and not awaited


@guard(
    "C-11",
    sv="Den sista slutenvårdsenheten kan inte lämna ärendet: lägg till den som tar över först.",
    en="The last unit of inpatient care cannot leave the case: add the one that takes over first.",
    element="/data/unit",
)
def slutenvard_stays(s: Situation) -> bool:
    leaving = s.data.unit if s.data.change != "tillagd" else None
    return any(p["party"] == "slutenvard" for unit, p in s.case.participants.items() if unit != leaving)


def change_participant(s: Situation) -> None:
    """C-10, C-11: in with what awaits it, or out, and then nothing waits for it any more.

    With both other parties in the case there is nothing left to see to by hand.
    """
    if s.data.change != "tillagd":
        s.emit("left", unit=s.data.unit)
        return
    join(s, s.data.unit)
    if s.data.kvittera:
        await_joined(s)
    parties = {participant["party"] for participant in s.case.participants.values()}
    if s.case.in_manual_queue and parties == ALL_PARTIES:
        s.emit("addressed", outcome="by_hand")


def everyone_else_and_who_left(s: Situation) -> list[str]:
    """The unit that was removed is told too: it is the last that it gets."""
    told = everyone_else(s)
    removed = s.data.change == "borttagen" and s.data.unit != s.unit
    return [*told, s.data.unit] if removed and s.case.published else told


DELTAGARE = Row(
    "deltagare",
    ALL_PARTIES,
    ("C-10", "C-11", "C-14"),
    (change_participant,),
    everyone_else_and_who_left,
    checks=(the_unit_is_known, the_unit_is_new, the_unit_takes_part, who_leaves_has_nothing_left, slutenvard_stays),
)
