"""The toy: three steps, several meetings at once, goals in rows of their own, one open case per person, a linked case.

Everything here is what a process is made of: rules, guards, effects, events, a state, and a row of answers per region.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from hub.errors import Refused
from hub.processes.engine.calendar import CalendarEntry
from hub.processes.engine.case import Case
from hub.processes.engine.events import ENGINE
from hub.processes.engine.process import Addressing, Newcomer, Process
from hub.processes.engine.rule import HUB_PARTY, Context, Fault, HubMessage, Rule, guard
from hub.processes.shared.answers import SharedAnswers
from hub.processes.shared.audience import ALL_PARTIES, everyone_else, join, step_told, with_duty
from hub.processes.shared.consent import aterkallelse, samtycke, that_kind_is_registered
from hub.processes.shared.disclosure import visible
from hub.processes.shared.frist import frist
from hub.processes.shared.gate import Gate
from hub.processes.shared.kvittens import kvittens
from hub.processes.shared.meddelande import meddelande, the_receivers_take_part
from hub.processes.shared.participants import deltagare, note_catch_up
from hub.processes.shared.person_events import PERSON
from hub.processes.shared.registers import FOLKBOKFORING, VERIFIERING, adressering, ask_registers
from tests.toy.bodies import News, Plan, Standing
from tests.toy.deadlines import concerned, deadlines, passed
from tests.toy.own import DOCUMENTS, DRAFT, PLAN, ToyContents, ToySections, say_or_note, shows_element

CALL, END = "kallelse", "utskrivning"
HUB = frozenset({HUB_PARTY})


@dataclass(frozen=True, slots=True)
class ToyProfile(SharedAnswers):
    """A region's answers."""

    addressing: Addressing


PROFILES = {
    "mina_planer": ToyProfile("adds"),
    "prator": ToyProfile("suggests"),
    "samsa": ToyProfile("person"),
    "lifecare": ToyProfile("person"),
    "cosmic_link": ToyProfile("person"),
}


@dataclass(slots=True)
class ToyState:
    """What only the toy knows of a case."""

    linked: list[str] = field(default_factory=list)
    news: list[str] = field(default_factory=list)
    due_goals: dict[str, str] = field(default_factory=dict)
    """Address of a goal → when it is followed up."""
    meetings: dict[str, dict[str, Any]] = field(default_factory=dict)
    coordinator: str | None = None


# --- events -----------------------------------------------------------------------------------------------------------


def _linked(case: Case, *, cases: list[str]) -> None:
    case.state.linked = cases


def _coordinated(case: Case, *, person: str) -> None:
    case.state.coordinator = person


def _goal_due(case: Case, *, address: str, at: str) -> None:
    case.state.due_goals[address] = at


def _toy_ended(case: Case) -> None:
    case.status = "ended"


def _toy_reopened(case: Case) -> None:
    case.status = "open"


def _heard(case: Case, *, news: str) -> None:
    case.state.news.append(news)


def _met(case: Case, *, meeting: str, start: str, unit: str, at: str, recalled: bool, own: bool = False) -> None:
    version = case.state.meetings.get(meeting, {"version": 0})["version"] + 1
    facts = {"start": start, "unit": unit, "at": at, "recalled": recalled, "version": version}
    case.state.meetings[meeting] = facts | ({"own": True} if own else {})


EVENTS = {
    **ENGINE,
    **PERSON,
    "linked": _linked,
    "coordinated": _coordinated,
    "goal_due": _goal_due,
    "toy_ended": _toy_ended,
    "toy_reopened": _toy_reopened,
    "heard": _heard,
    "met": _met,
}


# --- guards -----------------------------------------------------------------------------------------------------------


@guard(
    "T-1",
    sv="Personen har redan ett öppet ärende.",
    en="The person has an open case already.",
    element="/data/patient",
)
def the_person_has_no_other_case(s: Context) -> bool:
    return not s.others


@guard("T-2", sv="Ärendet är redan öppnat.", en="The case is open already.", element="/type")
def the_case_is_new(s: Context) -> bool:
    return not s.case.opened_by


@guard("T-3", sv="Det finns inget möte {meeting}.", en="There is no meeting {meeting}.", element="/data/meeting")
def a_recalled_meeting_is_called(s: Context) -> bool | Fault:
    return not s.data.recalled or f"{CALL}/{s.data.meeting}" in s.case.awaited or Fault(meeting=s.data.meeting)


