"""The call to a meeting (S-5, P-6). Imports the engine and the shared rules only."""

from __future__ import annotations

from typing import Any

from hub.processes.engine.rule import Context, Fault, Rule, codes, guard
from hub.processes.shared.audience import ALL_PARTIES
from hub.processes.sip.audience import (
    a_ward_of_the_region,
    catch_up_those_who_now_know,
    keep_the_draft,
    move,
    publish,
    the_whole_plan,
    who_know,
)
from hub.processes.sip.call import (
    ACTORS,
    EVALUATION,
    asked_units,
    await_the_called,
    bring_in,
    called_units,
    key_of,
    starts,
    step_of,
    told_of_a_call,
    warn_of_new_parties,
    whole,
)
from hub.processes.sip.call_fields import cells_of_a_call, the_called_are_known, the_convener_is_known
from hub.processes.sip.call_shown import the_call_whole
from hub.processes.sip.coordinator import name_coordinator
from hub.processes.sip.copied import copy_into_the_plan
from hub.processes.sip.element_events import PLAN
from hub.processes.sip.fields import coded, is_sent
from hub.processes.sip.gate import SHARING
from hub.processes.sip.initiativ import kvittera_is_asked_here
from hub.processes.sip.koppling import link_with_the_stay, tell_of_the_call
from hub.processes.sip.meeting_rows import actors_alone, nobody_is_listed_against_the_persons_will
from hub.processes.sip.minors import warn_without_the_childs_voice
from hub.processes.sip.protected import CALL_HIDES
from hub.processes.sip.state import is_locked, sip, standing_meetings
from hub.processes.sip.who import is_the_coordinator, senders
from schemas.sip_parts import NamedContact
from schemas.swedish_time import local_day


@guard(
    "P-6",
    sv="Kallelsen är av ett slag som inte finns i ärendets region. Slagen är: {codes}.",
    en="The call is of a kind that the region of the case does not have. The kinds are: {codes}.",
    element="/data/kind",
)
def the_kind_exists_here(s: Context) -> bool | Fault:
    known = s.profile.codes["call"]
    return whole(s)["kind"] in known or Fault(codes=codes(known))


@guard(
    "P-6",
    sv="Mötet har redan en kallelse. Ändra den med sip.kallelse_andrad, eller ge mötet ett nytt id.",
    en="The meeting has a call already. Change it by sip.kallelse_andrad, or give the meeting a new id.",
    element="/data/meeting/id",
)
def the_meeting_is_new(s: Context) -> bool:
    found = sip(s.case).meetings.get(s.data.meeting.id)
    return found is None or ("sent" not in found and found.get("caller") == s.unit)


@guard(
    "S-5",
    sv="Mötestiden måste vara i framtiden.",
    en="The meeting must start in the future.",
    element="/data/meeting/start",
)
def it_starts_in_the_future(s: Context) -> bool:
    start = starts(whole(s))
    return not is_sent(s.data) or start is None or start > s.now


@guard(
    "P-6",
    sv="Mötet slutar före sin början.",
    en="The meeting ends before it starts.",
    element="/data/meeting/end",
)
def it_ends_after_its_start(s: Context) -> bool:
    meeting = s.data.meeting
    return meeting.end is None or meeting.start is None or meeting.end > meeting.start


def _past_the_first(s: Context) -> bool:
    """A version of the plan has been valid, or another than the first has begun (§5)."""
    own = sip(s.case)
    return bool(own.last_valid) or own.version > s.profile.first_version


@guard(
    "S-5",
    sv="Planen har godkänts eller uppdaterats: kalla till uppföljning.",
    en="The plan has been approved or updated: call to a follow-up.",
    element="/data/kind",
)
def a_new_plan_is_not_approved(s: Context) -> bool:
    return whole(s)["kind"] != "ny" or not s.profile.new_calls_end_with_the_first or not _past_the_first(s)


@guard(
    "S-5",
    sv="Planens första version har inte godkänts ännu: kalla till en ny plan.",
    en="The first version of the plan has not been approved yet: call to a new plan.",
    element="/data/kind",
)
def a_follow_up_has_something_to_follow(s: Context) -> bool:
    if whole(s)["kind"] != "uppfoljning" or s.profile.follow_up_at_any_time or s.profile.ongoing_from:
        return True
    return _past_the_first(s)


@guard(
    "LC-3",
    sv="SIP:en pågår: kalla till uppföljning. En ny SIP kan inte börja.",
    en="The SIP goes on: call to a follow-up. A new SIP cannot begin.",
    element="/data/kind",
)
def a_new_call_comes_before_the_plan(s: Context) -> bool:
    begun = s.profile.ongoing_from and "huvudmal" in sip(s.case).plan
    return whole(s)["kind"] != "ny" or not begun


