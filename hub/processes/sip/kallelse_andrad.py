"""A call that changes or is recalled (P-6, PR-7). Imports the engine and the shared rules only."""

from __future__ import annotations

from typing import Any

from hub.processes.engine.rule import Context, Fault, Rule, guard
from hub.processes.shared.audience import ALL_PARTIES
from hub.processes.sip.audience import a_ward_of_the_region, catch_up_those_who_now_know, the_whole_plan, who_know
from hub.processes.sip.call import (
    ACTORS,
    ASKS_ANEW,
    FIELDS,
    asked_units,
    await_the_called,
    bring_in,
    called_units,
    key_of,
    said,
    starts,
    step_of,
    told_of_a_call,
)
from hub.processes.sip.call_fields import the_called_are_known, the_convener_is_known
from hub.processes.sip.call_shown import the_changed_call_whole
from hub.processes.sip.copied import correct_the_copy
from hub.processes.sip.element_events import that_stand, written_later
from hub.processes.sip.fields import cells, coded, given
from hub.processes.sip.gate import CONSENT, may_tell_others_more, the_initiativ_is_sent, the_transfer_is_allowed
from hub.processes.sip.initiativ import kvittera_is_asked_here
from hub.processes.sip.koppling import tell_of_the_recall
from hub.processes.sip.meeting_rows import actors_alone, nobody_is_listed_against_the_persons_will
from hub.processes.sip.protected import CALL_HIDES
from hub.processes.sip.state import coordinating_unit, sip, standing_meetings
from hub.processes.sip.who import is_the_coordinator, senders, takes_over_from
from schemas.swedish_time import local_day


def _call(s: Context) -> dict[str, Any] | None:
    """The call as it stood before this message; None when it does not stand."""
    return dict(standing_meetings(s.case)).get(s.data.meeting.id)


@guard(
    "P-6",
    sv="Mötet är inte kallat, eller kallelsen är återkallad.",
    en="The meeting is not called, or its call is recalled.",
    element="/data/meeting/id",
)
def the_call_stands(s: Context) -> bool:
    return _call(s) is not None


@guard(
    "P-6",
    sv="Kallelsen ändras av enheten som kallade, eller av den som regionen i övrigt låter ändra den.",
    en="The call is changed by the unit that called, or by those whom the region lets change it besides.",
    element="/source",
)
def this_call_is_the_units(s: Context) -> bool:
    call, who = _call(s) or {}, s.profile.senders["sip.kallelse_andrad"]
    return (
        ("caller" in who and (call.get("caller") == s.unit or takes_over_from(s, call.get("caller"))))
        or ("called" in who and s.unit in call.get("receivers", {}))
        or ("coordinator_unit" in who and coordinating_unit(s.case) == s.unit)
    )


@guard(
    "P-6",
    sv="Bara samordningsansvarig i egen person ändrar kallelsen.",
    en="Only the coordinator in person changes the call.",
    element="/actor",
)
def the_coordinator_changes_it(s: Context) -> bool:
    return s.profile.senders["sip.kallelse_andrad"] != {"coordinator_unit"} or is_the_coordinator(s)


@guard(
    "E-3",
    sv="Kallelsen har ändrats sedan den lästes: version {stands} gäller. Läs det som står (warnings) och sänd igen.",
    en="The call has changed since it was read: version {stands} stands. Read what stands (warnings), and send again.",
    element="/data/version",
)
def nobody_wrote_it_since(s: Context) -> bool | Fault:
    """Two that change different fields both succeed; a recall is of the version that stands."""
    stands, on = _call(s) or {"version": 0, "written": {}}, s.data.version
    if on is None:
        return True
    names = FIELDS if s.data.recalled else said(s.data)
    later = written_later(stands["written"], names, on)
    if not later and on <= stands["version"]:
        return True
    address = key_of(s.data.meeting.id, stands["kind"])
    s.warnings += that_stand(address, later)
    return Fault(stands=str(stands["version"]))


@guard(
    "P-6",
    sv="En återkallelse ändrar inget annat: utelämna övriga fält.",
    en="A recall changes nothing else: leave out the other fields.",
    element="/data/recalled",
)
def a_recall_stands_alone(s: Context) -> bool:
    return not s.data.recalled or not said(s.data)


@guard(
    "P-6",
    sv="I ärendets region ändras bara deltagarna. Återkalla kallelsen (recalled) och kalla på nytt för att ändra mer.",
    en="In the region of the case the participants alone are changed. Recall the call (recalled) and call anew to change more.",
    element="/data",
)
def only_what_the_region_changes(s: Context) -> bool | Fault:
    known = s.profile.cells["sip.kallelse_andrad"]
    if "meeting.start" in known:
        return True
    there = [(path, place) for path, place in given(s.data) if path not in known]
    return not there or Fault(there[-1][1])


@guard(
    "S-5",
    sv="Mötestiden måste vara i framtiden.",
    en="The meeting must start in the future.",
    element="/data/meeting/start",
)
def it_moves_to_the_future(s: Context) -> bool:
    start = s.data.meeting.start
    return start is None or start > s.now


