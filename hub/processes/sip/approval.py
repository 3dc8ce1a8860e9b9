"""How the plan becomes valid (S-9, P-10, P-11, P-17). Imports the engine and the shared rules only."""

from __future__ import annotations

from typing import Any

from hub.processes.engine.events import WRITING
from hub.processes.engine.rule import Context, Fault, Rule, guard
from hub.processes.engine.unit_view import able
from hub.processes.shared.audience import ALL_PARTIES, everyone_else, step_told, with_duty
from hub.processes.sip.audience import a_ward_of_the_region, move, the_whole_plan
from hub.processes.sip.call import starts
from hub.processes.sip.copied import copy_into_the_plan
from hub.processes.sip.document_words import empty
from hub.processes.sip.element_events import is_current, kind_of, value_of
from hub.processes.sip.fields import cells, coded
from hub.processes.sip.gate import CONSENT, the_initiativ_is_sent
from hub.processes.sip.las import can_be_approved, may_write
from hub.processes.sip.needed import first_lacking
from hub.processes.sip.reminders import caller_of_the_last, wards_that_remain
from hub.processes.sip.state import SEND, is_locked, sip, standing_meetings
from hub.processes.sip.who import convening_unit, is_the_coordinator, senders, takes_over_from

STEP, ACT = "plan", "godkanna"
APPROVING, ACTIVE = "godkanns", "aktiv"

# --- sip.godkannande_start (MP) ---------------------------------------------------------------------------------------


@guard(
    "S-9",
    sv="Godkännandet startas när planen är öppen och ett möte har kallats.",
    en="The approval is started when the plan is open and a meeting has been called.",
    element="/type",
)
def the_plan_can_be_put_up(s: Context) -> bool:
    """In the first version a call must stand: one that was recalled is none."""
    own = sip(s.case)
    called = own.version > s.profile.first_version or any(True for _ in standing_meetings(s.case))
    return own.state in s.profile.approval_starts_in and called


@guard(
    "S-9",
    sv="Ingen enhet i ärendet har en roll med ansvaret att godkänna: ingen kan svara. Lägg till en roll eller enhet först.",
    en="No unit of the case has a role with the responsibility to approve: nobody can answer. Add a role or a unit first.",
    element="/data",
)
def somebody_can_approve(s: Context) -> bool:
    return bool(with_duty(s, list(s.case.participants), STEP, ACT))


@guard(
    "S-9",
    sv="Planen saknar {field} i {element}. Fyll i det före godkännandet.",
    en="The plan lacks {field} of {element}. Fill it in before the approval.",
    element="/data",
)
def everything_required_is_there(s: Context) -> bool | Fault:
    found = first_lacking(s)
    return found is None or Fault(element=found[0], field=found[1])


@guard(
    "S-9",
    sv="Planen har inget delmål med ansvarig enhet.",
    en="The plan has no sub-goal with a responsible unit.",
    element="/data",
)
def there_is_a_sub_goal_with_a_responsible_unit(s: Context) -> bool:
    return any(
        "unit" in (value_of(one, "responsible") or {})
        for one in s.case.elements.values()
        if kind_of(one.address) == "delmal" and is_current(s.case, one, carries_over=True)
    )


def put_up(s: Context) -> None:
    """The plan is frozen, and every participating unit with the duty is asked, the sender's too."""
    s.emit("approving")
    units = with_duty(s, list(s.case.participants), STEP, ACT)
    move(s, APPROVING)
    step_told(s, STEP, ACT, units)
    written = sip(s.case).writers
    s.warnings.extend(f"inget-skrivet:{unit}" for unit in s.case.participants if unit not in written)
    parents = {one.state.get("under") for one in s.case.elements.values() if not one.removed}
    s.warnings.extend(
        f"delmal-utan-aktivitet:{one.address}"
        for _, one in sorted(s.case.elements.items())
        if kind_of(one.address) == "delmal" and not one.removed and one.address not in parents
    )


GODKANNANDE_START = Rule(
    "sip.godkannande_start",
    ALL_PARTIES,
    ("S-9", "P-10"),
    (put_up,),
    everyone_else,
    guards=(*senders("sip.godkannande_start", "P-10"), *CONSENT, the_plan_can_be_put_up),
    checks=(there_is_a_sub_goal_with_a_responsible_unit, everything_required_is_there, somebody_can_approve),
    from_outside=a_ward_of_the_region,
    touches=the_whole_plan,
)

