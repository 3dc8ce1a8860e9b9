"""A scenario being played, whatever it is played against: makes the messages, says what is to be done, judges what comes.
Does no I/O; imports the scenario's parts and the language.

``Play.run`` yields what it asks of the hub (``actions``) and is sent the answer; ``memory`` answers from the rules alone, a
test on the whole stack from the store. So both play the same steps and judge the same things.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import to_json

from hub.intake.arrival import Arrival
from hub.printing import text_of
from hub.scenarios.actions import (
    Action,
    LearnNews,
    MoveClock,
    ReadCase,
    ReadPerson,
    ReadReceipt,
    ReadUnit,
    StepOutcome,
    TakeMessage,
)
from hub.scenarios.expect_answers import TextOf, judge_list, judge_person, judge_print, judge_search, judge_view
from hub.scenarios.expect_case import judge_case
from hub.scenarios.expect_notices import judge_receipt, judge_told
from hub.scenarios.file import ScenarioFile, WrittenStep
from hub.scenarios.judge import StepJudge
from hub.scenarios.late import WorldRegisters
from hub.scenarios.report import Report
from hub.scenarios.steps import At, GetStep, ListStep, NewsStep, PersonStep, PrintStep, SearchStep, Send, ViewStep
from hub.scenarios.world import World
from hub.store.inbox import Key
from hub.translators.native import JSON, STRUCTURED
from schemas.hub_messages import Folkbokforing
from schemas.messages import Receipt, type_of

_REFERENCE = "ref:contact-1"
"""The subject under which a scenario opens its case when it says no other."""

Doing = Generator[Action, Any, None]
"""Yields what the hub shall do, and is sent what it answers."""


@dataclass(slots=True)
class _Sent:
    """A message that has a name in the scenario."""

    key: Key
    """Of duplicates: (source, message id)."""
    case: str | None
    of: str | None
    """The scenario's name of the case that it is about."""


