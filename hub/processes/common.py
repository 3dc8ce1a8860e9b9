"""Rows and guards that both processes share (processes.md §1). Imports the machine and the language only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.processes.machine import TO_THE_END, Row, Situation, guard
from hub.processes.outlook import duty_roles

SLUTENVARD = frozenset({"slutenvard"})
OPPENVARD = frozenset({"oppenvard"})
ALL_PARTIES = frozenset({"slutenvard", "oppenvard", "kommun"})


STOCKHOLM = ZoneInfo("Europe/Stockholm")


def local_day(moment: datetime) -> date:
    """The calendar day in Sweden (law-and-lookups §1)."""
    return moment.astimezone(STOCKHOLM).date()


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


def those_of(s: Situation, *parties: str) -> list[str]:
    """The participating units of some parties."""
    return [unit for unit, participant in s.case.participants.items() if participant["party"] in parties]


def with_duty(s: Situation, units: list[str], step: str, act: str) -> list[str]:
    """Those of the units of which a role answers for an act of a step (C-1)."""
    return [unit for unit in units if duty_roles(s.directory, unit, step, act)]


def step_told(s: Situation, step: str, act: str | None, awaits: list[str], done: dict[str, Any] | None = None) -> None:
    """A step stands as this message left it."""
    this = {"source": s.message.source, "message": s.message.id, "at": s.at}
    s.emit("stepped", step=step, act=act, awaits=awaits, **this, **({"done": done} if done else {}))


# --- what must be there first -----------------------------------------------------------------------------------------


@guard(
    "V-2",
    sv="Publicera en inskrivning först: innan dess finns inget att dela.",
    en="Publish an inskrivning first: before that there is nothing to share.",
    element="/type",
)
def an_inskrivning_is_published(s: Situation) -> bool:
    return s.case.published


@guard(
    "C-62",
    sv="Personen har skyddade personuppgifter: bara kvittens, borttagning av enhet och utskrivning tas emot.",
    en="The person has protected identity: only kvittens, removal of a unit and discharge are accepted.",
    element="/type",
)
def the_person_is_not_protected(s: Situation) -> bool:
    return not s.case.blocked


@guard(
    "C-24",
    sv="Samtycket är återkallat eller har upphört: registrera ett nytt samtycke först.",
    en="The consent is withdrawn or has expired: register a new samtycke first.",
    element="/type",
)
def consent_is_registered(s: Situation) -> bool:
    # A message that brings a new samtycke may carry information before it.
    brings_one = getattr(s.message.data, "samtycke", None) is not None
    return s.case.samtycke is not None or not s.case.published or brings_one


@guard(
    "V-3",
    sv="Samtycke är nekat: meddelandet tas inte emot förrän ett nytt samtycke är registrerat.",
    en="Consent is refused: the message is not accepted until a new consent is registered.",
    element="/type",
)
def consent_allows(s: Situation) -> bool:
    allowed = ALLOWED_WHEN_REFUSED | s.profile.refused_consent_allows
    # What rides inside an allowed message is allowed with it.
    return s.case.samtycke != "refused" or s.name in allowed or s.message.name in allowed


ALLOWED_WHEN_REFUSED = frozenset(
    {"svu.inskrivning", "kvittens", "samtycke", "aterkallelse", "deltagare", "roll", "makulering", "svu.utskrivning"}
    | {"svu.utskrivning_angrad", "utskrift", "atkomst"}
)
"""V-3's list, and the two that only leave a trace (our settling)."""

SHARING = (an_inskrivning_is_published, the_person_is_not_protected, consent_is_registered, consent_allows)
"""What must hold before anything of the person is shared."""


def may_adjust(s: Situation) -> frozenset[str]:
    """The parties whose justering is open: none before klarmarkering (V-12), and after a no on the position on SIP not
    outpatient care (V-13).
    """
    if not s.case.klarmarkerad:
        return frozenset()
    return ALL_PARTIES - OPPENVARD if s.case.sip_approved is False else ALL_PARTIES


def join(s: Situation, unit: str) -> None:
    """C-4, C-10: a unit of the directory comes in with the roles of its configuration."""
    entry = s.directory.unit_by_hsa[unit]
    s.emit("joined", unit=unit, party=entry.party, roles=list(entry.roles), by=s.message.id)
    s.joined.append(unit)