# --- sip.godkannande --------------------------------------------------------------------------------------------------


@guard(
    "S-9",
    sv="Planen är inte framlagd för godkännande, eller enheten har redan godkänt.",
    en="The plan is not put up for approval, or the unit has approved already.",
    element="/type",
)
def the_unit_is_asked_to_approve(s: Context) -> bool:
    if s.profile.approved_by != "units":
        return True
    awaited = s.case.awaited.get(STEP)
    return awaited is not None and awaited.act == ACT and s.unit in awaited.by


@guard(
    "C-1",
    sv="Rollen har inte ansvaret att godkänna. Låt en roll med ansvaret göra det.",
    en="The role has no responsibility to approve. Let a role that has it do so.",
    element="/actorrole",
)
def the_role_approves(s: Context) -> bool:
    return s.profile.approved_by != "units" or s.role in able(s.case, s.unit, STEP, ACT, s.directory)


@guard(
    "P-10",
    sv="Minst en anteckning är osignerad, eller det finns ingen.",
    en="At least one note is not signed, or there is none.",
    element="/type",
)
def every_note_is_signed(s: Context) -> bool:
    if s.profile.approved_by != "coordinator":
        return True
    return sip(s.case).state in s.profile.approval_starts_in and can_be_approved(s.case)


@guard(
    "P-10",
    sv="Planen godkänns i samråd med den enskilde: ange with_person true.",
    en="The plan is approved together with the person: give with_person true.",
    element="/data/with_person",
)
def it_is_approved_with_the_person(s: Context) -> bool:
    return s.profile.approved_by != "coordinator" or s.data.with_person is True


@guard(
    "P-17",
    sv="Ange show_1177_reason: varför planen inte visas på 1177.",
    en="Give show_1177_reason: why the plan is not shown at 1177.",
    element="/data/show_1177_reason",
)
def a_no_to_1177_has_a_reason(s: Context) -> bool:
    return s.data.show_1177 is not False or s.data.show_1177_reason is not None


@guard(
    "P-10",
    sv="Godkännandet gäller en annan version än den gällande: version {stands} gäller.",
    en="The approval is of another version than the current: version {stands} stands.",
    element="/data/plan_version",
)
def it_is_of_the_current_version(s: Context) -> bool | Fault:
    stands = sip(s.case).version
    return s.data.plan_version in {None, stands} or Fault(stands=str(stands))


def approve(s: Context) -> None:
    said: dict[str, Any] = s.data.model_dump(
        mode="json", exclude_none=True, include={"approver", "how", "show_1177", "show_1177_reason"}
    )
    s.emit("approved", unit=s.unit, at=s.at, **said)
    if s.profile.approved_by == "units":
        role = s.role
        time = s.message.time.isoformat()
        s.emit("acted", step=STEP, unit=s.unit, actor=s.message.actor, role=role, time=time)
        become_active(s)
    elif s.profile.approved_by == "coordinator":
        step_told(s, STEP, None, [])
        s.emit("valid", version=sip(s.case).version, at=s.at)
        move(s, "godkand")


def become_active(s: Context) -> None:
    """S-9: with the last awaited unit's approval, or its removal, the plan is valid (C-11, C-54)."""
    awaited = s.case.awaited.get(STEP)
    if sip(s.case).state != APPROVING or awaited is None or awaited.by:
        return
    s.emit("valid", version=sip(s.case).version, at=s.at)
    move(s, ACTIVE)
    if s.unit == caller_of_the_last(s.case):
        s.warnings.extend(wards_that_remain(s.case))
    leaves = s.now + s.profile.on_the_list_after_approval
    s.emit("off_list", at=leaves.isoformat())


GODKANNANDE = Rule(
    "sip.godkannande",
    ALL_PARTIES,
    ("P-10", "S-9", "P-17"),
    (approve,),
    everyone_else,
    guards=(*senders("sip.godkannande", "P-10"), *CONSENT, the_unit_is_asked_to_approve, every_note_is_signed),
    checks=(
        *cells("sip.godkannande", "P-10", show_1177="P-17", show_1177_reason="P-17"),
        coded("P-10", ("approver", "approver"), ("how", "how_approved")),
        the_role_approves,
        it_is_approved_with_the_person,
        a_no_to_1177_has_a_reason,
        it_is_of_the_current_version,
    ),
)

# --- sip.upprattande (SA) ---------------------------------------------------------------------------------------------


