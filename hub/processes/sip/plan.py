"""The plan as a document: edits, sharing, re-opening, follow-up (P-9, P-12, P-18, E-1 to E-6). Imports the engine and the shared rules
only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.element import Element
from hub.processes.engine.events import WRITING
from hub.processes.engine.rule import Context, Fault, Rule, guard
from hub.processes.shared.audience import ALL_PARTIES, everyone_else, step_told
from hub.processes.sip.audience import (
    PLAN_BEGINNINGS,
    a_ward_of_the_region,
    keep,
    move,
    publish,
    the_whole_plan_of_what_was_saved,
)
from hub.processes.sip.edit_faults import EDIT_FAULTS
from hub.processes.sip.edits import events_of, hides_effort, walk
from hub.processes.sip.element_events import PLAN
from hub.processes.sip.fields import cells, is_sent
from hub.processes.sip.gate import CONSENT, may_tell_others_more, the_initiativ_is_sent, the_transfer_is_allowed
from hub.processes.sip.lage import snapshot
from hub.processes.sip.las import await_the_approval, the_document_is_not_locked, the_lock_is_free, write_the_document
from hub.processes.sip.needed import incomplete_after, lacking
from hub.processes.sip.protected import plan_shown
from hub.processes.sip.state import sip
from hub.processes.sip.who import ADMINISTRATOR, senders, writer
from schemas.envelope import Message
from schemas.sip import Plan

STEP = "plan"


def the_edited(data: Plan) -> Iterable[str]:
    """The elements that the edits name, their parents, and the plan itself; with an end or a removal the whole plan, because what
    lies under goes along.
    """
    if any(edit.change in {"avslutad", "borttagen"} for edit in data.edits):
        return PLAN_BEGINNINGS
    named = {PLAN}
    for edit in data.edits:
        named.add(edit.element)
        if edit.under is not None:
            named.add(edit.under)
        responsible = None if edit.set is None else edit.set.follow_up_responsible
        if responsible is not None:
            named.add(responsible)
    return named


def _closed_by(s: Context) -> str | None:
    """The rule by which the plan is not edited in its state (§5); None while it is open."""
    rules: Mapping[str, str] = s.profile.plan_closed_in
    return rules.get(sip(s.case).state)


@guard(
    "S-9",
    sv="Planen är under godkännande: bryt godkännandet med sip.uppdatering för att ändra den.",
    en="The plan is being approved: break the approval by sip.uppdatering to change it.",
    element="/type",
)
def the_plan_is_not_being_approved(s: Context) -> bool:
    return _closed_by(s) != "S-9"


@guard(
    "S-10",
    sv="Planen är aktiv: bara uppföljning och status ändras, med sip.uppfoljning. Annat kräver sip.uppdatering.",
    en="The plan is active: only follow-up and status change, by sip.uppfoljning. Anything else needs sip.uppdatering.",
    element="/type",
)
def the_plan_is_not_active(s: Context) -> bool:
    return _closed_by(s) != "S-10"


@guard(
    "P-10",
    sv="Planen är godkänd och låst: börja nästa version med sip.uppdatering.",
    en="The plan is approved and locked: begin the next version by sip.uppdatering.",
    element="/type",
)
def the_version_is_not_approved(s: Context) -> bool:
    return _closed_by(s) != "P-10"


@guard(
    "LC-1",
    sv="Mötet är inte hållet: sänd sip.mote först.",
    en="The meeting has not been held: send sip.mote first.",
    element="/type",
)
def the_meeting_was_held(s: Context) -> bool:
    return sip(s.case).state not in s.profile.before_the_meeting


@guard(
    "P-9",
    sv="Fältet krävs innan planen sänds. Fyll i {field} i {element}, eller spara med send false.",
    en="The field is required before the plan is sent. Fill in {field} of {element}, or save it with send false.",
    element="/data/edits",
)
def a_sent_plan_is_complete(s: Context) -> bool | Fault:
    if "send" not in s.profile.cells["sip.plan"] or not is_sent(s.data):
        return True
    found = walk(s)
    left = incomplete_after(s, found.trial, found.changed)
    return not left or Fault(element=left[0], field=lacking(s, found.trial, left[0]) or "")


@guard(
    "P-15",
    sv=the_transfer_is_allowed.sv,
    en=the_transfer_is_allowed.en,
    element="/type",
)
def shared_edits_need_the_transfer(s: Context) -> bool:
    return may_tell_others_more(s) or walk(s).unshared == len(s.data.edits)


def edit(s: Context) -> None:
    """The edits hold, all of them; the state, the lock and the approval follow."""
    found = walk(s)
    if s.profile.locks_documents:
        write_the_document(s, PLAN)
    if found.unshared:
        keep(s)
    for one in s.data.edits:
        for event in events_of(s, s.case, one):
            s.emit("edited", **event)
    if found.unshared:
        return
    if STEP not in s.case.steps or "writing" not in s.case.steps[STEP]:
        _begin_writing(s)
    _lose_the_approval(s)
    if "send" in s.profile.cells["sip.plan"]:
        _save_or_send(s, incomplete_after(s, s.case, found.changed))
    move_on(s)
    await_the_approval(s)
    _warn_without_a_day(s)


def _warn_without_a_day(s: Context) -> None:
    """LC: the day of the follow-up is decided at the meeting and stands with the main goal."""
    plan = sip(s.case).plan
    wrote_the_goal = any(one.element == PLAN and one.set and one.set.huvudmal for one in s.data.edits)
    if s.profile.ongoing_from and wrote_the_goal and "follow_up_date" not in plan:
        s.warnings.append("uppfoljningsdatum-saknas")


def _begin_writing(s: Context) -> None:
    if sip(s.case).state not in s.profile.plan_is_done_in:
        step_told(s, STEP, WRITING, [])


def _lose_the_approval(s: Context) -> None:
    """P-10: what was approved is not what stands now."""
    if s.profile.approval_of_content and sip(s.case).approval:
        s.emit("approval_lost")
        s.warnings.append("godkannande-bortfaller")


def _save_or_send(s: Context, incomplete: list[str]) -> None:
    """SA: a saved edit is told to nobody; with the next sent one the others are told how the plan stands."""
    if is_sent(s.data) and sip(s.case).unsent and s.case.published:
        s.joined.extend(unit for unit in s.case.participants if unit != s.unit)
    s.emit("saved", incomplete=incomplete, unsent=not is_sent(s.data))


def move_on(s: Context) -> None:
    """§5: the state after an edit of the plan."""
    own = sip(s.case)
    if "send" in s.profile.cells["sip.plan"]:
        if is_sent(s.data) and own.state == s.profile.states[0]:
            s.emit("sip_sent")
            move(s, s.profile.states[1])
            publish(s)
        return
    after = s.profile.state_after_edit.get(own.state)
    if after is not None:
        move(s, after)
    if s.profile.ongoing_from and own.state != s.profile.ongoing_from and own.living.get("delmal") and own.shared:
        move(s, s.profile.ongoing_from)
        step_told(s, STEP, None, [])
        s.emit("valid", version=own.version, at=s.at)


def told_of_the_edits(s: Context) -> list[str]:
    """All the others; of a saved plan, or of insatser that are not shared, nobody."""
    if not is_sent(s.data) or any(name == "kept" for name, _ in s.events):
        return []
    return everyone_else(s)


PLAN_RULE = Rule(
    "sip.plan",
    ALL_PARTIES,
    ("P-9", "E-1", "E-2", "E-3", "E-4", "E-5", "E-6"),
    (edit,),
    told_of_the_edits,
    guards=(
        *senders("sip.plan", "P-9"),
        *CONSENT,
        the_initiativ_is_sent,
        the_meeting_was_held,
        the_plan_is_not_being_approved,
        the_plan_is_not_active,
        the_version_is_not_approved,
        the_document_is_not_locked(PLAN),
        the_lock_is_free(PLAN),
    ),
    checks=(*cells("sip.plan", "P-9"), *EDIT_FAULTS, a_sent_plan_is_complete, shared_edits_need_the_transfer),
    from_outside=a_ward_of_the_region,
    touches=the_edited,
    touches_also=the_whole_plan_of_what_was_saved,
    writes=("plan",),
    shows=plan_shown,
)

# --- sharing and re-opening (LC-6, P-18) ------------------------------------------------------------------------------


def the_element(data: Any) -> Iterable[str]:
    """The element that the message names, and the plan's own sub-goals, under which it may stand."""
    return (data.element, "delmal/")


