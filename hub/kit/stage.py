"""One scenario, played towards the vendor's system. Imports the scenarios, the deliveries and what is awaited.

The scenario's own player says what happens. What other parties send goes into the hub in memory, and what the vendor's system
is to send is awaited; whatever it does send is answered by the hub's rules at once. The two clocks are told apart: the
scenario's clock runs as fast as the vendor's and jumps where the scenario says so, and the ``time`` of a vendor's message is
moved by the difference, so that the rules see it at the scenario's time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from pydantic_core import from_json, to_json

from hub.errors import Unavailable
from hub.intake.arrival import Arrival
from hub.kit.asked import AskedActs
from hub.kit.awaits import ONLY_AWAITED, Awaits, Came, EndsHere, Patience
from hub.kit.deliveries import Deliveries
from hub.kit.expects import AwaitedMessage, determined
from hub.kit.notebook import Notebook
from hub.kit.own_ids import brought, paired, replaced
from hub.kit.scenario_hub import ScenarioHub, left_out
from hub.kit.suites import is_asked
from hub.kit.today import TodaysScenario
from hub.kit.vendor import Cast
from hub.processes.engine.unit_view import may
from hub.scenarios import Play, StepOutcome
from hub.scenarios.actions import Action, LearnNews, MoveClock, ReadReceipt, TakeMessage
from hub.scenarios.memory import answered
from hub.scenarios.steps import Send
from hub.translators.native import write_body
from schemas.messages import BilingualText, Receipt
from schemas.swedish_time import STOCKHOLM

_ONLY_ACCEPTED = "sends only what the rules accept"
_CALLS_RIGHTLY = "calls the hub as the contract says"
_CALLS_TOLD = 100
"""Refused calls that are told, each once."""
_MOST_TAKEN = 2_000
"""Messages of the vendor's system in one scenario; each is kept until the scenario is over."""