def last_begun(s: Context) -> dict[str, Any] | None:
    """The last meeting that has begun and is not said to have been cancelled."""
    begun = [
        (start, one)
        for _, one in standing_meetings(s.case)
        if one.get("held") is not False and (start := starts(one)) is not None and start <= s.now
    ]
    return max(begun, key=lambda each: each[0])[1] if begun else None


@guard(
    "P-10",
    sv="Inget möte har börjat ännu: planen upprättas efter mötet.",
    en="No meeting has begun yet: the plan is established after the meeting.",
    element="/data",
)
def a_meeting_has_begun(s: Context) -> bool:
    return last_begun(s) is not None


@guard(
    "P-10",
    sv="Planen upprättas av den enhet som sammankallade det senaste mötet.",
    en="The plan is established by the unit that convened the last meeting.",
    element="/source",
)
def the_convener_establishes(s: Context) -> bool:
    unit = convening_unit(last_begun(s) or {})
    return unit == s.unit or takes_over_from(s, unit)


@guard(
    "P-10",
    sv="Personen eller ställföreträdaren har inte godkänt innehållet: sänd sip.godkannande först.",
    en="The person or the representative has not approved the content: send sip.godkannande first.",
    element="/data",
)
def the_content_is_approved(s: Context) -> bool:
    return bool(sip(s.case).approval) or s.case.samtycke == "menprovning"


@guard(
    "P-10",
    sv="Inget uppföljningsmöte är kallat: sänd sip.kallelse av slaget uppfoljning, i framtiden, först.",
    en="No follow-up meeting is called: send a sip.kallelse of kind uppfoljning, in the future, first.",
    element="/data",
)
def a_follow_up_is_booked(s: Context) -> bool:
    return any(
        one["kind"] == "uppfoljning" and (start := starts(one)) is not None and start > s.now
        for _, one in standing_meetings(s.case)
    )


@guard(
    "P-10",
    sv="SIP:en upprättas en gång, efter ett möte: använd uppfoljd därefter.",
    en="The SIP is established once, after a meeting: use uppfoljd after that.",
    element="/data/kind",
)
def it_is_established_once(s: Context) -> bool:
    return s.data.kind != "upprattad" or sip(s.case).state == "sip_mote"


@guard(
    "P-11",
    sv="SIP:en är inte upprättad: följ upp efter upprättandet.",
    en="The SIP is not established: follow it up after that.",
    element="/data/kind",
)
def an_established_one_is_followed_up(s: Context) -> bool:
    return s.data.kind != "uppfoljd" or sip(s.case).state in {"upprattad", "uppfoljd"}


@guard(
    "P-9",
    sv="Planen saknar {field} i {element}. Fyll i det först.",
    en="The plan lacks {field} of {element}. Fill it in first.",
    element="/data",
)
def the_plan_is_complete(s: Context) -> bool | Fault:
    found = first_lacking(s)
    return found is None or Fault(element=found[0], field=found[1])


def establish(s: Context) -> None:
    """The next version is valid: 0 becomes 1, and so on (P-11). A version is archived as it was when it became valid; the approval
    is of the version that becomes valid, so that the next needs one of its own (E-7).
    """
    own = sip(s.case)
    approval = {name: value for name, value in own.approval.items() if name != "sequence"}
    established = {"until": own.last_valid["sequence"]} if own.last_valid else {}
    s.emit("version_closed", carries_over=True, at=s.at, **established)
    s.emit("valid", version=sip(s.case).version, at=s.at, **({"approval": approval} if approval else {}))
    move(s, s.data.kind)
    step_told(s, STEP, None, [])


UPPRATTANDE = Rule(
    "sip.upprattande",
    ALL_PARTIES,
    ("P-10", "P-11"),
    (establish,),
    everyone_else,
    guards=(*senders("sip.upprattande", "P-10"), *CONSENT),
    checks=(
        *cells("sip.upprattande", "P-10"),
        it_is_established_once,
        an_established_one_is_followed_up,
        a_meeting_has_begun,
        the_convener_establishes,
        the_plan_is_complete,
        the_content_is_approved,
        a_follow_up_is_booked,
    ),
    touches=the_whole_plan,
    writes=("plan",),
)

# --- sip.uppdatering --------------------------------------------------------------------------------------------------


@guard(
    "S-11",
    sv="Planen uppdateras när den är aktiv eller under godkännande.",
    en="The plan is updated while it is active or being approved.",
    element="/type",
)
def there_is_an_approval_to_break(s: Context) -> bool:
    return not s.profile.updating_breaks_approval or sip(s.case).state in {APPROVING, ACTIVE}