def await_joined(s: Situation) -> None:
    """V-6, C-13: those who came in are asked for what still awaits someone, where a role of theirs answers for it
    (C-1).

    A justering only where it is open to their party (V-12, V-13).
    """
    for step, standing in s.case.steps.items():
        if standing["act"] is None or (s.case.all_receivers_known and not standing["awaits"]):
            continue
        parties = may_adjust(s) if standing["act"] == "justera" else ALL_PARTIES
        asked = [
            unit
            for unit in s.joined
            if s.case.participants[unit]["party"] in parties
            and unit not in standing["done"]
            and duty_roles(s.directory, unit, step, standing["act"])
        ]
        if asked:
            s.emit("awaited", step=step, units=asked)


# --- information (C-20), samtycke (C-21 to C-25) and aterkallelse (C-24) ----------------------------------------------


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


@guard(
    "C-23",
    sv="Samtycket gäller till och med en dag som redan har varit. Rätta valid_to.",
    en="The consent holds until a day that has already been. Correct valid_to.",
    element="/data/valid_to",
)
def it_has_not_expired(s: Situation) -> bool:
    until, since = s.data.valid_to, s.data.valid_from
    return until is None or (until >= local_day(s.now) and (since is None or since <= until))


def consent(s: Situation) -> None:
    until = None if s.data.valid_to is None else s.data.valid_to.isoformat()
    s.emit("consented", outcome=s.data.outcome, at=s.at, **({"until": until} if until else {}))


@guard(
    "C-24",
    sv="Det finns inget samtycke att återkalla.",
    en="There is no consent to withdraw.",
    element="/type",
)
def there_is_consent_to_withdraw(s: Situation) -> bool:
    return s.case.samtycke is not None


def withdraw(s: Situation) -> None:
    s.emit("withdrawn", at=s.at)


ATERKALLELSE = Row(
    "aterkallelse",
    SLUTENVARD,
    ("C-24",),
    (withdraw,),
    everyone_else,
    guards=(there_is_consent_to_withdraw,),
)


# --- kvittens (C-2, V-6) ----------------------------------------------------------------------------------------------


def _acted_steps(s: Situation) -> list[tuple[str, dict[str, Any]]]:
    """The steps that the kvittens is for: by the message's id, of the oldest where two senders used the same.

    One who came in later on a system that had the message already was asked by the message that brought it in.
    """
    steps = s.case.steps.items()
    waiting = [(name, step) for name, step in steps if step["act"] == "kvittera" and s.unit in step["awaits"]]
    named = [(name, step) for name, step in waiting if step["message"] == s.data.message]
    if not named and s.case.participants[s.unit]["by"] == s.data.message:
        return [(name, step) for name, step in waiting if step["sequence"] < s.case.participants[s.unit]["since"]]
    oldest = min((step["sequence"] for _, step in named), default=0)
    return [(name, step) for name, step in named if step["sequence"] == oldest]


def _acted_thread(s: Situation) -> str | None:
    """The free message that the kvittens is for (C-40): the oldest where two senders used the same id."""
    found = [
        (thread["sequence"], key)
        for key, thread in s.case.threads.items()
        if key.startswith(f"{s.data.message} ") and s.unit in s.case.open_awaits(thread)
    ]
    return min(found)[1] if found else None


@guard(
    "C-2",
    sv="Enheten har inget att kvittera i ärendet.",
    en="The unit has nothing to acknowledge in the case.",
    element="/subject",
)
def something_awaits_the_unit(s: Situation) -> bool:
    steps = s.case.steps.values()
    return s.unit in s.case.unanswered or any(s.unit in st["awaits"] for st in steps if st["act"] == "kvittera")


@guard(
    "C-2",
    sv="Meddelandet väntar inte på kvittens av enheten: fel id, ersatt av ett nyare, eller redan kvitterat.",
    en="The message awaits no acknowledgement of the unit: wrong id, replaced by a newer one, or already acknowledged.",
    element="/data/message",
)
def the_message_awaits_the_unit(s: Situation) -> bool:
    return bool(_acted_steps(s)) or _acted_thread(s) is not None


@guard(
    "C-1",
    sv="Rollen har inte ansvaret att kvittera steget. Låt en roll med ansvaret göra det.",
    en="The role has no responsibility to acknowledge this step. Let a role that has it do so.",
    element="/actorrole",
)
def the_role_answers_for_it(s: Situation) -> bool:
    return all(s.role in duty_roles(s.directory, s.unit, name, "kvittera") for name, _ in _acted_steps(s))