@guard(
    "T-4",
    sv="{element} skrevs på version {written}, men version {stands} gäller.",
    en="{element} was written on version {written}, but version {stands} stands.",
)
def the_goals_are_as_they_were_read(s: Context) -> bool | Fault:
    for number, edit in enumerate(s.data.edits):
        stands = s.case.elements[edit.element].version if edit.element in s.case.elements else 0
        if edit.version != stands:
            place = f"/data/edits/{number}"
            return Fault(place, element=edit.element, written=str(edit.version), stands=str(stands))
    return True


@guard("T-5", sv="Ett mål får ändras en gång i samma meddelande.", en="A goal may change once in a message.")
def each_goal_once(s: Context) -> bool | Fault:
    seen: set[str] = set()
    for number, edit in enumerate(s.data.edits):
        if edit.element in seen:
            return Fault(f"/data/edits/{number}/element")
        seen.add(edit.element)
    return True


@guard("T-6", sv="Enheten stannar.", en="The unit stays.", element="/data/unit")
def the_opener_stays(s: Context) -> bool:
    return s.data.change == "tillagd" or s.data.unit != s.case.opened_by


@guard("T-7", sv="Bara öppnaren.", en="The opener alone.", element="/source")
def the_opener_alone(s: Context) -> bool:
    return s.unit == s.case.opened_by


# --- effects ----------------------------------------------------------------------------------------------------------


def start(s: Context) -> None:
    person = s.data.patient.model_dump(exclude_none=True)
    s.emit("opened", process=s.process.name, profile=s.case.profile, unit=s.unit, person=person)
    if not s.data.saved:
        s.emit("published", at=s.at)
    s.emit("linked", cases=list(s.data.linked))
    if s.data.coordinator is not None:
        s.emit("coordinated", person=s.data.coordinator)
    join(s, s.unit)
    s.joined.clear()
    ask_registers(s, person["personnummer"])


def call(s: Context) -> None:
    key = f"{CALL}/{s.data.meeting}"
    known = s.case.state.meetings.get(s.data.meeting)
    start = s.data.start.isoformat() if s.data.start else known and known["start"]
    if start:
        s.emit("met", meeting=s.data.meeting, start=start, unit=s.unit, at=s.at, recalled=s.data.recalled)
    if s.data.recalled:
        s.emit("ended", key=key)
        return
    units = with_duty(s, [unit for unit in s.data.receivers if unit in s.case.participants], CALL, "kvittera")
    this = {"source": s.message.source, "message": s.message.id, "at": s.at}
    s.emit("asked", key=key, step=CALL, act="kvittera", awaits=units, **this)


def plan(s: Context) -> None:
    if PLAN not in s.case.steps:
        step_told(s, PLAN, "skriva", [])
    for edit in s.data.edits:
        removed = edit.text is None
        s.emit("element", element=edit.element, state={} if removed else {"text": edit.text}, removed=removed)
        if edit.follow_up is not None:
            s.emit("goal_due", address=edit.element, at=edit.follow_up.isoformat())


def _tell_linked(s: Context, news: str) -> None:
    for case in s.case.state.linked:
        s.hub_messages.append(HubMessage("toy.news", News(case=s.case.id, news=news), case))


def end(s: Context) -> None:
    s.emit("toy_ended")
    step_told(s, END, None, [])
    _tell_linked(s, "ended")


def reopen(s: Context) -> None:
    s.emit("toy_reopened")
    _tell_linked(s, "reopened")


def hear(s: Context) -> None:
    s.emit("heard", news=s.data.news)


# --- the table --------------------------------------------------------------------------------------------------------


def how_things_stand(case: Case, units: Sequence[str]) -> tuple[str, Standing]:
    """One message, in place of all that made it so."""
    told = [one for one in case.elements.values() if all(shows_element(case, unit, one) for unit in units)]
    goals = {one.address: one.state["text"] for one in told if "text" in one.state and not one.removed}
    meetings = tuple(key.partition("/")[2] for key, one in case.awaited.items() if one.step == CALL)
    return "toy.standing", Standing(units=tuple(units), meetings=meetings, goals=goals)


