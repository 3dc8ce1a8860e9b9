"""A vendor's system that does what the scenario says of it, without a network: so a suite is tried before a vendor meets it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

from pydantic_core import from_json, to_json

from hub.delivery.outgoing import AttemptOutcome, Outgoing
from hub.kit.awaits import Patience
from hub.kit.deliveries import Deliveries
from hub.kit.expects import AwaitedMessage
from hub.kit.notebook import Notebook
from hub.kit.own_ids import brought, replaced
from hub.kit.record import Finding
from hub.kit.stage import Stage
from hub.kit.today import TodaysScenario
from hub.kit.vendor import Connected, Format, cast
from hub.routers import http
from hub.translators.native import STRUCTURED
from schemas.directory import System
from schemas.ways_out import Delivery, WebhookOut

OUT = WebhookOut(way="webhook", url="https://vendor.example/hub", secrets=("whsec_" + "A" * 32,))


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
    written = TodaysScenario(path, day)
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
