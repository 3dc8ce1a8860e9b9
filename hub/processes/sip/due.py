"""When what is due in a SIP passes (sip-messages.md §6): what each deadline is about, empty for the case, and the moment. Pure; imports
the case and the language only.

It runs after every message: it reads the case's own fields and no element.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from hub.processes.engine.case import Case
from hub.processes.shared.due import end_of_days, hours_after
from hub.processes.sip.call import ACTORS, EVALUATION, FOLLOW_UP, starts
from hub.processes.sip.state import sip, standing_meetings
from schemas.agreement import Agreement
from schemas.swedish_time import local_day
from schemas.working_days import end_of_working_day, nth_working_day

Due = Iterator[tuple[str, datetime | None]]
"""What the deadline is about, and when it passes."""


def _awaited(case: Case, act: str) -> Iterator[tuple[str, str]]:
    return ((key, one.since) for key, one in case.awaited.items() if one.act == act and one.by)


def kvittens(case: Case, agreement: Agreement) -> Due:
    for key, since in _awaited(case, "kvittera"):
        yield key, hours_after(since, agreement.kvittens_hours)


def initiativ(case: Case, agreement: Agreement) -> Due:
    for key, since in _awaited(case, "svara"):
        if key == "initiativ":
            yield key, hours_after(since, agreement.kvittens_hours)


def answer(case: Case, _: Agreement) -> Due:
    """The call may have been sent on any day: its day is day 0."""
    for key, since in _awaited(case, "svara"):
        yield key, end_of_working_day(datetime.fromisoformat(since), 1)


def answer_by(case: Case, _: Agreement) -> Due:
    for id_, one in standing_meetings(case):
        if "answer_by" in one and unanswered(case, id_):
            yield id_, end_of_days(one["answer_by"])


def _held_since(case: Case, sequence: int) -> Iterator[tuple[str, date]]:
    """The meetings that were held after a sequence, each with its day; without those of the actors alone (LC-2)."""
    for id_, one in standing_meetings(case):
        start = starts(one)
        if one.get("held") and one["kind"] != ACTORS and one["held_in"] > sequence and start is not None:
            yield id_, local_day(start)


def plan(case: Case, _: Agreement) -> Due:
    """A version that is approved is late for no meeting, nor is the next for those before the approval."""
    valid = sip(case).last_valid
    if valid.get("version") == sip(case).version:
        return
    for id_, day in _held_since(case, valid.get("sequence", 0)):
        yield id_, end_of_days(nth_working_day(day, 2).isoformat())


def subgoals(case: Case, agreement: Agreement) -> Due:
    if without_an_edit(case):
        for id_, day in _held_since(case, 0):
            yield id_, end_of_days(day.isoformat(), agreement.subgoal_days)


def follow_up_day(case: Case) -> str | None:
    """The day on which the SIP is to be followed up, while no follow-up is called and none was held after the day was set."""
    own = sip(case)
    set_in = own.dated.get("follow_up_date", [0])[0]
    for _, one in standing_meetings(case):
        if one["kind"] == FOLLOW_UP and ("held" not in one or one.get("held_in", 0) > set_in):
            return None
    return own.plan.get("follow_up_date")


def call_to_follow_up(case: Case, agreement: Agreement) -> Due:
    day = follow_up_day(case)
    if day is not None:
        yield "", end_of_days(day, -agreement.follow_up_call_days)


def follow_up(case: Case, _: Agreement) -> Due:
    day = follow_up_day(case)
    if day is not None:
        yield "", end_of_days(day)
    for id_, one in standing_meetings(case):
        start = starts(one)
        if one["kind"] == FOLLOW_UP and "held" not in one and start is not None:
            yield id_, end_of_days(local_day(start).isoformat())


def yearly(case: Case, _: Agreement) -> Due:
    approved = sip(case).last_valid.get("at")
    if approved is None:
        return
    at = datetime.fromisoformat(approved)
    for _id, one in standing_meetings(case):
        if one["kind"] == FOLLOW_UP and one.get("held") is not False and datetime.fromisoformat(one["sent"]) > at:
            return
    yield "", end_of_days(a_year_after(local_day(at)).isoformat())


def a_year_after(day: date) -> date:
    """The same day of the next year; for 29 February the 28th (§6†)."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def evaluation_day(case: Case) -> str | None:
    """PR: the day of the evaluation, while no call to it stands."""
    if any(one["kind"] == EVALUATION and one.get("held") is not False for _, one in standing_meetings(case)):
        return None
    return sip(case).plan.get("evaluation_date")


def evaluation(case: Case, _: Agreement) -> Due:
    day = evaluation_day(case)
    if day is not None:
        yield "", end_of_days(day)


def consent(case: Case, _: Agreement) -> Due:
    for kind, one in case.consents.items():
        if one.until is not None:
            yield kind, end_of_days(one.until)


def unanswered(case: Case, meeting: str) -> list[str]:
    """The units that are called to a meeting and have neither answered nor acknowledged it."""
    one = sip(case).meetings.get(meeting, {})
    step = case.awaited.get(f"kallelse/{meeting}")
    done = {*one.get("answers", {}), *(() if step is None else step.done), one.get("caller")}
    return [unit for unit in one.get("receivers", {}) if unit not in done and unit in case.participants]


def without_an_edit(case: Case) -> list[str]:
    """The participants that have written nothing in the plan that others know of."""
    return [unit for unit in case.participants if unit not in sip(case).writers]