def _named(s: Context) -> Element | None:
    return s.case.elements.get(s.data.element)


@guard(
    "LC-6",
    sv="Ange en egen insats som inte är delad och inte avslutad.",
    en="Name an insats of your own that is neither shared nor ended.",
    element="/data/element",
)
def it_is_ones_own_effort(s: Context) -> bool:
    one = _named(s)
    return (
        one is not None
        and one.address.startswith("insats/")
        and not one.removed
        and "ended" not in one.state
        and one.state["unit"] == s.unit
        and "shared_at" not in one.state
        and not one.state["fields"].get("shared", [False])[0]
    )


@guard(
    "LC-6",
    sv="En delning tas inte tillbaka. Sänd shared true, eller avsluta insatsen.",
    en="A sharing is not undone. Send shared true, or end the insats.",
    element="/data/shared",
)
def sharing_is_not_undone(s: Context) -> bool:
    return bool(s.data.shared)


def share(s: Context) -> None:
    """The event holds the insats as it stands: nobody else knows of the acts that wrote it."""
    one = s.case.elements[s.data.element]
    stands = {"version": one.version, "state": {**one.state, "fields": dict(one.state["fields"])}}
    s.emit("edited", element=s.data.element, change="delad", stands=stands, **writer(s))
    move_on(s)


