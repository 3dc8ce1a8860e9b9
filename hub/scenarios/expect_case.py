"""Compares how a case stands with what the scenario expects: colours, dates, deadlines, history, the law's clock.

Imports the rules' colours and what the case's process shows of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from hub.processes.engine.process import process_of_case
from hub.processes.engine.record import CaseRecord
from hub.processes.engine.unit_view import unit_view
from hub.scenarios.actions import StoredCase
from hub.scenarios.expect_notices import judge_colours
from hub.scenarios.judge import StepJudge
from hub.scenarios.matching import matches
from hub.scenarios.report import listed
from hub.scenarios.steps import ExpectedDates, ExpectedDeadlines, ExpectedLiability, History, Stands, State
from schemas.swedish_time import STOCKHOLM

OfACase = State | Stands | History | ExpectedDates | ExpectedDeadlines | ExpectedLiability
_NO_CASE = "there is no case yet"


def judge_case(judge: StepJudge, step: OfACase, stored: StoredCase | None) -> None:
    """Compares what one step says of its case."""
    if isinstance(step, State):
        _judge_state(judge, step, stored)
    elif isinstance(step, Stands):
        _judge_stands(judge, step, stored)
    elif isinstance(step, History):
        names = [] if stored is None else [row.name or "" for row in stored.rows]
        if tuple(names) != step.history:
            judge.differs("history", ", ".join(step.history) or "empty", ", ".join(names) or "empty")
    elif isinstance(step, ExpectedDates):
        _judge_dates(judge, step, stored)
    elif isinstance(step, ExpectedDeadlines):
        _judge_deadlines(judge, step, stored)
    else:
        _judge_liability(judge, step, stored)


def _judge_state(judge: StepJudge, step: State, stored: StoredCase | None) -> None:
    for name, units in step.state.items():
        for short, expected in units.items():
            unit = judge.unit(short)
            if stored is None:
                judge.differs(f"{name} of {short}", str(expected), "no case")
                continue
            case = stored.case
            takes_part = unit in case.participants
            seen = unit_view(case, unit, judge.world.directory, judge.now).colours[name] if takes_part else None
            judge_colours(judge, f"{name} of {short}", expected, seen)


def _judge_stands(judge: StepJudge, step: Stands, stored: StoredCase | None) -> None:
    if stored is None:
        judge.differs("how the case stands", step.stands or "a case", _NO_CASE)
        return
    content = to_jsonable_python(_sections(judge, stored)) | {"status": stored.case.status}
    for name, stated in (("state", step.stands), ("status", step.status)):
        if stated is not None and content.get(name) != stated:
            judge.differs(name, stated, str(content.get(name, "nothing")))
    judge.content("how the case stands", step, [content])


def _judge_dates(judge: StepJudge, step: ExpectedDates, stored: StoredCase | None) -> None:
    """A date within a date is named by a pointer: ``utskrivningsklar/date``."""
    said: Any = {} if stored is None else to_jsonable_python(_sections(judge, stored).get("time", {}))
    for name, stated in step.dates.items():
        found = said
        for part in name.split("/"):
            found = found.get(part) if isinstance(found, dict) else None
        if not matches(judge.with_ids(stated, ""), found):
            judge.differs(
                f"dates, {name}", stated or "nothing", _NO_CASE if stored is None else str(found or "nothing")
            )


def _judge_deadlines(judge: StepJudge, step: ExpectedDeadlines, stored: StoredCase | None) -> None:
    due = {} if stored is None else stored.case.due
    for key, stated in step.deadlines.items():
        found = datetime.fromisoformat(due[key]) if key in due else None
        if found != stated:
            judge.differs(f"deadline {key}", _in_sweden(stated), _NO_CASE if stored is None else _in_sweden(found))


def _in_sweden(time: datetime | None) -> str:
    return "not due" if time is None else time.astimezone(STOCKHOLM).isoformat()


def _judge_liability(judge: StepJudge, step: ExpectedLiability, stored: StoredCase | None) -> None:
    wanted = step.liability
    if stored is None:
        judge.differs("liability", str(wanted), _NO_CASE)
        return
    got = _sections(judge, stored).get("liability") or {}
    for name, stated in wanted.model_dump(mode="json", exclude_unset=True).items():
        if (found := got.get(name)) != stated:
            shown = [listed(one) if isinstance(one, list) else str(one) for one in (stated, found)]
            judge.differs(f"liability {name}", *shown)


def _sections(judge: StepJudge, stored: StoredCase) -> dict[str, Any]:
    """What the case's process shows of it, without the words of its messages."""
    record = CaseRecord(stored.case, stored.acts, {}, judge.world.directory, judge.now)
    return process_of_case(stored.case).sections.of_case(record)
