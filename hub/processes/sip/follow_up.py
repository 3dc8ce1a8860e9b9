"""How it has gone: follow-up and evaluation (P-12, P-13, S-10). Imports the engine and the shared rules only."""

from __future__ import annotations

from collections.abc import Iterable

from hub.processes.engine.rule import Context, Fault, Rule, codes, guard
from hub.processes.profiles.sip_codes import CONTINUES
from hub.processes.shared.audience import ALL_PARTIES, everyone_else
from hub.processes.sip.audience import a_ward_of_the_region, keep, move
from hub.processes.sip.document_words import write_fields
from hub.processes.sip.edits import hides_effort
from hub.processes.sip.element_events import PLAN, is_current, kind_of, that_stand, writings_of, written_later
from hub.processes.sip.fields import cells
from hub.processes.sip.gate import CONSENT, may_tell_others_more, the_initiativ_is_sent, the_transfer_is_allowed
from hub.processes.sip.las import the_document_is_not_locked, the_lock_is_free, write_the_document
from hub.processes.sip.state import is_locked, sip
from hub.processes.sip.who import is_the_coordinator, senders, writer
from schemas.sip import Uppfoljning, Utvardering

FOLLOW_UP, EVALUATION = "uppfoljning", "utvardering"
_FIELD = {"text": "follow_up", "status": "status", "outcome": "outcome", "attainment": "attainment"}


def the_followed_up(data: Uppfoljning) -> Iterable[str]:
    """The elements that the items name."""
    return [item.element for item in data.items]


@guard(
    "S-10",
    sv="Planen är inte aktiv: uppföljningen skrivs på en godkänd plan.",
    en="The plan is not active: the follow-up is written on an approved plan.",
    element="/type",
)
def the_plan_is_active(s: Context) -> bool:
    states = s.profile.followed_up_in
    return not states or sip(s.case).state in states


@guard(
    "P-12",
    sv="Uppföljningen aktiveras en gång per version, på en låst plan.",
    en="The follow-up is activated once per version, on a locked plan.",
    element="/data/activate",
)
def it_is_activated_once(s: Context) -> bool:
    if not s.data.activate:
        return True
    return is_locked(s.case, PLAN) and not sip(s.case).activated and sip(s.case).state in s.profile.follow_up_begins_in


@guard(
    "P-12",
    sv="Uppföljningen är inte aktiverad: sänd activate true först.",
    en="The follow-up is not activated: send activate true first.",
    element="/data/items",
)
def it_is_activated_first(s: Context) -> bool:
    if not s.profile.locks_documents:
        return True
    return s.data.activate or sip(s.case).activated


@guard(
    "P-12",
    sv="Ange activate, eller minst ett element i items.",
    en="Give activate, or at least one element in items.",
    element="/data",
)
def something_is_said(s: Context) -> bool:
    return s.data.activate or bool(s.data.items)


@guard(
    "LC-1",
    sv="Huvudmålet saknas: samordningsansvarig skriver det först.",
    en="The main goal is missing: the coordinator writes it first.",
    element="/type",
)
def there_is_a_main_goal(s: Context) -> bool:
    return not s.profile.ongoing_from or "huvudmal" in sip(s.case).plan


@guard(
    "P-12",
    sv="Elementet finns inte i den gällande planen, eller är avslutat.",
    en="The element is not in the current plan, or has ended.",
    element="/data/items",
)
def the_elements_go_on(s: Context) -> bool | Fault:
    for number, item in enumerate(s.data.items):
        one = s.case.elements.get(item.element)
        if item.element == PLAN and s.profile.shares_efforts:
            continue
        hidden = one is not None and hides_effort(s, one) and one.state["unit"] != s.unit
        if (
            one is None
            or hidden
            or "ended" in one.state
            or not is_current(s.case, one, carries_over=s.profile.carries_over)
        ):
            return Fault(f"/data/items/{number}/element")
    return True