def acknowledge(s: Situation) -> None:
    who = {"unit": s.unit, "actor": s.message.actor, "role": s.role, "time": s.message.time.isoformat()}
    if steps := _acted_steps(s):
        for name, _ in steps:
            s.emit("acted", step=name, **who)
    elif (thread := _acted_thread(s)) is not None:
        s.emit("thread_acted", thread=thread, **who)


KVITTENS = Row(
    "kvittens",
    ALL_PARTIES,
    ("C-2", "V-6", "V-8", "V-9", "C-40"),
    (acknowledge,),
    everyone_else,
    guards=(something_awaits_the_unit,),
    checks=(the_message_awaits_the_unit, the_role_answers_for_it),
    in_status=TO_THE_END,
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
    return s.data.unit == s.unit and not awaited and s.unit not in s.case.unanswered


@guard(
    "C-11",
    sv="Den sista slutenvårdsenheten kan inte lämna ärendet: lägg till den som tar över först.",
    en="The last unit of inpatient care cannot leave the case: add the one that takes over first.",
    element="/data/unit",
)
def slutenvard_stays(s: Situation) -> bool:
    leaving = s.data.unit if s.data.change != "tillagd" else None
    return any(p["party"] == "slutenvard" for unit, p in s.case.participants.items() if unit != leaving)


@guard(
    "C-24",
    sv="Samtycket är återkallat eller har upphört: en enhet kan bara tas bort eller lämna.",
    en="The consent is withdrawn or has expired: a unit can only be removed or leave.",
    element="/data/change",
)
def without_consent_units_only_leave(s: Situation) -> bool:
    return s.data.change != "tillagd" or s.case.samtycke is not None or not s.case.published


@guard(
    "C-62",
    sv="Personen har skyddade personuppgifter: en enhet kan bara tas bort eller lämna.",
    en="The person has protected identity: a unit can only be removed or leave.",
    element="/data/change",
)
def of_a_protected_person_units_only_leave(s: Situation) -> bool:
    return s.data.change != "tillagd" or not s.case.blocked


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
    checks=(
        the_unit_is_known,
        the_unit_is_new,
        the_unit_takes_part,
        who_leaves_has_nothing_left,
        slutenvard_stays,
        of_a_protected_person_units_only_leave,
        without_consent_units_only_leave,
    ),
)


# --- roll (C-4, C-12) -------------------------------------------------------------------------------------------------


@guard(
    "C-12",
    sv="Roller ändras bara på deltagande enheter i den egna organisationen.",
    en="Roles are changed only on participating units of one's own organisation.",
    element="/data/unit",
)
def the_unit_is_ones_own(s: Situation) -> bool:
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
def an_added_role_is_the_units(s: Situation) -> bool:
    there = s.case.participants[s.data.unit]["roles"]
    known = s.data.role in s.directory.unit_by_hsa[s.data.unit].roles
    return s.data.change != "tillagd" or (known and s.data.role not in there)


@guard(
    "C-12",
    sv="Rollen ingår inte i ärendet, eller är enhetens enda.",
    en="The role takes no part in the case, or is the unit's only one.",
    element="/data/role",
)
def a_removed_role_is_one_of_several(s: Situation) -> bool:
    there = s.case.participants[s.data.unit]["roles"]
    return s.data.change == "tillagd" or (s.data.role in there and len(there) > 1)


@guard(
    "C-12",
    sv="Rollen är den sista på enheten med ett ansvar som någon väntar på. Låt den göra det först.",
    en="The role is the unit's last with a responsibility that is awaited. Let it act first.",
    element="/data/role",
)
def what_is_awaited_has_a_role_left(s: Situation) -> bool:
    if s.data.change == "tillagd":
        return True
    left = [role for role in s.case.participants[s.data.unit]["roles"] if role != s.data.role]
    awaited = [(name, st["act"]) for name, st in s.case.steps.items() if s.data.unit in st["awaits"]]
    return all(set(left) & set(duty_roles(s.directory, s.data.unit, name, act)) for name, act in awaited)


def change_role(s: Situation) -> None:
    s.emit("role_changed", unit=s.data.unit, role=s.data.role, change=s.data.change)
    if s.data.change == "borttagen":
        s.warnings.append("roll-borttagen")


ROLL = Row(
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
)