def as_it_stands(message: Message, case: Case) -> dict[str, Any]:
    """Nobody else has had the insats: the notice carries it whole."""
    data: Any = message.data
    return {"snapshot": snapshot(case.elements[data.element])}


DELNING = Rule(
    "sip.delning",
    ALL_PARTIES,
    ("LC-6", "P-9"),
    (share,),
    everyone_else,
    guards=(*senders("sip.delning", "P-9"), *CONSENT, the_transfer_is_allowed),
    checks=(*cells("sip.delning", "LC-6"), sharing_is_not_undone, it_is_ones_own_effort),
    completes=as_it_stands,
    touches=the_element,
    writes=("plan",),
)


@guard(
    "P-18",
    sv="Elementet är inte ett avslutat delmål eller en avslutad insats, eller det som det hör under är avslutat.",
    en="The element is not an ended sub-goal or insats, or what it stands under has ended.",
    element="/data/element",
)
def it_has_ended(s: Context) -> bool:
    one = _named(s)
    if one is None or one.removed or "ended" not in one.state or (hides_effort(s, one) and one.state["unit"] != s.unit):
        return False
    parent = s.case.elements.get(one.state.get("under", ""))
    return parent is None or "ended" not in parent.state


def reopen(s: Context) -> None:
    if hides_effort(s, s.case.elements[s.data.element]):
        keep(s)
    s.emit("edited", element=s.data.element, change="aterstalld", **writer(s))


@guard(
    "P-18",
    sv="Bara rollen administrator öppnar igen det som har avslutats. Ange den som actorrole.",
    en="Only the role administrator opens again what has ended. Give it as actorrole.",
    element="/actorrole",
)
def the_role_administers(s: Context) -> bool:
    return s.role == ADMINISTRATOR


def an_administrator_of_an_organisation(s: Context) -> bool:
    """P-18: administrators of region and municipality act without taking part themselves."""
    return all(one.holds(s) for one in senders("sip.aterstallning", "P-18"))


ATERSTALLNING = Rule(
    "sip.aterstallning",
    ALL_PARTIES,
    ("P-18",),
    (reopen,),
    told_of_the_edits,
    guards=(*senders("sip.aterstallning", "P-18"), *CONSENT, the_transfer_is_allowed),
    checks=(*cells("sip.aterstallning", "P-18"), the_role_administers, it_has_ended),
    from_outside=an_administrator_of_an_organisation,
    touches=the_element,
    writes=("plan",),
)