@guard(
    "P-12",
    sv="Elementet har inget sådant fält i uppföljningen. Fälten är: {codes}.",
    en="The element has no such field in the follow-up. The fields are: {codes}.",
    element="/data/items",
)
def the_fields_are_the_elements(s: Context) -> bool | Fault:
    for number, item in enumerate(s.data.items):
        holds = s.profile.elements.get(kind_of(item.element))
        known = {wire for wire, name in _FIELD.items() if holds is not None and name in holds.fields}
        if item.element == PLAN and s.profile.shares_efforts:
            known = {"attainment"}
        said = [wire for wire in _FIELD if getattr(item, wire) is not None]
        for wire in said:
            if wire not in known:
                return Fault(f"/data/items/{number}/{wire}", codes=codes(known))
        if not said:
            return Fault(f"/data/items/{number}", codes=codes(known))
    return True


@guard(
    "P-12",
    sv="Koden finns inte i regionens lista. Koderna är: {codes}.",
    en="The code is not in the region's list. The codes are: {codes}.",
    element="/data/items",
)
def the_codes_exist(s: Context) -> bool | Fault:
    for number, item in enumerate(s.data.items):
        for wire in ("status", "outcome", "attainment"):
            value, known = getattr(item, wire), s.profile.codes.get(wire, frozenset())
            if value is not None and value not in known:
                return Fault(f"/data/items/{number}/{wire}", codes=codes(known))
    return True


@guard(
    "E-3",
    sv="Fältet har skrivits sedan elementet lästes: version {stands} gäller. Läs orden som står (warnings) och sänd igen.",
    en="The field was written since the element was read: version {stands} stands. Read what stands (warnings), send again.",
    element="/data/items",
)
def nobody_wrote_it_since(s: Context) -> bool | Fault:
    for number, item in enumerate(s.data.items):
        one = s.case.elements.get(item.element)
        if one is None or item.version is None:
            continue
        names = [name for wire, name in _FIELD.items() if getattr(item, wire) is not None]
        later = written_later(writings_of(one), names, item.version)
        if later or item.version > one.version:
            s.warnings += that_stand(item.element, later)
            return Fault(f"/data/items/{number}/version", stands=str(one.version))
    return True


@guard(
    "P-12",
    sv="En insats följs upp av enheten som lade till den, målen av samordningsansvarig i egen person.",
    en="An insats is followed up by the unit that added it, the goals by the coordinator in person.",
    element="/data/items",
)
def it_is_ones_own_to_follow_up(s: Context) -> bool | Fault:
    if not s.profile.shares_efforts:
        return True
    for number, item in enumerate(s.data.items):
        one = s.case.elements.get(item.element)
        own = one is not None and kind_of(item.element) == "insats" and one.state["unit"] == s.unit
        # With the author's unit gone, the coordinator follows up.
        gone = one is not None and kind_of(item.element) == "insats" and one.state["unit"] not in s.case.participants
        goal = kind_of(item.element) != "insats"
        if not own and not ((goal or gone) and is_the_coordinator(s)):
            return Fault(f"/data/items/{number}/element")
    return True


@guard(
    "LC-6",
    sv="Insatser som inte är delade följs upp för sig.",
    en="Insatser that are not shared are followed up by themselves.",
    element="/data/items",
)
def unshared_ones_stand_by_themselves(s: Context) -> bool:
    return _unshared(s) in {0, len(s.data.items)}


def _unshared(s: Context) -> int:
    found = [s.case.elements.get(item.element) for item in s.data.items]
    return sum(one is not None and hides_effort(s, one) for one in found)


@guard(
    "P-15",
    sv=the_transfer_is_allowed.sv,
    en=the_transfer_is_allowed.en,
    element="/type",
)
def a_shared_follow_up_needs_the_transfer(s: Context) -> bool:
    return may_tell_others_more(s) or (bool(s.data.items) and _unshared(s) == len(s.data.items))


