"""What called units answer, and the meeting as held (P-7, P-8). Imports the engine and the shared rules only."""

from __future__ import annotations

from typing import Any

from hub.processes.engine.rule import Context, Fault, Rule, guard
from hub.processes.shared.audience import ALL_PARTIES, everyone_else, step_told
from hub.processes.sip.audience import a_ward_of_the_region, move, the_whole_plan
from hub.processes.sip.call import ACTORS, key_of, starts
from hub.processes.sip.coordinator import name_coordinator
from hub.processes.sip.element_events import PLAN
from hub.processes.sip.fields import cells, coded
from hub.processes.sip.gate import SHARING
from hub.processes.sip.meeting_rows import actors_alone, nobody_is_listed_against_the_persons_will
from hub.processes.sip.minors import warn_without_the_childs_voice
from hub.processes.sip.protected import ANSWER_HIDES, MEETING_HIDES
from hub.processes.sip.reminders import reminders
from hub.processes.sip.state import is_locked, sip, standing_meetings
from hub.processes.sip.who import is_the_coordinator, senders, writer
from schemas.swedish_time import local_day


def _meeting(s: Context) -> dict[str, Any] | None:
    return dict(standing_meetings(s.case)).get(s.data.meeting)


@guard(
    "P-7",
    sv="Mötet är inte kallat, eller kallelsen är återkallad.",
    en="The meeting is not called, or its call is recalled.",
    element="/data/meeting",
)
def the_call_stands(s: Context) -> bool:
    return _meeting(s) is not None


@guard(
    "P-7",
    sv="Enheten är inte kallad till mötet.",
    en="The unit is not called to the meeting.",
    element="/source",
)
def the_unit_is_called(s: Context) -> bool:
    meeting, who = _meeting(s) or {}, s.profile.senders["sip.kallelsesvar"]
    return s.unit in meeting.get("receivers", {}) or ("caller" in who and meeting.get("caller") == s.unit)


@guard(
    "P-7",
    sv="Ange attendees: vilka som kommer. Kommer ingen: ange text.",
    en="Give attendees: who comes. If nobody comes: give text.",
    element="/data/attendees",
)
def it_says_who_comes(s: Context) -> bool:
    if "attendees" not in s.profile.cells["sip.kallelsesvar"]:
        return True
    return s.data.attendees is not None or s.data.text is not None


def answer_the_call(s: Context) -> None:
    """The first answer of a called unit acknowledges the call (CL); the caller's own is a reply."""
    meeting = _meeting(s) or {}
    s.emit("meeting_answered", id=s.data.meeting, unit=s.unit)
    key = key_of(s.data.meeting, meeting["kind"])
    waits = s.case.awaited.get(key)
    if waits is not None and waits.act == "svara" and s.unit in waits.by:
        role = s.role if s.unit in s.case.participants else None
        s.emit("acted", step=key, unit=s.unit, actor=s.message.actor, role=role, time=s.message.time.isoformat())


KALLELSESVAR = Rule(
    "sip.kallelsesvar",
    ALL_PARTIES,
    ("P-7",),
    (answer_the_call,),
    everyone_else,
    guards=(*senders("sip.kallelsesvar", "P-7"), *SHARING),
    checks=(the_call_stands, the_unit_is_called, *cells("sip.kallelsesvar", "P-7"), it_says_who_comes),
    from_outside=a_ward_of_the_region,
    hides=ANSWER_HIDES,
)


# --- the meeting as held (P-8) ----------------------------------------------------------------------------------------


@guard(
    "LC-1",
    sv="Ingen är kallad ännu: kalla med sip.kallelse av slaget ny, håll mötet och dokumentera det sedan.",
    en="Nobody is called yet: call by sip.kallelse of kind ny, hold the meeting, and document it then.",
    element="/data/meeting",
)
def the_call_comes_first(s: Context) -> bool:
    begun = sip(s.case).state != s.profile.states[0]
    return not s.profile.before_the_meeting or begun or s.data.meeting in sip(s.case).meetings


@guard(
    "LC-2",
    sv="Ett aktörsmöte öppnar ingen dokumentation: utelämna follow_up_date och samordningsansvarig.",
    en="An aktorsmote opens no documentation: leave out follow_up_date and samordningsansvarig.",
    element="/data",
)
def an_actors_meeting_opens_nothing(s: Context) -> bool | Fault:
    if sip(s.case).meetings.get(s.data.meeting, {}).get("kind") != ACTORS:
        return True
    for name in ("follow_up_date", "samordningsansvarig"):
        if getattr(s.data, name) is not None:
            return Fault(f"/data/{name}")
    return actors_alone(s.data.attended, "/data/attended")


@guard(
    "P-8",
    sv="Mötet är inte kallat, eller kallelsen är återkallad.",
    en="The meeting is not called, or its call is recalled.",
    element="/data/meeting",
)
def the_meeting_is_called(s: Context) -> bool:
    return _meeting(s) is not None or (s.profile.receivers_answer and _was_cancelled(s))


def _was_cancelled(s: Context) -> bool:
    """P-11: Ny plan cancels a call, and the meeting may still be said to have been held."""
    return bool(sip(s.case).meetings.get(s.data.meeting, {}).get("cancelled"))