class Play:
    """One run of one scenario."""

    def __init__(self, written: ScenarioFile, world: World | None = None, text_of: TextOf = text_of) -> None:
        """Begins at the scenario's clock, in its world or another; ``text_of`` reads a printed document."""
        self.world = (world or written.world).under(written.profile)
        self.registers = WorldRegisters(self.world, written.late)
        self.report = Report(written.path, written.scenario.scenario, written.scenario.rules)
        self.now: datetime = written.clock
        self.number = 0
        """Of the step that is being played, counted from 1 through all files."""
        self._written = written
        self._text_of: TextOf = text_of
        self._last: str | None = None
        """The case of the last message that had one."""
        self._cases: dict[str, str] = {}
        """Name of a case → its id."""
        self._sent: dict[str, _Sent] = {}
        """``as`` → the message."""
        self._subjects: dict[tuple[str, str], str] = {}
        """(system, case) → the reference under which that system knows it."""

    def run(self) -> Doing:
        """Every step in its order; then the report says what differed."""
        for number, written in enumerate(self._written.steps, 1):
            self.number = number
            judge = StepJudge(self.report, self.world, self.now, written, self._ids(), self._cases)
            yield from self._step(number, written, judge)

    def _step(self, number: int, written: WrittenStep, judge: StepJudge) -> Doing:
        step = written.step
        self.registers.of_this_step = step.late if isinstance(step, Send) else None
        if isinstance(step, Send):
            yield from self._send(number, written, step, judge)
        elif isinstance(step, At):
            yield from self._at(step, judge)
        elif isinstance(step, NewsStep):
            news = Folkbokforing.model_validate(step.news.model_dump(exclude={"person", "notices", "systems"}))
            told = yield LearnNews(step.news.person, news, self.now)
            judge_told(judge, "news", step.news.notices, step.news.systems, told)
        elif isinstance(step, PersonStep):
            judge_person(judge, step, (yield ReadPerson(step.shown_at_1177)))
        elif isinstance(step, SearchStep):
            found = yield ReadPerson(step.search)
            known = self.world.persons.get(step.search)
            said = self.world.answer(step.search) if known is not None and known.known else None
            judge_search(judge, step, found, self._names(), said)
        elif isinstance(step, ListStep):
            found = yield ReadUnit(judge.unit(step.list_))
            judge_list(judge, step, found, self._names())
        else:
            case = self._last if step.case is None else self._cases.get(step.case)
            stored = None if case is None else (yield ReadCase(case))
            if isinstance(step, ViewStep | GetStep):
                judge_view(judge, step, stored)
            elif isinstance(step, PrintStep):
                judge_print(judge, step, stored, self._text_of)
            else:
                judge_case(judge, step, stored)

    # --- at -----------------------------------------------------------------------------------------------------------

    def _at(self, step: At, judge: StepJudge) -> Doing:
        self.now = self._written.clock + step.at if isinstance(step.at, timedelta) else step.at
        told = yield MoveClock(self.now)
        judge_told(judge, "at", step.notices, step.systems, told)
        for name, expected in step.receipts.items():
            sent = self._sent[name]
            receipt = yield ReadReceipt(sent.key)
            if receipt is not None and receipt.code == "ok":
                sent.case = receipt.case
                self._is_in(sent.of, receipt.case)
            judge_receipt(judge, f"final receipt of {name}", expected, receipt)

    # --- send ---------------------------------------------------------------------------------------------------------

    def _send(self, number: int, written: WrittenStep, step: Send, judge: StepJudge) -> Doing:
        if step.subject in self._sent and self._sent[step.subject].case is None:
            judge.differs(f"subject of {step.send}", f"the case of {step.subject}", f"{step.subject} was not accepted")
            return
        arrival = self._arrival(number, written, step)
        outcome: StepOutcome = yield TakeMessage(arrival, self.now)
        self._remember(step, outcome.taken or arrival, outcome.receipt)
        judge_receipt(judge, f"receipt of {step.send}", step.receipt, outcome.receipt)
        judge_told(judge, step.send, step.notices, step.systems, outcome.told)

    def _arrival(self, number: int, written: WrittenStep, step: Send) -> Arrival:
        """The message as it comes in from the unit's system, in bytes."""
        unit = self.world.names[step.from_]
        system = self.world.directory.system_of[unit]
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": step.id or f"m-{number}",
            "source": f"urn:hsa:{unit}",
            "type": type_of(step.send),
            "subject": self._subject(step, system),
            "time": (step.time or self.now).isoformat(),
            "actor": step.actor or self.world.staff[step.from_][0],
            "datacontenttype": JSON,
            "data": self.world.with_ids(step.data, self._ids(), self._cases),
        }
        first = next(iter(self.world.directory.unit_by_hsa[unit].roles))
        role = step.role if "role" in step.model_fields_set else first
        if role is not None:
            event["actorrole"] = role
        place = f"{written.path.name}/{number}"
        found = self.world.directory.system_by_id[system]
        return Arrival(found, to_json(event), STRUCTURED, None, self.now, place, by_outbox=False)

    def _ids(self) -> dict[str, str]:
        """``as`` → message id."""
        return {name: sent.key[1] for name, sent in self._sent.items()}

    def _names(self) -> dict[str, str]:
        """Id of a case → its name."""
        return {id_: name for name, id_ in self._cases.items()}

    def _subject(self, step: Send, system: str) -> str:
        if step.subject is not None:
            named = self._sent.get(step.subject)
            return step.subject if named is None or named.case is None else named.case
        case = self._last if step.case is None else self._cases.get(step.case)
        if case is not None:
            return self._subjects.get((system, case), case)
        return _REFERENCE if step.case is None else self._written.cases[step.case]

    def _remember(self, step: Send, arrival: Arrival, receipt: Receipt) -> None:
        message = arrival.message
        if receipt.code == "ok" and receipt.case is not None:
            self._is_in(step.case, receipt.case)
            if message is not None and message.subject.startswith("ref:"):
                self._subjects[arrival.system_id, receipt.case] = message.subject
        if step.as_ is not None:
            self._sent[step.as_] = _Sent(arrival.key, receipt.case, step.case)

    def _is_in(self, name: str | None, case: str | None) -> None:
        """A message has been accepted in a case."""
        if case is not None:
            self._last = case
            if name is not None:
                self._cases[name] = case
