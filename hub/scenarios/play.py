"""A scenario being played, whatever it is played against: makes the messages, judges what comes. Does no I/O.

Imports the model, the world and the machine's colours. ``memory`` plays against the rules alone; a test on the whole
stack plays the same steps and gives the same things to judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from hub.intake.arrival import Arrival
from hub.processes.engine.case import Case, Event
from hub.processes.engine.process import law_of
from hub.processes.engine.unit_view import outlook
from hub.processes.svu.law import liability
from hub.scenarios.model import (
    At,
    ExpectedLiability,
    ExpectedNotice,
    ExpectedReceipt,
    History,
    NewsStep,
    ScenarioFile,
    Send,
    State,
    Step,
)
from hub.scenarios.report import Difference, Report, words
from hub.scenarios.world import World
from hub.translators.native import JSON, STRUCTURED
from schemas.hub_messages import Folkbokforing
from schemas.messages import NoticeExtensions, Receipt, type_of
from schemas.swedish_time import local_day

_REFERENCE = "ref:contact-1"
"""The subject under which a scenario opens its case when it says no other."""
_ORDER = ("red", "blue", "yellow", "green", "grey")


@dataclass(frozen=True, slots=True)
class ToldNotice:
    """One notice as its system gets it: the hub's extensions, the message's name, its data as native JSON."""

    told: NoticeExtensions
    name: str
    data: Any


@dataclass(slots=True)
class StepOutcome:
    """What one step led to: the answer to its sender, and every notice, those that follow from addressing included."""

    receipt: Receipt
    told: Sequence[ToldNotice]


@dataclass(slots=True)
class Play:
    """One run of one scenario."""

    written: ScenarioFile
    world: World
    report: Report = field(init=False)
    now: datetime = field(init=False)
    case: str | None = field(default=None, init=False)
    """The case that the scenario is in: that of the last message which had one."""
    _named: dict[str, tuple[str, str | None]] = field(default_factory=dict, init=False)
    """``as`` → (message id, case)."""
    _keys: dict[str, tuple[str, str]] = field(default_factory=dict, init=False)
    """``as`` → the key of duplicates."""
    _subjects: dict[tuple[str, str], str] = field(default_factory=dict, init=False)
    """(system, case) → the reference under which that system knows it."""

    def __post_init__(self) -> None:
        """Begins at the scenario's clock, under its profile."""
        scenario = self.written.scenario
        self.report = Report(self.written.path, scenario.scenario, scenario.rules)
        self.now = scenario.clock
        self.world = self.world.under(scenario.profile)

    @property
    def steps(self) -> Iterable[tuple[int, Step]]:
        """The steps with their numbers from 0."""
        return enumerate(self.written.scenario.steps)

    # --- at -----------------------------------------------------------------------------------------------------------

    def move(self, number: int, step: At) -> None:
        """Moves the clock forward; raises ``Unusable`` when the scenario would move it back."""
        then = self.written.scenario.clock + step.at
        if then < self.now:
            raise self.written.fault(number, "at", "the clock does not go back")
        self.now = then

    def held(self, number: int, step: At) -> dict[str, tuple[str, str]]:
        """The messages whose final receipts a step looks at: name → key; raises ``Unusable`` for one not sent."""
        for name in step.receipts:
            if name not in self._keys:
                raise self.written.fault(number, "receipts", f"no message was sent as {name}")
        return {name: self._keys[name] for name in step.receipts}

    def judge_final(self, number: int, step: At, name: str, receipt: Receipt | None) -> None:
        """Compares the final receipt of a message that was held; None where there is none yet."""
        if receipt is None:
            self._differs(number, f"final receipt of {name}", "a final receipt", "still held")
        else:
            expected = step.receipts[name]
            wanted = ExpectedReceipt(code="ok") if expected == "ok" else expected
            self._judge_receipt(number, f"final receipt of {name}", wanted, receipt)

    # --- send ---------------------------------------------------------------------------------------------------------

    def arrival(self, number: int, step: Send) -> Arrival:
        """The message as it comes in from the unit's system, in bytes; raises ``Unusable`` for a unit that has none."""
        unit = self._unit(number, "from", step.from_)
        system = self.world.directory.system_of.get(unit)
        if system is None:
            raise self.written.fault(number, "from", f"{step.from_} is served by no system and cannot send")
        id_ = step.id or f"m-{number + 1}"
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": id_,
            "source": f"urn:hsa:{unit}",
            "type": type_of(step.send),
            "subject": self._subject(number, step, system),
            "time": (step.time or self.now).isoformat(),
            "actor": step.actor or self.world.staff[step.from_][0],
            "datacontenttype": JSON,
            "data": self._resolved(step.data),
        }
        first = next(iter(self.world.directory.unit_by_hsa[unit].roles))
        role = step.role if "role" in step.model_fields_set else first
        if role is not None:
            event["actorrole"] = role
        place = f"{self.written.path.name}/{number + 1}"
        found = self.world.directory.system_by_id[system]
        return Arrival(found, to_json(event), STRUCTURED, None, self.now, place, by_outbox=False)

    def _unit(self, number: int, element: str, name: str) -> str:
        unit = self.world.names.get(name)
        if unit is None:
            raise self.written.fault(number, element, f"the world {self.written.scenario.world} has no unit {name}")
        return unit

    def _subject(self, number: int, step: Send, system: str) -> str:
        if step.subject is None:
            return _REFERENCE if self.case is None else self._subjects.get((system, self.case), self.case)
        if step.subject not in self._named:
            return step.subject
        case = self._named[step.subject][1]
        if case is None:
            raise self.written.fault(number, "subject", f"{step.subject} was not accepted and so has no case")
        return case

    def _resolved(self, value: Any, key: str = "") -> Any:
        """The body with ids for names: an ``as`` under ``message``, a unit's short name anywhere."""
        if isinstance(value, dict):
            return {name: self._resolved(inner, str(name)) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._resolved(inner, key) for inner in value]
        if isinstance(value, str):
            if key == "message" and value in self._named:
                return self._named[value][0]
            return self.world.names.get(value, value)
        return value

    def judge(self, number: int, step: Send, arrival: Arrival, outcome: StepOutcome) -> None:
        """Compares the answer and the notices with what the step says."""
        receipt = outcome.receipt
        self._remember(number, step, arrival, receipt)
        self._judge_receipt(number, f"receipt of {step.send}", step.expected, receipt)
        self.judge_told(number, step.send, step.notices, outcome.told)

    def _judge_receipt(self, number: int, what: str, expected: ExpectedReceipt, receipt: Receipt) -> None:
        self.report.answered.add((receipt.code, receipt.rule))
        looked_at = [name for name in ExpectedReceipt.model_fields if getattr(expected, name) is not None]
        if any(getattr(receipt, name) != getattr(expected, name) for name in looked_at):
            shown = dict.fromkeys(["code", "rule", "element", *looked_at])
            wanted = words([(name, getattr(expected, name)) for name in looked_at])
            got = words([(name, getattr(receipt, name)) for name in shown])
            got += "" if receipt.text is None else f" ({receipt.text.en})"
            self._differs(number, what, wanted, got)

    def judge_told(
        self, number: int, what: str, expected: Mapping[str, ExpectedNotice] | None, told: Sequence[ToldNotice]
    ) -> None:
        """Compares who was told with what a step says."""
        if expected is None:
            return
        for name in expected:
            self._unit(number, "notices", name)
        wanted = _notices({name: notice.awaits for name, notice in expected.items()})
        got = _notices(self._told(told))
        if wanted != got:
            self._differs(number, f"notices of {what}", wanted, got)
        for name, notice in expected.items():
            unit = self.world.names[name]
            self._judge_content(number, f"notices of {what} to {name}", notice, [n for n in told if unit in n.told.to])

    def _judge_content(self, number: int, what: str, expected: ExpectedNotice, told: Sequence[ToldNotice]) -> None:
        """Compares what a unit's notices are of, hold and lack."""
        names = tuple(notice.name for notice in told)
        if expected.tells is not None and names != expected.tells:
            self._differs(number, what, ", ".join(expected.tells) or "nothing", ", ".join(names) or "nothing")
        for pointer, wanted in self._resolved(expected.holds).items():
            got = [found for notice in told for found in at(notice.data, pointer)]
            if wanted not in got:
                self._differs(number, f"{what}, {pointer}", str(wanted), ", ".join(map(str, got)) or "nothing")
        for pointer in expected.lacks:
            for got in [found for notice in told for found in at(notice.data, pointer)]:
                self._differs(number, f"{what}, {pointer}", "nothing", str(got))

    def _remember(self, number: int, step: Send, arrival: Arrival, receipt: Receipt) -> None:
        message = arrival.message
        if receipt.code == "ok" and receipt.case is not None:
            self.case = receipt.case
            if message is not None and message.subject.startswith("ref:"):
                self._subjects[arrival.system_id, receipt.case] = message.subject
        if step.as_ is not None:
            self._named[step.as_] = step.id or f"m-{number + 1}", receipt.case
            self._keys[step.as_] = arrival.key

    def _told(self, told: Sequence[ToldNotice]) -> dict[str, str | None]:
        """Unit → what is awaited of it, over all notices of a step."""
        found: dict[str, str | None] = {}
        for notice in told:
            for unit in notice.told.to:
                name = self.world.short(unit)
                found[name] = notice.told.awaits.get(unit) or found.get(name)
        return found

    # --- state and history --------------------------------------------------------------------------------------------

    def judge_state(self, number: int, step: State, case: Case | None) -> None:
        """Compares the colours that units have (C-30)."""
        for name, units in step.state.items():
            if case is not None and name not in law_of(case).steps:
                raise self.written.fault(number, "state", f"{case.process} has no step {name}")
            for short, wanted in units.items():
                unit = self._unit(number, "state", short)
                if case is None or unit not in case.participants:
                    got = "no case" if case is None else "takes no part"
                else:
                    seen = set(outlook(case, unit, self.world.directory, self.now).colours[name].values())
                    got = next(colour for colour in _ORDER if colour in seen)
                if got != wanted:
                    self._differs(number, f"{name} of {short}", wanted, got)

    def judge_history(self, number: int, step: History, names: Sequence[str]) -> None:
        """Compares the case's accepted messages."""
        if tuple(names) != step.history:
            self._differs(number, "history", ", ".join(step.history) or "empty", ", ".join(names) or "empty")

    def judge_liability(
        self, number: int, step: ExpectedLiability, history: Sequence[Iterable[Event]], opened_by: str
    ) -> None:
        """Compares what the law's clock says of the case's history."""
        wanted = step.liability
        today = local_day(self.now)
        got = liability(history, self.world.directory.agreement_of(opened_by), today)
        for name in wanted.model_fields_set:
            found, stated = getattr(got, name), getattr(wanted, name)
            if found != stated:
                self._differs(number, f"liability {name}", str(stated), str(found))

    def learnt(self, step: NewsStep) -> Folkbokforing:
        """What folkbokforing says now, as the hub tells it."""
        return Folkbokforing.model_validate(step.news.model_dump(exclude={"person", "notices"}))

    def _differs(self, number: int, what: str, expected: str, got: str) -> None:
        self.report.differences.append(Difference(number + 1, self.written.line(number), what, expected, got))


def at(data: Any, pointer: str) -> list[Any]:
    """What stands at a JSON pointer, in a list of one; empty where there is nothing."""
    for part in pointer.split("/")[1:]:
        if isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        elif isinstance(data, dict) and part in data:
            data = data[part]
        else:
            return []
    return [data]


def _notices(found: dict[str, str | None]) -> str:
    parts = [name if awaits is None else f"{name} (awaits {awaits})" for name, awaits in sorted(found.items())]
    return ", ".join(parts) or "nobody"