@guard(
    "P-8",
    sv="Mötets dag har inte kommit ännu.",
    en="The day of the meeting has not come yet.",
    element="/data/meeting",
)
def its_day_has_come(s: Context) -> bool:
    start = starts(sip(s.case).meetings.get(s.data.meeting, {}))
    return s.profile.receivers_answer or start is None or local_day(s.now) >= local_day(start)


@guard(
    "P-8",
    sv="Ett möte som inte hölls har inget mer att säga: utelämna övriga fält.",
    en="A meeting that was not held has no more to say: leave out the other fields.",
    element="/data/held",
)
def what_was_not_held_says_no_more(s: Context) -> bool:
    names = type(s.data).model_fields.keys() - {"meeting", "held"}
    return s.data.held or all(getattr(s.data, name) is None for name in names)


@guard(
    "P-8",
    sv="Planen är låst: närvaron ändras inte längre.",
    en="The plan is locked: the attendance is not changed any more.",
    element="/data/attended",
)
def the_plan_is_not_locked(s: Context) -> bool:
    return not is_locked(s.case, "plan")


@guard(
    "P-8",
    sv="Samordningsansvarig i egen person dokumenterar mötet.",
    en="The coordinator in person documents the meeting.",
    element="/actor",
)
def the_coordinator_documents_it(s: Context) -> bool:
    return not s.profile.coordinator_in_person or is_the_coordinator(s)


@guard(
    "P-8",
    sv="En enhet på listan finns inte i katalogen.",
    en="A unit of the list is not in the directory.",
    element="/data/attended",
)
def the_units_are_known(s: Context) -> bool | Fault:
    for number, row in enumerate(s.data.attended or ()):
        if row.unit is not None and row.unit not in s.directory.unit_by_hsa:
            return Fault(f"/data/attended/{number}/unit")
    return True


@guard(
    "P-21",
    sv="Samordningsansvarigs enhet deltar inte i ärendet. Lägg till enheten med deltagare först.",
    en="The coordinator's unit takes no part in the case. Add the unit with deltagare first.",
    element="/data/samordningsansvarig/unit",
)
def the_next_coordinators_unit_takes_part(s: Context) -> bool:
    return s.data.samordningsansvarig is None or s.data.samordningsansvarig.unit in s.case.participants


def hold(s: Context) -> None:
    """The meeting was held, or was not: then it counts for nothing, and nobody is awaited for it."""
    meeting = sip(s.case).meetings[s.data.meeting]
    if not s.data.held:
        s.emit("meeting", id=s.data.meeting, set={"held": False, "held_at": s.at})
        s.emit("ended", key=key_of(s.data.meeting, meeting["kind"]))
        return
    said: dict[str, Any] = s.data.model_dump(
        mode="json", exclude_none=True, include={"attended", "person_present", "note", "follow_up_date"}
    )
    if s.data.form is not None:
        said["form_held"] = s.data.form
    s.emit("meeting", id=s.data.meeting, set={**said, "held": True, "held_at": s.at})
    if "mote" in s.process.steps_of(s.case) and meeting["kind"] != ACTORS:
        step_told(s, "mote", None, [])
    after = s.profile.state_after_meeting.get(sip(s.case).state)
    if after is not None and meeting["kind"] != ACTORS:
        move(s, after)
    if s.data.follow_up_date is not None:
        _write_the_follow_up_date(s)
    s.warnings.extend(reminders(s.case, s.data, s.unit, s.directory))
    rows, day = said.get("attended", ()), local_day(starts(meeting) or s.now)
    warn_without_the_childs_voice(s, rows, day, present=bool(s.data.person_present))
    named = s.data.samordningsansvarig
    stands = sip(s.case).coordinator
    if named is not None and (named.person, named.unit) != (stands.get("person"), stands.get("unit")):
        name_coordinator(s, named, "bytt")


def _write_the_follow_up_date(s: Context) -> None:
    change = "andrad" if PLAN in s.case.elements else "tillagd"
    day = s.data.follow_up_date.isoformat()
    s.emit("edited", element=PLAN, change=change, set={"follow_up_date": day}, **writer(s))


MOTE = Rule(
    "sip.mote",
    ALL_PARTIES,
    ("P-8", "LC-1"),
    (hold,),
    everyone_else,
    guards=(*senders("sip.mote", "P-8"), *SHARING),
    checks=(
        the_call_comes_first,
        the_meeting_is_called,
        the_coordinator_documents_it,
        what_was_not_held_says_no_more,
        an_actors_meeting_opens_nothing,
        *cells("sip.mote", "P-8", samordningsansvarig="P-21"),
        coded("P-8", ("form", "form"), ("attended.role", "meeting_role")),
        its_day_has_come,
        the_plan_is_not_locked,
        the_units_are_known,
        nobody_is_listed_against_the_persons_will("attended"),
        the_next_coordinators_unit_takes_part,
    ),
    from_outside=a_ward_of_the_region,
    brings_units_in=True,
    touches=the_whole_plan,
    writes=("mote", "plan"),
    hides=MEETING_HIDES,
)
