"""The law's clock and the deadlines of a case: when each was set, is due, and whether it was met, missed or holds no more, found by
folding the case's history again. Pure; imports the rules and the language only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

from hub.operations.timeline.entry import LAW, TimelineEntry
from hub.processes.engine.case import Case
from hub.processes.engine.events import evolve
from hub.processes.engine.process import PROCESSES
from hub.store.timeline import Row
from schemas.agreement import Agreement
from schemas.swedish_time import clock_with_zone, local_day

State = Literal["open", "passed", "missed", "met", "lapsed"]
_SV: Final[dict[str, str]] = {
    "open": "löper",
    "passed": "har passerat, inte meddelad än",
    "missed": "missad",
    "met": "hållen",
    "lapsed": "gäller inte längre",
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline that the case has or had."""

    key: str
    """Its name, and after a slash what it is about where there are several."""
    due: datetime
    set_at: datetime
    set_by: str
    """The message that brought it."""
    state: State = "open"
    ended_at: datetime | None = None
    """When what was due was done, in time or late, or the deadline fell away."""
    ended_by: str | None = None
    """The message that ended it."""
    told_at: datetime | None = None
    """When it was told that it had passed."""

    @property
    def name(self) -> str:
        """What it is called in the law's and the rules' words."""
        return self.key.partition("/")[0]

    @property
    def about(self) -> str | None:
        """What it is about: a step, a meeting, an element, a kind of consent."""
        return self.key.partition("/")[2] or None


@dataclass(frozen=True, slots=True)
class CaseClock:
    """What the law's clock says of one case."""

    case: str
    process: str
    status: str
    law: Mapping[str, Any] | None
    """Who is liable, from when or for want of what (lag 2017:612); None of a process without, and of what gallring has emptied."""
    deadlines: Sequence[Deadline] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class _AcceptedAct:
    """An accepted message of the history (``record.Act``)."""

    sequence: int
    name: str
    events: Sequence[Any]
    received_at: datetime
    kept_to: str | None = None


def clock_of(case: Row, history: Sequence[Row], agreement: Agreement, now: datetime) -> CaseClock:
    """The clock of a case from the events of all that was accepted in it, by the agreement as it is in force now."""
    process = PROCESSES.get(case["process"])
    if process is None or case["gallrad_at"] is not None or not history:
        return CaseClock(case["id"], case["process"], case["status"], None)
    acts = [_AcceptedAct(row["sequence"], row["name"], row["events"], row["received_at"]) for row in history]
    law = process.law_clock(acts, agreement, local_day(now))
    return CaseClock(case["id"], case["process"], case["status"], law, _deadlines(case["id"], history, agreement, now))


def _deadlines(case_id: str, history: Sequence[Row], agreement: Agreement, now: datetime) -> list[Deadline]:
    """Every deadline that ever was, in the order in which they were set."""
    case, running, ended = Case(case_id), dict[str, Deadline](), list[Deadline]()
    for act in history:
        case.process = case.process or next(facts["process"] for name, facts in act["events"] if name == "opened")
        case.sequence += 1
        told: dict[str, str] = {}
        for name, facts in act["events"]:
            evolve(case, (name, facts))
            if name == "fired":
                told[facts["key"]] = facts["due"]
        _tell(running, told, act)
        _move(running, ended, case, agreement, act)
    return sorted([*ended, *(_left(one, now) for one in running.values())], key=lambda one: (one.set_at, one.due))


def _tell(running: dict[str, Deadline], told: Mapping[str, str], act: Row) -> None:
    for key, due in told.items():
        if key in running and running[key].due == datetime.fromisoformat(due):
            running[key] = replace(running[key], state="missed", told_at=act["received_at"])


def _move(running: dict[str, Deadline], ended: list[Deadline], case: Case, agreement: Agreement, act: Row) -> None:
    """After a message: which deadlines there are now, told ones too; those that are gone have ended by it."""
    told, case.fired = case.fired, {}
    try:
        due = PROCESSES[case.process].deadlines(case, agreement)
    finally:
        case.fired = told
    at, id_ = act["received_at"], act["id"]
    lasts = case.status in {"open", *PROCESSES[case.process].lasting}
    for key, one in list(running.items()):
        if due.get(key) != one.due:
            state = one.state
            if state != "missed":
                done = key not in due and lasts
                state = "lapsed" if not done else "met" if at <= one.due else "missed"
            ended.append(replace(one, state=state, ended_at=at, ended_by=id_))
            del running[key]
    for key, moment in due.items():
        if key not in running:
            running[key] = Deadline(key, moment, at, id_)


def _left(one: Deadline, now: datetime) -> Deadline:
    return replace(one, state="passed") if one.state == "open" and one.due <= now else one


def entries(clock: CaseClock) -> Iterator[TimelineEntry]:
    """The deadlines on the same axis as all else: at their time, or when they ended before it."""
    for one in clock.deadlines:
        at = one.ended_at if one.state in {"met", "lapsed"} and one.ended_at is not None else one.due
        due = clock_with_zone(one.due)
        about = f" ({one.about})" if one.about else ""
        late = f", {clock_with_zone(one.ended_at)}" if one.state == "missed" and one.ended_at is not None else ""
        yield TimelineEntry(
            at=at,
            lane=LAW,
            kind="due" if one.state in {"open", "passed"} else one.state,
            sv=f"{one.name}{about} {_SV[one.state]}: frist {due}" + (f"; gjort för sent{late}" if late else ""),
            en=f"{one.name}{about} {one.state}: due {due}" + (f"; done too late{late}" if late else ""),
            case=clock.case,
            deadline=one.key,
            due=one.due,
            message=one.ended_by or one.set_by,
        )
