"""Who has adjusted the position statement, who is to, and what each party's part must hold before (V-13 to V-15). Imports
the common rows only.
"""

from __future__ import annotations

from typing import Any

from hub.processes.engine.rule import Context, guard
from hub.processes.engine.unit_view import able
from hub.processes.shared.audience import step_told, those_of, with_duty
from hub.processes.svu.state import svu
from hub.processes.svu.steps import may_adjust, still_awaits

STEP = "stallningstagande"
REQUIRED = {
    "slutenvard": ("patient_opinion", "egenvard", "forbrukningsmaterial", "responsible_physician", "sip_position"),
    "oppenvard": ("responsible_physicians", "responsibility_division"),
    "kommun": ("planned_efforts",),
}
"""What a part must hold before it is marked ready or adjusted (V-12 to V-14, C-56)."""


def done(s: Context) -> dict[str, list[Any]]:
    """Unit → who has adjusted for it, in which role and when."""
    awaited = s.case.awaited.get(STEP)
    return {} if awaited is None else awaited.done


def has_adjusted(s: Context, party: str) -> bool:
    """V-15: any of the party's units has, one that has left since included: the text was adjusted for the party."""
    own = {*those_of(s, party), *(unit for unit, left in s.case.gone.items() if left == party)}
    return not own.isdisjoint(done(s))


def fully_adjusted(s: Context) -> bool:
    """Every party's units have; one that is to answer anew (V-13) or is not found yet (V-6) is still missing."""
    awaited = s.case.awaited.get(STEP)
    return awaited is not None and bool(awaited.done) and not still_awaits(s.case, awaited)


def is_complete(s: Context, party: str) -> bool:
    """Whether the party's part holds all that it must."""
    written = svu(s.case).fields.get(f"{STEP}.{party}", {})
    return all(name in written and written[name][3] for name in REQUIRED[party])


def await_justering(s: Context, already: dict[str, list[Any]]) -> None:
    """Every unit with the responsibility whose party may adjust now."""
    units = with_duty(s, those_of(s, *may_adjust(s)), STEP, "justera")
    step_told(s, STEP, "justera", [unit for unit in units if unit not in already], already)


@guard(
    "V-12",
    sv="Slutenvården har inte klarmarkerat sin del ännu.",
    en="Inpatient care has not marked its part as ready yet.",
    element="/type",
)
def the_ward_is_ready(s: Context) -> bool:
    return svu(s.case).klarmarkerad


@guard(
    "V-13",
    sv="Öppenvården har svarat nej till ställningstagandet till SIP och kan inte justera.",
    en="Outpatient care has said no to the position on SIP and cannot adjust.",
    element="/type",
)
def oppenvard_has_not_said_no(s: Context) -> bool:
    return s.party != "oppenvard" or svu(s.case).sip_approved is not False


@guard(
    "V-15",
    sv="Enhetens justering väntas inte: den är redan gjord, eller ingen roll på enheten har ansvaret.",
    en="The unit's adjustment is not awaited: it is done, or no role of the unit has the responsibility.",
    element="/type",
)
def its_justering_is_awaited(s: Context) -> bool:
    awaited = s.case.awaited.get(STEP)
    return awaited is not None and s.unit in awaited.by


@guard(
    "V-13",
    sv="Öppenvården justerar först när den godkänt ställningstagandet till SIP (svu.sip_stallning).",
    en="Outpatient care adjusts only when it has approved the position on SIP (svu.sip_stallning).",
    element="/type",
)
def oppenvard_approves(s: Context) -> bool:
    return s.party != "oppenvard" or svu(s.case).sip_approved is True


@guard(
    "V-13",
    sv="Fyll i responsible_physicians och responsibility_division före justering.",
    en="Fill in responsible_physicians and responsibility_division before adjusting.",
    element="/data",
)
def oppenvards_part_is_complete(s: Context) -> bool:
    return s.party != "oppenvard" or is_complete(s, "oppenvard")


@guard(
    "V-14",
    sv="Fyll i planned_efforts före justering.",
    en="Fill in planned_efforts before adjusting.",
    element="/data",
)
def kommuns_part_is_complete(s: Context) -> bool:
    return s.party != "kommun" or is_complete(s, "kommun")


@guard(
    "C-1",
    sv="Rollen har inte ansvaret att justera. Låt en roll med ansvaret göra det.",
    en="The role has no responsibility to adjust. Let a role that has it do so.",
    element="/actorrole",
)
def the_role_may_adjust(s: Context) -> bool:
    return s.role in able(s.case, s.unit, STEP, "justera", s.directory)


def adjust(s: Context) -> None:
    who = {"actor": s.message.actor, "role": s.role, "time": s.message.time.isoformat()}
    s.emit("acted", step=STEP, unit=s.unit, **who)
