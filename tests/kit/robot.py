"""A vendor's system that does what the scenario says of it, without a network: so a suite is tried before a vendor meets it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

from pydantic_core import from_json, to_json

from hub.delivery.outgoing import AttemptOutcome, Outgoing
from hub.kit.awaits import Patience
from hub.kit.deliveries import Deliveries
from hub.kit.expects import AwaitedMessage
from hub.kit.notebook import Notebook
from hub.kit.own_ids import brought, replaced
from hub.kit.record import Finding
from hub.kit.scenario_hub import ScenarioHub
from hub.kit.stage import Stage
from hub.kit.today import TodaysScenario
from hub.kit.vendor import Connected, Format, cast
from hub.routers import http
from hub.translators.native import STRUCTURED
from schemas.directory import System
from schemas.messages import Receipt
from schemas.swedish_time import STOCKHOLM
from schemas.ways_out import Delivery, WebhookOut
from tests.kit.receiver import ACTOR, ROLE, UNIT

OUT = WebhookOut(way="webhook", url="https://vendor.example/hub", secrets=("whsec_" + "A" * 32,))
_EVENING = time(20)
"""When every scenario's time of day has come."""


class Acknowledges:
    """A way out on which everything is acknowledged at once."""

    together = 1

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    def breaker(self, _: System) -> tuple[int, float]:
        return 5, 1.0

    async def send(self, _: System, batch: list[Outgoing], __: object) -> AttemptOutcome:
        self.sent += batch
        return AttemptOutcome("ok", "http:204")

    async def close(self) -> None:
        pass


class AnswersEveryKvittens(Acknowledges):
    """Sends a kvittens of every notice that awaits one of a unit, as the receivers of contracts/receivers do, without knowing a scenario.
    ``late``: only when the scenario awaits something of it, so that a kvittens may cross an act that takes the question back.
    """

    def __init__(self, unit: str, role: str, take: Callable[[dict[str, object]], Receipt], *, late: bool) -> None:
        super().__init__()
        self.receipts: list[Receipt] = []
        self._unit, self._role, self._take, self._late = unit, role, take, late
        self._waiting: list[dict[str, object]] = []

    async def send(self, system: System, batch: list[Outgoing], before: object) -> AttemptOutcome:
        for told in (one.encoded.attributes for one in batch):
            if from_json(told.get("awaits") or "{}").get(self._unit) == "kvittens":
                self._waiting.append(self.kvittens(told))
        if not self._late:
            self.answer()
        return await super().send(system, batch, before)

    def answer(self) -> None:
        """Sends what waits."""
        waiting, self._waiting = self._waiting, []
        self.receipts += map(self._take, waiting)

    def kvittens(self, told: Mapping[str, str]) -> dict[str, object]:
        return {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": f"urn:hsa:{self._unit}",
            "type": "se.samverkan.kvittens.v1",
            "subject": told["case"],
            "time": datetime.now(UTC).isoformat(),
            "actor": ACTOR,
            "actorrole": self._role,
            "data": {"message": told["id"]},
        }


async def acknowledged(
    path: Path,
    day: date,
    *,
    late: bool,
    role: str = ROLE,
    past: dict[str, ScenarioHub] | None = None,
    first: Mapping[str, object] = MappingProxyType({}),
) -> tuple[list[Finding], list[Receipt]]:
    """The findings on the municipality in a scenario, and the hub's answers to each kvittens: it acknowledges what notices ask, and
    does the rest of its part as the scenario says. ``past``: the hubs of earlier scenarios, to which this one's is added; ``first``: of a
    kvittens that it sends before the first that it is asked for.
    """
    written = TodaysScenario(path, datetime.combine(day, _EVENING, STOCKHOLM))
    mine = cast(written.world, "lund_kommun", Connected(OUT, "native", "token", Delivery()))

    def take(event: dict[str, object]) -> Receipt:
        return stage.take(http.arrival(mine.system, to_json(event), STRUCTURED))

    def send(awaited: AwaitedMessage) -> None:
        exit_.answer()
        if awaited.name != "kvittens":
            step = written.steps[awaited.step - 1]
            event = from_json(stage._play._arrival(awaited.step, step, step.step).raw)
            take(event | {"id": str(uuid4()), "time": datetime.now(UTC).isoformat()})

    notebook, exit_ = Notebook(lambda _, __: None), AnswersEveryKvittens(UNIT, role, take, late=late)
    async with Deliveries(exit_, mine.system, notebook, 1) as deliveries:
        stage = Stage(
            written,
            mine,
            deliveries,
            notebook,
            Patience(30 if role == ROLE else 0, 0, 0),
            "kit-1-",
            send,
            dict(past or {}),
        )
        if first:
            exit_.receipts.append(take(exit_.kvittens({"case": "", "id": ""}) | dict(first)))
        await stage.play()
    if past is not None:
        past |= stage.hubs
    return notebook.findings, exit_.receipts


def named_by_itself(id_: str) -> str:
    """The id that a vendor's system gives in place of the scenario's: of a part of a plan its kind stays."""
    kind, slash, _ = id_.partition("/")
    return f"{kind}/{uuid4()}" if slash else f"mote-{uuid4()}"


async def played(
    path: Path, unit: str, day: date, format_: Format = "native", own: dict[str, str] | None = None
) -> tuple[list[Finding], list[Outgoing]]:
    """The findings on a unit in a scenario that begins on a day, and what its system was sent. With ``own`` it gives ids of its own to
    what it brings, and notes them there.
    """
    written = TodaysScenario(path, datetime.combine(day, _EVENING, STOCKHOLM))
    mine = cast(written.world, unit, Connected(OUT, format_, "token", Delivery()))
    notebook, exit_ = Notebook(lambda _, __: None), Acknowledges()

    def send(awaited: AwaitedMessage) -> None:
        step = written.steps[awaited.step - 1]
        event = from_json(stage._play._arrival(awaited.step, step, step.step).raw)
        if own is not None:
            first = [id_ for id_ in brought(event["data"]) if id_ not in own and id_ not in stage._named]
            own.update({id_: named_by_itself(id_) for id_ in first})
            event = replaced(event, own)
        event |= {"id": str(uuid4()), "time": datetime.now(UTC).isoformat()}
        stage.take(http.arrival(mine.system, to_json(event), STRUCTURED))

    async with Deliveries(exit_, mine.system, notebook, 1) as deliveries:
        stage = Stage(written, mine, deliveries, notebook, Patience(30, 0, 0), "kit-1-", send)
        await stage.play()
    return notebook.findings, exit_.sent
