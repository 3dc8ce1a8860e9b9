"""The hub without a database, a broker or a register: plays a scenario against the rules themselves, in milliseconds.

Imports the intake and the player. It is the intake's own batch, one that never ends: duplicates, held messages,
decisions and notices are those of production, only what ``Batch`` reads before and writes after is left out.
"""

from __future__ import annotations

from datetime import datetime

from hub.intake.arrival import Arrival, read
from hub.intake.batch import Batch
from hub.intake.own import own_message
from hub.scenarios.model import At, Send, State, Written
from hub.scenarios.play import Outcome, Play
from hub.scenarios.report import Report
from hub.scenarios.world import Lately, World, load, world_of
from schemas.messages import Question, Receipt, Told

_HELD = "held"
"""What the receipt of a held message names."""


class Memory(Batch):
    """A hub in memory. ``take`` is the one way in; ``cases`` and ``rows`` (the inbox) are there to look at."""

    def __init__(self, world: World, now: datetime) -> None:
        """An empty hub in a world whose registers answer at once."""
        self._lately = Lately(world)
        super().__init__(world.directory, self._lately, now)
        self._world = world
        self._waiting: dict[tuple[str, str], Arrival] = {}
        self._asked = 0

    def take(self, arrival: Arrival, now: datetime) -> Outcome:
        """Handles one message and what follows from it: the registers' answer, messages that waited for the case."""
        self.now = now
        self.items.clear()
        read(arrival)
        receipt = self._handle(arrival)
        if receipt.rule == _HELD:
            self._waiting.setdefault(arrival.key, arrival)
        self._look_up()
        self._retry()
        return Outcome(receipt, [item.told for item in self.items if isinstance(item.told, Told)])

    def _look_up(self) -> None:
        """The registers' answer is a message of the hub's own, right after the one that asked (architecture.md §1)."""
        for case, asked in [(item.case_id, item.told) for item in self.items]:
            if isinstance(asked, Question) and case is not None:
                self._asked += 1
                answer = self._world.reply(asked)
                self._lately.learn(answer)
                self._handle(own_message(case, f"a-{self._asked}-0", asked.question, answer, self.now))

    def _retry(self) -> None:
        """D-4: what was held is tried again, in the order in which it came. (What opens a case is never held here.)"""
        for key, arrival in list(self._waiting.items()):
            arrival.kept_as = arrival.key
            if self._handle(arrival).rule != _HELD:
                del self._waiting[key]

    def history(self, case: str | None) -> list[str]:
        """The names of a case's accepted messages, in sequence order."""
        rows = [row for row in (*self.rows, *self.settled) if row.case_id == case and row.sequence is not None]
        return [row.name or "" for row in sorted(rows, key=lambda row: row.sequence or 0)]


def play(written: Written, world: World | None = None) -> Report:
    """Plays a scenario in memory. Raises ``Unusable`` when it cannot be played as it is written."""
    found = world or load(world_of(written.path, written.scenario.world))
    played = Play(written, found)
    hub = Memory(played.world, played.now)
    for number, step in played.steps:
        if isinstance(step, Send):
            arrival = played.arrival(number, step)
            played.judge(number, step, arrival, hub.take(arrival, played.now))
        elif isinstance(step, At):
            played.move(number, step)
        elif isinstance(step, State):
            played.judge_state(number, step, None if played.case is None else hub.cases.get(played.case))
        else:
            played.judge_history(number, step, hub.history(played.case))
    return played.report


def answer(world: World, arrival: Arrival, now: datetime) -> Receipt:
    """What an empty hub answers to one message: how the contracts' fixtures are judged."""
    return Memory(world, now).take(arrival, now).receipt