class Stage:
    """One run of one scenario."""

    def __init__(
        self,
        written: TodaysScenario,
        cast: Cast,
        deliveries: Deliveries,
        notebook: Notebook,
        patience: Patience,
        prefix: str,
        told: Callable[[AwaitedMessage], None],
        past: Mapping[str, ScenarioHub] = MappingProxyType({}),
    ) -> None:
        """``prefix``: of the ids of the kit's messages, so that no two scenarios or runs give one id to two messages; ``told``
        hears what is awaited now; ``past``: the hubs of the run's earlier scenarios, by their cases.
        """
        self._prefix, self._past = prefix, past
        self._called: dict[str, str] = {}
        """Id of a message → the same without the prefix."""
        self._written, self._cast, self._deliveries = written, cast, deliveries
        self._notebook, self._patience = notebook, patience
        self._awaits = Awaits(written, cast, notebook, patience, told)
        self._asked = AskedActs(cast.units)
        self._play = Play(written, cast.world, text_of=lambda _: "")
        self._hub = ScenarioHub(self._play.world, self._play.now, self._play.registers)
        self._hub.vendor = cast.system.id
        self._hub.shift = self._play.now - datetime.now(UTC)
        self._held: list[Arrival] = []
        self._named: set[str] = set(cast.world.directory.unit_by_hsa)
        """Every id that has been named so far."""
        self._own_ids: dict[str, str] = {}
        """The scenario's id → the one that the vendor's system gave."""
        self._cases: dict[str, str] = {}
        """The vendor's own reference → the case."""
        self._taken = 0
        """Messages of the vendor's system so far."""
        self._calls_told: set[str] = set()
        """What has been said of refused calls."""

    @property
    def hubs(self) -> dict[str, ScenarioHub]:
        """Case → the hub in memory, for when the scenario is over."""
        return dict.fromkeys(self._hub.cases, self._hub)

    @property
    def now(self) -> datetime:
        """The scenario's clock."""
        return datetime.now(UTC) + self._hub.shift

    async def play(self) -> None:
        """To the scenario's end, or until it cannot go on; the notebook says how it went."""
        running = self._play.run()
        given: object = None
        try:
            while True:
                self._play.now = self.now
                action = running.send(given)
                given = await self._done(action)
                self._pass_on(self._play.number)
                await self._delivered()
        except StopIteration:
            self._deliveries.release()
            await self._deliveries.settled()
            await asyncio.sleep(self._patience.after_s)
            await self._deliveries.settled()
            self._awaits.nothing_is_left()
        except EndsHere as end:
            self._awaits.nothing_is_left()
            self._awaits.leave_out(self._play.number, str(end))

    async def _delivered(self) -> None:
        await self._deliveries.settled()
        if self._deliveries.given_up is not None:
            raise EndsHere(f"{self._deliveries.given_up} was not acknowledged")

    # --- what the scenario asks of the hub ------------------------------------------------------------------------------

    async def _done(self, action: Action) -> object:
        match action:
            case TakeMessage():
                step = self._step()
                if step.receipt.code == "fatal-error":
                    return left_out(action.arrival)  # a mistake of one party, of which no other is told
                if action.arrival.system_id != self._cast.system.id:
                    return self._others(action, step)
                return await self._vendors(action, step)
            case MoveClock():
                to = max(action.to, self._hub.now, self.now)
                told = self._hub.move_clock(to)
                self._hub.shift = to - datetime.now(UTC)
                return told
            case LearnNews():
                return self._hub.learn(action.person, action.news, self.now)
            case ReadReceipt():
                return self._hub.final(action.key) if action.key in self._hub.inbox else None
            case _:
                return answered(self._hub, action)

    def _step(self) -> Send:
        step = self._written.steps[self._play.number - 1].step
        assert isinstance(step, Send)
        return step

    def _others(self, action: TakeMessage, step: Send) -> StepOutcome:
        """A step of another party: the kit's."""
        event = replaced(from_json(action.arrival.raw), self._own_ids)
        self._called[f"{self._prefix}{event['id']}"] = event["id"]
        event["id"] = f"{self._prefix}{event['id']}"
        action.arrival.raw = to_json(event)
        outcome = self._hub.take(action.arrival, self.now)
        self._named |= {event["id"], *brought(event["data"])}
        if outcome.receipt.case is not None:
            self._named.add(outcome.receipt.case)
        if outcome.receipt.code == "fatal-error":
            assert outcome.receipt.text is not None
            raise EndsHere(
                f"after what came before, the rules refuse the next act, {step.send} of {step.from_}"
                f" ({outcome.receipt.rule}: {outcome.receipt.text.en})"
            )
        return outcome

    async def _vendors(self, action: TakeMessage, step: Send) -> StepOutcome:
        """A step of the vendor's system."""
        if not is_asked(step):
            raise EndsHere(f"{step.send} of {step.from_} is to come before its time, which the kit asks of nobody")
        event = replaced(from_json(action.arrival.raw), self._own_ids)
        subject = event["subject"]
        case = self._cases.get(subject, None if subject.startswith("ref:") else subject)
        data = determined(event["data"], self._named) or {}
        unit = self._cast.world.names[step.from_]
        wanted = AwaitedMessage(
            self._play.number, step.send, unit, step.from_, case, data, self._jumped_to(), self._called
        )
        self._deliveries.release()
        await self._delivered()
        came = await self._awaits.message(wanted)
        self._own_ids |= paired(event["data"], came.data)
        self._named |= {came.receipt.message, *brought(came.data)}
        if came.receipt.case is not None:
            self._named.add(came.receipt.case)
            if came.arrival.message is not None:
                self._cases[came.arrival.message.subject] = came.receipt.case
        return StepOutcome(came.receipt, (), came.arrival)

    # --- what is awaited of the vendor's system -------------------------------------------------------------------------

    def _jumped_to(self) -> datetime | None:
        """The scenario's time, once it has left the day on which it began."""
        now = self.now.astimezone(STOCKHOLM)
        return None if now.date() == datetime.now(STOCKHOLM).date() else now

    # --- what the vendor's system sends ---------------------------------------------------------------------------------

    def take(self, arrival: Arrival) -> Receipt:
        """Answers a message of the vendor's system by the rules. Raises ``Unavailable`` once there have been too many."""
        self._taken += 1
        if self._taken > _MOST_TAKEN:
            if self._taken == _MOST_TAKEN + 1:
                why = f"more than {_MOST_TAKEN} messages came in one scenario: no more of them are taken"
                self._notebook.wrong(self._awaits.last_step, ONLY_AWAITED, why)
            raise Unavailable("busy", retry_after=1)
        arrival.received_at = self.now
        receipt = self._hub.take(arrival, self.now).receipt
        before = None if arrival.message is None else self._past.get(arrival.message.subject)
        if before is not None:  # its scenario is over: it is answered, and says nothing of this one
            return before.take(arrival, before.now).receipt
        self._pass_on(self._awaits.meant(arrival))
        if receipt.rule == "held":
            if not receipt.repeat:
                self._held.append(arrival)
        elif not receipt.repeat:
            self._judge(arrival, receipt)
        return receipt

    def _judge(self, arrival: Arrival, receipt: Receipt) -> None:
        message = arrival.message
        data = {} if message is None else from_json(write_body(message))
        if receipt.code == "ok" and message is not None:
            asked = self._asked.answers(receipt.case, message.unit, message.name, data)
            self._awaits.take(Came(arrival, receipt, time.monotonic(), data, asked))
            return
        if message is not None and (case := self._hub.cases.get(receipt.case or message.subject)) is not None:
            able = may(case, message.unit, self._cast.world.directory, self.now)
            if self._asked.crossed(case, able, message.unit, message.name, data):
                return
        text = receipt.text or BilingualText(sv="", en="")
        what = "a message that cannot be read" if message is None else message.name
        place = "" if receipt.element is None else f" at {receipt.element}"
        why = f"{what} is refused by {receipt.rule}{place}: {text.en}"
        self._notebook.wrong(self._awaits.meant(arrival), _ONLY_ACCEPTED, why, text.sv, rules=(receipt.rule or "",))

    def call_refused(self, request: str, status: int | None, en: str, sv: str) -> None:
        """A call of the vendor's system was answered with an error before it became a message; with None it broke off."""
        why = f"{request} was answered {status}{f': {en}' if en else ''}"
        if status is None:
            why = f"{request} broke off, or did not come whole in time"
        if len(self._calls_told) >= _CALLS_TOLD and why not in self._calls_told:
            why, sv = f"more than {_CALLS_TOLD} different calls were refused: the others are not told", ""
        if why not in self._calls_told:
            self._calls_told.add(why)
            self._notebook.wrong(self._awaits.next_step, _CALLS_RIGHTLY, why, sv)

    def _pass_on(self, step: int) -> None:
        """Offers what a step has written for the vendor's system, and judges what was held and is not any more."""
        self._asked.note(self._hub.outbox)
        self._deliveries.offer(step, self._hub.outbox)
        self._hub.outbox.clear()
        for arrival in list(self._held):
            if (final := self._hub.final(arrival.key)) is not None:
                self._held.remove(arrival)
                self._judge(arrival, final)