@guard(
    "P-6",
    sv="Mötet slutar före sin början.",
    en="The meeting ends before it starts.",
    element="/data/meeting/end",
)
def it_still_ends_after_its_start(s: Context) -> bool:
    stands = {**(_call(s) or {}), **said(s.data)}
    moved = {"start", "end"} & said(s.data).keys()
    return not moved or "end" not in stands or _later(stands)


def _later(call: dict[str, Any]) -> bool:
    start, end = starts(call), starts({"start": call["end"]})
    return start is None or end is None or end > start


@guard(
    "P-6",
    sv="Sista svarsdagen är i dag eller senare, och inte efter mötet.",
    en="The last day to answer is today or later, and not after the meeting.",
    element="/data/answer_by",
)
def the_answer_still_comes_in_time(s: Context) -> bool:
    by, start = s.data.answer_by, starts({**(_call(s) or {}), **said(s.data)})
    return by is None or (by >= local_day(s.now) and (start is None or by <= local_day(start)))


@guard(
    "LC-2",
    sv="Till ett aktörsmöte kallas varken personen eller närstående.",
    en="Neither the person nor relatives are called to an aktorsmote.",
    element="/data/participants",
)
def actors_still_meet_alone(s: Context) -> bool | Fault:
    return (_call(s) or {}).get("kind") != ACTORS or actors_alone(s.data.participants, "/data/participants")


@guard(
    "P-15",
    sv=the_transfer_is_allowed.sv,
    en=the_transfer_is_allowed.en,
    element="/type",
)
def only_a_recall_without_the_transfer(s: Context) -> bool:
    return s.data.recalled or may_tell_others_more(s)


def change(s: Context) -> None:
    """The call is as it shall be; those asked are asked anew where the change asks for that (PR-7)."""
    before, id_, knew = dict(_call(s) or {}), s.data.meeting.id, who_know(s)
    key = key_of(id_, before["kind"])
    if s.data.recalled:
        s.emit("meeting", id=id_, set={"recalled": True, "changed": s.at})
        s.emit("ended", key=key)
        step = step_of(before["kind"])
        if all(step_of(one["kind"]) != step for one in sip(s.case).meetings.values() if not one.get("recalled")):
            s.emit("steps_begun_anew", steps=[step])
        tell_of_the_recall(s, before)
        return
    changed = said(s.data)
    stands = {**before, **changed}
    before_units = set(called_units(s, before))
    units = called_units(s, stands)
    new = bring_in(s, units)
    s.emit("meeting", id=id_, set={**changed, "changed": s.at})
    catch_up_those_who_now_know(s, knew)
    waits = s.case.awaited.get(key)
    if any(changed.get(name) != before.get(name) for name in ASKS_ANEW & changed.keys()):
        await_the_called(s, stands, asked_units(s, stands, units))
    elif waits is not None:
        gone = [unit for unit in waits.by if unit not in units]
        if gone:
            s.emit("unawaited", step=key, units=gone)
        added = asked_units(s, stands, [unit for unit in units if unit not in before_units])
        if added:
            s.emit("awaited", step=key, units=added, by=s.message.id)
    if "deltagare" in s.profile.elements and sip(s.case).state in s.profile.plan_open_in:
        correct_the_copy(s, changed)
    added = [row for row in changed.get("participants", ()) if row not in before.get("participants", ())]
    if s.profile.new_parties_update_consent and (new or added or not before_units.issuperset(units)):
        s.warnings.append("samtycke-uppdatera")


KALLELSE_ANDRAD = Rule(
    "sip.kallelse_andrad",
    ALL_PARTIES,
    ("P-6", "PR-7", "S-5"),
    (change,),
    told_of_a_call,
    guards=(*senders("sip.kallelse_andrad", "P-6"), *CONSENT, the_initiativ_is_sent),
    checks=(
        the_call_stands,
        this_call_is_the_units,
        the_coordinator_changes_it,
        only_what_the_region_changes,
        *cells("sip.kallelse_andrad", "P-6", receivers="P-4"),
        coded(
            "P-6",
            ("meeting.form", "form"),
            ("initiator.code", "initiator"),
            ("receivers.professions", "profession"),
            ("participants.role", "meeting_role"),
        ),
        a_recall_stands_alone,
        nobody_wrote_it_since,
        only_a_recall_without_the_transfer,
        actors_still_meet_alone,
        nobody_is_listed_against_the_persons_will("participants"),
        the_called_are_known,
        the_convener_is_known,
        kvittera_is_asked_here,
        it_moves_to_the_future,
        it_still_ends_after_its_start,
        the_answer_still_comes_in_time,
    ),
    from_outside=a_ward_of_the_region,
    brings_units_in=True,
    touches=the_whole_plan,
    shown_narrowly=True,
    completes=the_changed_call_whole,
    writes=("kallelse", "kallelse_utvardering", "plan"),
    hides=CALL_HIDES,
)