@guard(
    "LC-3",
    sv="SIP:en är inte skapad ännu: kalla till ny.",
    en="The SIP is not made yet: call to ny.",
    element="/data/kind",
)
def a_follow_up_comes_after_the_plan(s: Context) -> bool:
    begun = not s.profile.ongoing_from or "huvudmal" in sip(s.case).plan
    return whole(s)["kind"] != "uppfoljning" or begun


@guard(
    "LC-3",
    sv="Efter den första kallelsen kallar bara samordningsansvarig i egen person.",
    en="After the first call only the coordinator in person calls.",
    element="/actor",
)
def later_calls_are_the_coordinators(s: Context) -> bool:
    if not s.profile.coordinator_is_the_caller or whole(s)["kind"] == ACTORS:
        return True
    return _is_the_first(s) or is_the_coordinator(s)


def _is_the_first(s: Context) -> bool:
    return all(one["kind"] == ACTORS for _, one in standing_meetings(s.case))


@guard(
    "LC-4",
    sv="Ange actor: den som kallar till den första SIP:en blir samordningsansvarig.",
    en="Give actor: the person who calls to the first SIP becomes the coordinator.",
    element="/actor",
)
def the_caller_is_a_person(s: Context) -> bool:
    if not s.profile.coordinator_is_the_caller or whole(s)["kind"] != "ny" or not is_sent(s.data):
        return True
    return s.message.actor is not None


@guard(
    "LC-4",
    sv="Ärendet hör till en utskrivning: öppenvården kallar till den första SIP:en.",
    en="The case belongs to a discharge: outpatient care calls to the first SIP.",
    element="/source",
)
def after_a_stay_outpatient_care_calls(s: Context) -> bool:
    if not s.profile.coordinator_is_the_caller or whole(s)["kind"] != "ny" or not _is_the_first(s):
        return True
    linked = any(link["process"] == "svu" for link in s.case.links.values())
    return not linked or s.party == "oppenvard"


@guard(
    "CL-2",
    sv="Det finns ingen samordningsansvarig: utse en med sip.samordningsansvarig först.",
    en="There is no coordinator: name one with sip.samordningsansvarig first.",
    element="/type",
)
def there_is_a_coordinator(s: Context) -> bool:
    # Who may call is asked elsewhere; without a coordinator the answer is another.
    return "coordinator_unit" not in s.profile.senders["sip.kallelse"] or bool(sip(s.case).coordinator)


@guard(
    "LC-2",
    sv="Till ett aktörsmöte kallas varken personen eller närstående.",
    en="Neither the person nor relatives are called to an aktorsmote.",
    element="/data/participants",
)
def actors_meet_alone(s: Context) -> bool | Fault:
    return whole(s)["kind"] != ACTORS or actors_alone(s.data.participants, "/data/participants")


@guard(
    "P-13",
    sv="Planen är inte låst: lås den före kallelsen till utvärdering.",
    en="The plan is not locked: lock it before the call to the evaluation.",
    element="/data/kind",
)
def an_evaluation_follows_a_locked_plan(s: Context) -> bool:
    return whole(s)["kind"] != EVALUATION or is_locked(s.case, PLAN)


@guard(
    "P-13",
    sv="Utvärderingen har börjat: kalla till utvärdering.",
    en="The evaluation has begun: call to utvardering.",
    element="/data/kind",
)
def no_new_plan_during_the_evaluation(s: Context) -> bool:
    return whole(s)["kind"] != "ny" or sip(s.case).state != "utvarderas"


@guard(
    "P-14",
    sv="Planen är avslutad: inga fler möten kallas i ärendet.",
    en="The plan has ended: no more meetings are called in the case.",
    element="/type",
)
def the_plan_has_not_ended(s: Context) -> bool:
    return sip(s.case).state != "plan_avslutad"


@guard(
    "P-6",
    sv="Sista svarsdagen är i dag eller senare, och inte efter mötet.",
    en="The last day to answer is today or later, and not after the meeting.",
    element="/data/answer_by",
)
def the_answer_comes_in_time(s: Context) -> bool:
    by, start = s.data.answer_by, s.data.meeting.start
    return by is None or (by >= local_day(s.now) and (start is None or by <= local_day(start)))


