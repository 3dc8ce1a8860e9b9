"""A SIP on its way: messages that somebody sends, what the rules say of each, and the case that they leave."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.engine.decide import Decision, decide
from hub.processes.registry import PROCESSES
from hub.processes.shared.frist import frist_of
from hub.scenarios import load
from schemas.envelope import Message
from schemas.messages import HUB_SOURCE, MESSAGES
from schemas.parts import Part

WORLD = load(Path(__file__).parents[2] / "contracts" / "worlds" / "standard.yaml")
DIRECTORY = WORLD.directory
SIP = PROCESSES["sip"]
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
STAFF = {unit: WORLD.staff[name][0] for name, unit in WORLD.names.items() if WORLD.staff.get(name)}
"""Unit → a person who works there."""


@dataclass(frozen=True)
class Act:
    """One message that somebody sends, some hours after the one before."""

    unit: str
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    hours: float = 0
    actor: str | None = None
    role: str | None = None


@dataclass
class Walk:
    """A case as messages have left it, and what made it."""

    case: Case | None = None
    now: datetime = NOW
    history: list[list[Any]] = field(default_factory=list)
    sent: int = 0

    def message(self, act: Act) -> Message:
        """The message that an act amounts to here."""
        self.now += timedelta(hours=act.hours)
        self.sent += 1
        data: Part = body_of(act.name, act.data)
        if act.name == "frist" and self.case is not None and self.case.due:
            keys = sorted(self.case.due)
            data = frist_of(self.case, keys[self.sent % len(keys)]) or data
        id_, unit = f"m-{self.sent}", act.unit
        if unit == HUB_SOURCE:
            return Message(id_, unit, act.name, "case", self.now, None, None, data)
        role = act.role or next(iter(DIRECTORY.unit_by_hsa[unit].roles))
        return Message(id_, unit, act.name, "case", self.now, act.actor or STAFF[unit], role, data)

    def decide(self, message: Message, others: Sequence[str] = ()) -> Decision | Refused:
        """What the rules say of a message; an accepted one changes the walk's case."""
        try:
            decision = decide(SIP, self.case, "case", message, DIRECTORY, message.time, others)
        except Refused as refused:
            return refused
        self.case = decision.case
        self.history.append(pickle.loads(pickle.dumps(decision.events)))
        agreement = DIRECTORY.agreement_of(self.case.opened_by)
        self.case.due = {key: at.isoformat() for key, at in SIP.deadlines(self.case, agreement).items()}
        return decision

    def follow(self, decision: Decision) -> Iterator[tuple[Message, Decision | Refused]]:
        """The hub's own messages in the case, to which a decision leads, and what the rules say of each."""
        for number, one in enumerate(decision.hub_messages):
            if one.case == "case":
                message = Message(
                    f"h-{self.sent}-{number}", HUB_SOURCE, one.name, "case", self.now, None, None, one.data
                )
                yield message, self.decide(message)

    def do(self, act: Act) -> None:
        """An act that is accepted, with what the hub does after it."""
        found = self.decide(self.message(act))
        assert isinstance(found, Decision), f"{act.name} of {act.unit}: {found}"
        for message, answer in self.follow(found):
            assert isinstance(answer, Decision), f"{message.name}: {answer}"


@cache
def _valid(name: str, data: str) -> Part:
    return MESSAGES[name].model_validate_json(data)


def body_of(name: str, data: Mapping[str, Any]) -> Part:
    """The body of a message, from plain data."""
    return _valid(name, json.dumps(data))