def follow_up(s: Context) -> None:
    """The elements say how it has gone; an outcome other than that it goes on ends an insats."""
    if s.data.activate:
        s.emit("activated")
        after = s.profile.state_when_followed_up
        if after is not None:
            move(s, after)
    if s.profile.locks_documents and s.data.items:
        write_the_document(s, FOLLOW_UP)
    if _unshared(s):
        keep(s)
    who = writer(s)
    for item in s.data.items:
        values = {name: getattr(item, wire) for wire, name in _FIELD.items() if getattr(item, wire) is not None}
        change = "tillagd" if item.element not in s.case.elements else "andrad"
        s.emit("edited", element=item.element, change=change, set=values, **who)
        if item.outcome is not None and item.outcome != CONTINUES:
            s.emit("edited", element=item.element, change="avslutad", **who)


def told_of_the_follow_up(s: Context) -> list[str]:
    return [] if any(name == "kept" for name, _ in s.events) else everyone_else(s)


UPPFOLJNING = Rule(
    "sip.uppfoljning",
    ALL_PARTIES,
    ("P-12", "S-10"),
    (follow_up,),
    told_of_the_follow_up,
    guards=(
        *senders("sip.uppfoljning", "P-12"),
        *CONSENT,
        the_initiativ_is_sent,
        the_plan_is_active,
        there_is_a_main_goal,
        the_document_is_not_locked(FOLLOW_UP),
        the_lock_is_free(FOLLOW_UP),
    ),
    checks=(
        *cells("sip.uppfoljning", "P-12"),
        something_is_said,
        it_is_activated_once,
        it_is_activated_first,
        the_elements_go_on,
        the_fields_are_the_elements,
        the_codes_exist,
        it_is_ones_own_to_follow_up,
        unshared_ones_stand_by_themselves,
        nobody_wrote_it_since,
        a_shared_follow_up_needs_the_transfer,
    ),
    from_outside=a_ward_of_the_region,
    touches=the_followed_up,
    writes=("plan", "uppfoljning"),
)

# --- sip.utvardering (PR) ---------------------------------------------------------------------------------------------


def the_evaluated(data: Utvardering) -> Iterable[str]:
    """The goals that it speaks of, and the rows of its own words."""
    return [*(goal.element for goal in data.goals), f"{EVALUATION}/"]


@guard(
    "P-13",
    sv="Planen är inte låst: lås den före utvärderingen.",
    en="The plan is not locked: lock it before the evaluation.",
    element="/type",
)
def the_evaluation_can_begin(s: Context) -> bool:
    begun = "utvardering" in sip(s.case).documents
    return begun or is_locked(s.case, PLAN)


@guard(
    "P-13",
    sv="Målet finns inte i planen.",
    en="The goal is not in the plan.",
    element="/data/goals",
)
def the_goals_are_in_the_plan(s: Context) -> bool | Fault:
    for number, goal in enumerate(s.data.goals):
        one = s.case.elements.get(goal.element)
        if one is None or one.removed or kind_of(goal.element) not in {"mal", "aktivitet"}:
            return Fault(f"/data/goals/{number}/element")
    return True


@guard(
    "P-13",
    sv="Ange date, summary eller goals.",
    en="Give date, summary or goals.",
    element="/data",
)
def the_evaluation_says_something(s: Context) -> bool:
    return s.data.date is not None or s.data.summary is not None or bool(s.data.goals)


def evaluate(s: Context) -> None:
    begun = "utvardering" in sip(s.case).documents
    said = s.data.model_dump(mode="json", exclude_none=True, include={"date", "summary"})
    write_fields(s, EVALUATION, said | {f"goals.{goal.element}": goal.text for goal in s.data.goals})
    write_the_document(s, EVALUATION)
    if not begun and s.profile.state_when_evaluated is not None:
        move(s, s.profile.state_when_evaluated)


UTVARDERING = Rule(
    "sip.utvardering",
    ALL_PARTIES,
    ("P-13", "C-53", "PR-5"),
    (evaluate,),
    everyone_else,
    guards=(
        *senders("sip.utvardering", "P-13"),
        *CONSENT,
        the_initiativ_is_sent,
        the_evaluation_can_begin,
        the_document_is_not_locked(EVALUATION),
        the_lock_is_free(EVALUATION),
    ),
    checks=(*cells("sip.utvardering", "P-13"), the_evaluation_says_something, the_goals_are_in_the_plan),
    touches=the_evaluated,
    writes=("utvardering",),
)
