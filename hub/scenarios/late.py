"""The registers of a world, of which some answer late: after so many steps, or at a time. Imports the world only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.scenarios.moments import Late
from hub.scenarios.world import World
from schemas.hub_messages import Adressering, Verifiering
from schemas.messages import Question

RegisterAnswer = Adressering | Verifiering


@dataclass(frozen=True, slots=True)
class PutQuestion:
    """A question that the hub has put, and whose message it came from."""

    case: str | None
    question: Question
    source: str
    message: str


@dataclass(slots=True)
class WorldRegisters:
    """Answers questions as the world says, and keeps those whose answers come later."""

    world: World
    late: Mapping[str, Late] = field(default_factory=dict)
    """Personnummer or HSA-id → when the answer comes, before what the world says."""
    of_this_step: Late | None = None
    """When the answers to what is asked in this step come, before anything else that is said."""
    _step: int = 0
    _waiting: list[tuple[int | datetime, PutQuestion]] = field(default_factory=list)

    def begin_step(self) -> None:
        """A step begins in which something happens."""
        self._step += 1

    def ask(self, put: PutQuestion, now: datetime) -> RegisterAnswer | None:
        """The answer; None where it comes later or there is nothing to tell."""
        late = self._late(put.question)
        if isinstance(late, timedelta):
            late = now + late
        if late is None or (isinstance(late, datetime) and late <= now):
            return self.world.reply(put.question)
        self._waiting.append((self._step + late if isinstance(late, int) else late, put))
        return None

    def next_at(self) -> datetime | None:
        """The earliest time at which an answer comes."""
        return min((when for when, _ in self._waiting if isinstance(when, datetime)), default=None)

    def come(self, now: datetime) -> list[tuple[PutQuestion, RegisterAnswer]]:
        """The answers that have come by now, each once, in the order in which they were asked for."""
        limits = {int: self._step, datetime: now}
        due = [one for one in self._waiting if one[0] <= limits[type(one[0])]]  # type: ignore[operator]
        self._waiting = [one for one in self._waiting if one not in due]
        return [(put, answer) for _, put in due if (answer := self.world.reply(put.question)) is not None]

    def _late(self, question: Question) -> Late | None:
        if self.of_this_step is not None:
            return self.of_this_step
        about = (question.person if question.question == "adressering" else question.actor) or ""
        said = self.world.persons.get(about) or self.world.hsa.get(about)
        return self.late.get(about, None if said is None else said.late)