def call(s: Context) -> None:
    """The meeting is called, or its call is saved for its own unit."""
    stands = whole(s)
    facts = {**stands, "caller": s.unit, "source": s.message.source, "message": s.message.id}
    for bookkeeping in ("version", "sequence", "answers", "written"):
        facts.pop(bookkeeping, None)
    key, step = key_of(s.data.meeting.id, stands["kind"]), step_of(stands["kind"])
    this = {"source": s.message.source, "message": s.message.id, "at": s.at}
    if not is_sent(s.data):
        keep_the_draft(s)
        s.emit("meeting", id=s.data.meeting.id, set=facts)
        s.emit("saved_call", key=key, step=step, unit=s.unit, **this)
        return
    first, knew = not any(one["kind"] == "ny" for _, one in standing_meetings(s.case)), who_know(s)
    units = called_units(s, stands)
    new = bring_in(s, units)
    s.emit("meeting", id=s.data.meeting.id, set={**facts, "sent": s.at})
    if stands["kind"] == "ny":
        link_with_the_stay(s)
    if stands["kind"] != ACTORS:  # LC-2: an aktorsmote is never the SIP's call
        await_the_called(s, stands, asked_units(s, stands, units))
        _make_coordinator(s, first=first, kind=stands["kind"])
        if s.profile.known_from in {"call", "sent"}:
            _make_known(s)
    catch_up_those_who_now_know(s, knew)
    _move_on(s, stands["kind"])
    copy_into_the_plan(s, stands)
    _warn(s, stands)
    warn_of_new_parties(s, new, stands.get("participants", ()))


def _make_known(s: Context) -> None:
    if not sip(s.case).sent:
        s.emit("sip_sent")
    publish(s)


def _make_coordinator(s: Context, *, first: bool, kind: str) -> None:
    """LC-4: the first call of kind ny makes the caller coordinator."""
    if s.profile.coordinator_is_the_caller and first and kind == "ny":
        assert s.message.actor is not None  # the_caller_is_a_person
        stands = sip(s.case).coordinator
        if (stands.get("person"), stands.get("unit")) != (s.message.actor, s.unit):
            name_coordinator(s, NamedContact(person=s.message.actor, unit=s.unit), "bytt")


def _move_on(s: Context, kind: str) -> None:
    """§5: the state after a sent call; a call brings an approved SIP back to the start list (C-54)."""
    after = s.profile.state_after_call.get(f"{sip(s.case).state} {kind}")
    if after is not None:
        move(s, after)
    if kind == "ny":
        tell_of_the_call(s)
    if s.case.archived is not None and s.case.status == "open":
        s.emit("back_on_list")


def _warn(s: Context, stands: dict[str, Any]) -> None:
    cells = s.profile.cells["sip.kallelse"]
    day = local_day(starts(stands) or s.now)
    warn_without_the_childs_voice(s, stands.get("participants", ()), day, present=False)
    if "agenda" in cells and "agenda" not in stands and stands["kind"] != ACTORS:
        s.warnings.append("agenda-saknas")
    if s.profile.warns_without_outpatient_care:
        parties: set[str] = {
            s.directory.unit_by_hsa[unit].party for unit in called_units(s, stands) if unit in s.directory.unit_by_hsa
        }
        parties.add(s.party)
        if "kommun" in parties and "oppenvard" not in parties:
            s.warnings.append("oppenvard-saknas")
    if (
        s.profile.form_without_link_warns
        and stands.get("form") == "distans"
        and not ({"link", "phone"} & stands.keys())
    ):
        s.warnings.append("lank-saknas")


def told_of_the_call(s: Context) -> list[str]:
    """Of a draft nobody (PR-1)."""
    return told_of_a_call(s) if is_sent(s.data) else []


KALLELSE = Rule(
    "sip.kallelse",
    ALL_PARTIES,
    ("S-5", "P-6", "P-3"),
    (call,),
    told_of_the_call,
    guards=(there_is_a_coordinator, *senders("sip.kallelse", "P-6"), *SHARING, the_plan_has_not_ended),
    checks=(
        the_kind_exists_here,
        the_meeting_is_new,
        *cells_of_a_call("sip.kallelse"),
        coded(
            "P-6",
            ("meeting.form", "form"),
            ("initiator.code", "initiator"),
            ("receivers.professions", "profession"),
            ("participants.role", "meeting_role"),
        ),
        a_new_plan_is_not_approved,
        a_follow_up_has_something_to_follow,
        a_new_call_comes_before_the_plan,
        a_follow_up_comes_after_the_plan,
        later_calls_are_the_coordinators,
        the_caller_is_a_person,
        after_a_stay_outpatient_care_calls,
        actors_meet_alone,
        nobody_is_listed_against_the_persons_will("participants"),
        an_evaluation_follows_a_locked_plan,
        no_new_plan_during_the_evaluation,
        the_called_are_known,
        the_convener_is_known,
        kvittera_is_asked_here,
        it_starts_in_the_future,
        it_ends_after_its_start,
        the_answer_comes_in_time,
    ),
    from_outside=a_ward_of_the_region,
    links_cases=True,
    brings_units_in=True,
    touches=the_whole_plan,
    shown_narrowly=True,
    completes=the_call_whole,
    writes=("kallelse", "kallelse_utvardering", "plan"),
    hides=CALL_HIDES,
)