@guard(
    "S-11",
    sv="Bara samordningsansvarig i egen person uppdaterar planen.",
    en="Only the coordinator in person updates the plan.",
    element="/actor",
)
def the_coordinator_updates(s: Context) -> bool:
    return not s.profile.updating_breaks_approval or is_the_coordinator(s)


@guard(
    "P-11",
    sv="Nästa version börjar från en godkänd version. Godkänn den först.",
    en="The next version begins from an approved one. Approve it first.",
    element="/type",
)
def an_approved_version_is_left(s: Context) -> bool:
    if s.profile.locks_documents or s.profile.updating_breaks_approval:
        return True
    return sip(s.case).state in s.profile.next_version_from


@guard(
    "P-11",
    sv="Nästa version börjar från en godkänd eller låst version, och inte sedan utvärderingen har börjat.",
    en="The next version begins from an approved or locked one, and not after the evaluation has begun.",
    element="/type",
)
def the_version_can_be_left(s: Context) -> bool:
    if not s.profile.locks_documents or s.data.document != "plan":
        return True
    return sip(s.case).state in s.profile.next_version_from and is_locked(s.case, STEP)


@guard(
    "P-11",
    sv="Ny plan ställer in kallelse, uppföljning och kallelse till utvärdering. Sänd med confirmed true.",
    en="A new plan cancels the call, the follow-up and the call to the evaluation. Send it with confirmed true.",
    element="/data/confirmed",
)
def a_new_plan_is_confirmed(s: Context) -> bool:
    return not s.profile.locks_documents or s.data.document != "plan" or s.data.confirmed


@guard(
    "PR-5",
    sv="En annan enhet skriver kartläggningen. Vänta på dess signering.",
    en="Another unit writes the kartlaggning. Wait for its signing.",
    element="/data/document",
)
def nobody_writes_the_assessment(s: Context) -> bool:
    return s.data.document != "kartlaggning" or may_write(s, "kartlaggning")


def update(s: Context) -> None:
    if s.data.document == "kartlaggning":
        empty(s, "kartlaggning")
        _grey(s, ("kartlaggning",))
        return
    if s.profile.locks_documents:
        for id_, one in standing_meetings(s.case):
            if one.get("held") is None:
                s.emit("meeting", id=id_, set={"cancelled": True, "changed": s.at})
        for name in ("plan", "uppfoljning"):
            empty(s, name)
        _grey(s, ("kallelse", "plan", "uppfoljning", "kallelse_utvardering"))
    s.emit("version_closed", carries_over=s.profile.carries_over, at=s.at)
    move(s, s.profile.state_after_update)
    if not s.profile.locks_documents:
        step_told(s, STEP, WRITING, [])
    if s.profile.updating_breaks_approval:
        _take_over_the_call(s)
    if s.case.archived is not None:
        s.emit("back_on_list")


def _take_over_the_call(s: Context) -> None:
    """S-8, S-11: the new version has the latest call's date, time and reason; the follow-up is called before it begins."""
    calls = [one for _, one in standing_meetings(s.case)]
    if calls:
        copy_into_the_plan(s, max(calls, key=lambda one: int(one["sequence"])))
    if all(one["kind"] != "uppfoljning" for one in calls):
        s.warnings.append("uppfoljning-inte-kallad")


def _grey(s: Context, steps: tuple[str, ...]) -> None:
    """Steps begin anew: nothing of them is awaited."""
    for key in [key for key, one in s.case.awaited.items() if one.step in steps and one.act != SEND]:
        s.emit("ended", key=key)
    s.emit("steps_begun_anew", steps=list(steps))


UPPDATERING = Rule(
    "sip.uppdatering",
    ALL_PARTIES,
    ("P-11", "S-11"),
    (update,),
    everyone_else,
    guards=(
        *senders("sip.uppdatering", "P-11"),
        *CONSENT,
        the_initiativ_is_sent,
        there_is_an_approval_to_break,
        an_approved_version_is_left,
    ),
    checks=(
        *cells("sip.uppdatering", "P-11", reason="S-11"),
        the_coordinator_updates,
        the_version_can_be_left,
        nobody_writes_the_assessment,
        a_new_plan_is_confirmed,
    ),
    touches=the_whole_plan,
    writes=("plan", "kartlaggning"),
)
