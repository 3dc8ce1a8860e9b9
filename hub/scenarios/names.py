"""Looks at the names in a scenario before it is played: units, systems, messages, cases, steps. Imports the model and the
world; does no I/O.

A misspelt name would otherwise be sent as it stands, or an expectation about nobody would hold.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, get_args

from hub.processes.engine.process import all_steps
from hub.processes.registry import printable
from hub.processes.shared.frist import OF_AN_ACT
from hub.scenarios.answers import ADDRESSES, route
from hub.scenarios.expected import ExpectedMessage, ExpectedNotice
from hub.scenarios.model import Scenario
from hub.scenarios.part import did_you_mean
from hub.scenarios.reading import Place
from hub.scenarios.steps import (
    At,
    ExpectedDeadlines,
    GetStep,
    History,
    ListStep,
    NewsIs,
    NewsStep,
    PrintStep,
    SearchStep,
    Send,
    State,
    Step,
    ViewStep,
)
from hub.scenarios.world import World, names_a_case
from schemas.hub_messages import DeadlineName
from schemas.messages import MESSAGES

_A_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_OF_UNITS = frozenset({"unit", "receivers", "kvittera", "holds_for", "suggested_unit"})
"""The fields of messages in which units stand."""
_MEANT_TO_BE_UNKNOWN = "unknown-type"
_DEADLINES: tuple[str, ...] = get_args(DeadlineName)


class NameCheck:
    """Goes through the steps in their order; ``faults`` are places in the file and what is wrong there."""

    def __init__(
        self, name: str, world: World, clock: datetime | None, cases: Collection[str], begun: Iterable[Step]
    ) -> None:
        """``name``: the world's; ``begun``: the steps that are played first, which have been looked at already."""
        self.faults: list[tuple[Place, str]] = []
        self._name, self._world, self._clock, self._now = name, world, clock, clock
        self._cases = cases
        self._sent: list[str] = []
        for step in begun:
            self._follow((), step)

    def head(self, scenario: Scenario) -> None:
        """The names before the steps."""
        regions = [region.id for region in self._world.directory.regions]
        if isinstance(scenario.profile, dict):
            for region in scenario.profile:
                self._known(("profile", region), region, regions, f"the world {self._name} has no region")

    def step(self, number: int, step: Step) -> None:
        """One step; ``number`` is counted from 0."""
        place: Place = ("steps", number)
        self._case((*place, "case"), getattr(step, "case", None))
        if isinstance(step, Send):
            self._send(place, step)
        elif isinstance(step, At):
            self._told(place, step)
            for name in step.receipts:
                self._message((*place, "receipts", name), name)
        elif isinstance(step, NewsStep):
            self._told((*place, "news"), step.news)
        elif isinstance(step, State):
            for name, units in step.state.items():
                self._process_step((*place, "state", name), name)
                for unit in units:
                    self._unit((*place, "state", name, unit), unit)
        elif isinstance(step, History):
            self._message_names((*place, "history"), step.history)
        elif isinstance(step, ExpectedDeadlines):
            for key in step.deadlines:
                self._deadline((*place, "deadlines", key), key)
        else:
            self._asks(place, step)
        self._follow(place, step)

    # --- one kind of step -----------------------------------------------------------------------------------------------

    def _send(self, place: Place, step: Send) -> None:
        if step.receipt.rule != _MEANT_TO_BE_UNKNOWN:
            self._message_names((*place, "send"), (step.send,))
        if self._unit((*place, "from"), step.from_):
            hsa = self._world.names[step.from_]
            if hsa not in self._world.directory.system_of:
                self._fault((*place, "from"), f"{step.from_} is served by no system and cannot send")
            elif step.role is not None and step.receipt.rule != "C-3":
                roles = self._world.directory.unit_by_hsa[hsa].roles
                self._known((*place, "role"), step.role, roles, f"{step.from_} has no role")
        if step.subject is not None and _A_NAME.fullmatch(step.subject):
            self._message((*place, "subject"), step.subject)
        self._body((*place, "data"), step.data)
        self._told(place, step)

    def _body(self, place: Place, value: Any, key: str = "") -> None:
        """Short names under the fields of messages and units stand for something."""
        if isinstance(value, Mapping):
            for name, inner in value.items():
                self._body((*place, name), inner, str(name))
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                self._body((*place, number), inner, key)
        elif isinstance(value, str) and _A_NAME.fullmatch(value):
            if key == "message":
                self._message(place, value)
            elif names_a_case(key):
                self._case(place, value)
            elif key in _OF_UNITS:
                self._unit(place, value)

    def _told(self, place: Place, step: Send | At | NewsIs) -> None:
        for name, notice in (step.notices or {}).items():
            where = (*place, "notices", name)
            self._unit(where, name)
            self._notice(where, notice)
            self._message_names((*where, "tells"), notice.tells or ())
            for number, message in enumerate(notice.gets or ()):
                self._one(where, "gets", number, message)
        for system, messages in step.systems.items():
            known = self._world.directory.system_by_id
            self._known((*place, "systems", system), system, known, f"the world {self._name} has no system")
            for number, message in enumerate(messages):
                self._one((*place, "systems"), system, number, message)

    def _one(self, place: Place, key: str, number: int, message: ExpectedMessage) -> None:
        where = (*place, key, number)
        self._notice(where, message)
        self._message_names((*where, "message"), (message.message,))
        for each, unit in enumerate(message.to or ()):
            self._unit((*where, "to", each), unit)

    def _notice(self, place: Place, notice: ExpectedNotice | ExpectedMessage) -> None:
        self._message_names((*place, "may"), notice.may)
        self._message_names((*place, "may_not"), notice.may_not)
        for name in notice.state:
            self._process_step((*place, "state", name), name)

    def _asks(self, place: Place, step: Step) -> None:
        if isinstance(step, ViewStep):
            self._unit((*place, "view"), step.view, connected=True)
        elif isinstance(step, GetStep):
            self._unit((*place, "from"), step.from_, connected=True)
            try:
                route(step.get)
            except KeyError:
                known = ", ".join(ADDRESSES)
                self._fault((*place, "get"), f"below a case there is no address {step.get}; here may stand {known}")
        elif isinstance(step, ListStep):
            self._unit((*place, "list"), step.list_, connected=True)
            for number, case in enumerate(step.cases or ()):
                self._case((*place, "cases", number), case)
        elif isinstance(step, PrintStep):
            self._unit((*place, "from"), step.from_, connected=True)
            self._known((*place, "print"), step.document, printable(), "there is no document")
        elif isinstance(step, SearchStep):
            self._unit((*place, "from"), step.from_, connected=True)
            for number, case in enumerate(step.cases or ()):
                self._case((*place, "cases", number), case)

    def _follow(self, place: Place, step: Step) -> None:
        """Keeps what later steps may name, and where the clock is."""
        if isinstance(step, Send) and step.as_ is not None:
            if step.as_ in self._sent:
                self._fault((*place, "as"), f"a message before this one is named {step.as_} already")
            self._sent.append(step.as_)
        elif isinstance(step, At) and self._clock is not None and self._now is not None:
            then = self._clock + step.at if isinstance(step.at, timedelta) else step.at
            if then < self._now:
                self._fault((*place, "at"), "the clock does not go back")
            self._now = max(self._now, then)

    # --- one kind of name -----------------------------------------------------------------------------------------------

    def _unit(self, place: Place, name: str, *, connected: bool = False) -> bool:
        known = self._known(place, name, self._world.names, f"the world {self._name} has no unit")
        if known and connected and self._world.names[name] not in self._world.directory.unit_by_hsa:
            self._fault(place, f"{name} is not in the directory and can ask for nothing")
        return known

    def _message(self, place: Place, name: str) -> None:
        self._known(place, name, self._sent, "no message before this step is sent as")

    def _message_names(self, place: Place, names: Sequence[str]) -> None:
        for number, name in enumerate(names):
            where = place if place[-1] in {"send", "message"} else (*place, number)
            self._known(where, name, MESSAGES, "there is no message")

    def _case(self, place: Place, name: str | None) -> None:
        if name is not None:
            self._known(place, name, self._cases, "the scenario has among its cases none named")

    def _process_step(self, place: Place, name: str) -> None:
        self._known(place, name, all_steps(), "no process has a step")

    def _deadline(self, place: Place, key: str) -> None:
        name, _, rest = key.partition("/")
        self._known(place, name, _DEADLINES, "there is no deadline")
        if name in OF_AN_ACT:
            self._process_step(place, rest.partition("/")[0])

    def _known(self, place: Place, name: str, known: Collection[str], text: str) -> bool:
        if name in known:
            return True
        self._fault(place, f"{text} {name}{did_you_mean(name, known)}")
        return False

    def _fault(self, place: Place, text: str) -> None:
        self.faults.append((place, text))