def in_the_calendar(case: Case, unit: str) -> Iterable[CalendarEntry]:
    if case.status != "open":
        return
    for key, one in case.state.meetings.items():
        if "own" in one and one["unit"] != unit:
            continue
        times = datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["at"])
        yield CalendarEntry(case.id, key, "Möte", *times, one["version"], one["unit"], taken_out=one["recalled"])
        if not one["recalled"]:
            yield CalendarEntry(case.id, f"{key}.efter", "Efter mötet", times[0].date(), times[1], 1, one["unit"])


def the_goals(_: object) -> Iterable[str]:
    return ("mal/",)


def the_edited(data: Plan) -> Iterable[str]:
    return [edit.element for edit in data.edits]


def those_who_came_in(s: Context) -> list[str]:
    return list(s.data.units)


@guard("C-24", sv="Samtycke.", en="Consent.", element="/type")
def always(_: Context) -> bool:
    return True


GATE = Gate((), always, always, frozenset({"open"}))
RULES = (
    Rule(
        "toy.start",
        frozenset({"slutenvard"}),
        ("T-1",),
        (start,),
        everyone_else,
        guards=(the_case_is_new,),
        checks=(the_person_has_no_other_case,),
        opens=True,
        looks_at_others=True,
    ),
    samtycke(ALL_PARTIES),
    aterkallelse(ALL_PARTIES, that_kind_is_registered),
    Rule("toy.call", ALL_PARTIES, ("T-3",), (call,), everyone_else, checks=(a_recalled_meeting_is_called,)),
    Rule(
        "toy.plan",
        ALL_PARTIES,
        ("T-4",),
        (plan,),
        everyone_else,
        checks=(each_goal_once, the_goals_are_as_they_were_read),
        touches=the_edited,
        writes=(PLAN,),
    ),
    DRAFT,
    replace(meddelande(GATE), effects=(say_or_note,), checks=(the_receivers_take_part,)),
    Rule("toy.end", ALL_PARTIES, ("T-7",), (end,), everyone_else, guards=(the_opener_alone,), writes=(END,)),
    Rule(
        "toy.reopen",
        ALL_PARTIES,
        ("T-1",),
        (reopen,),
        everyone_else,
        guards=(the_opener_alone,),
        checks=(the_person_has_no_other_case,),
        in_status=frozenset({"ended"}),
        looks_at_others=True,
    ),
    Rule("toy.standing", HUB, ("E-8",), (note_catch_up,), those_who_came_in),
    Rule("toy.news", HUB, ("E-8",), (hear,), everyone_else, in_status=frozenset({"open", "ended"})),
    kvittens(GATE),
    replace(deltagare(the_opener_stays), touches=the_goals),
    replace(adressering(), touches=the_goals),
    VERIFIERING,
    FOLKBOKFORING,
    frist(),
)


def _open(_: Case) -> Refused:
    return Refused("T-8", "Ärendet är öppet.", "The case is open.", "/subject")


def _closed(_: Case) -> Refused:
    return Refused("T-8", "Ärendet är avslutat.", "The case has ended.", "/subject")


TOY = Process(
    name="toy",
    title="Toy",
    steps=(CALL, PLAN, END),
    steps_by_profile={"samsa": (CALL, END)},
    rules=RULES,
    opening_rule="T-1",
    profiles=PROFILES,
    state=ToyState,
    events=EVENTS,
    closed={"open": _open, "ended": _closed, "refused": _closed},
    addressing=lambda profile: profile.addressing,
    lasting=frozenset({"open", "ended"}),
    sees_unpublished=lambda case, unit: unit == case.opened_by,
    reads_unpublished=lambda case, unit: unit in case.participants,
    visible=visible,
    still_awaits=lambda _, awaited: bool(awaited.by),
    standing=lambda _: (),
    outline=lambda _: (),
    newcomer=lambda _, __: Newcomer(ALL_PARTIES, always=True),
    narrowed=lambda case: case,
    consent_kind=lambda data: data.kind or "sip",
    sharing_kind=lambda _: "informationsoverforing",
    one_open_per_person=the_person_has_no_other_case,
    catch_up=how_things_stand,
    named={"samordningsansvarig": lambda case: [case.state.coordinator] if case.state.coordinator else []},
    shows_element=shows_element,
    deadlines=deadlines,
    concerned=concerned,
    passed=passed,
    sections=ToySections(),
    contents=ToyContents(),
    documents=DOCUMENTS,
    calendar=in_the_calendar,
)
