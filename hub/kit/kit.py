"""A run of the kit: scenario after scenario towards one system, and what each came to. Imports the stage, the door and the record."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from hub.delivery.outgoing import Exit
from hub.errors import Unavailable
from hub.intake.arrival import Arrival
from hub.kit.console import RunConsole
from hub.kit.deliveries import Deliveries, forge
from hub.kit.notebook import Notebook
from hub.kit.record import Run, ScenarioRun
from hub.kit.recording import Wire
from hub.kit.stage import Patience, Stage
from hub.kit.today import TodaysScenario
from hub.kit.vendor import Cast, Connected, cast
from schemas.directory import Directory
from schemas.messages import Receipt
from schemas.swedish_time import STOCKHOLM
from schemas.version import CONTRACT_VERSION
from schemas.ways_out import WebhookOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be run."""

    played: str
    """The system or unit that the vendor's system plays."""
    suite: str
    """The name of the suite, or of the one scenario."""
    scenarios: Sequence[Path]
    seed: int
    patience: Patience


class Kit:
    """One run."""

    def __init__(self, order: Order, connected: Connected, exit_: Exit, wire: Wire, shown: RunConsole) -> None:
        """Raises ``Misconfigured`` and ``Unusable`` for what cannot be played."""
        self._order, self._connected, self._exit, self._wire, self._shown = order, connected, exit_, wire, shown
        self._started = datetime.now(STOCKHOLM)
        today = self._started.date()
        self._parts = [
            (written, cast(written.world, order.played, connected))
            for written in (TodaysScenario(path, today) for path in order.scenarios)
        ]
        self._stage: Stage | None = None
        self._cast = self._parts[0][1]

    @property
    def cast(self) -> Cast:
        """Of the scenario that is being played."""
        return self._cast

    def directory(self) -> Directory:
        """In force towards the vendor's system."""
        return self._cast.world.directory

    def take(self, arrival: Arrival) -> Receipt:
        """Answers a message of the vendor's system; raises ``Unavailable`` between two scenarios."""
        if self._stage is None:
            raise Unavailable("between scenarios", retry_after=1)
        return self._stage.take(arrival)

    def call_refused(self, request: str, status: int, en: str, sv: str) -> None:
        """A call of the vendor's system was answered with an error before it became a message."""
        if self._stage is not None:
            self._stage.call_refused(request, status, en, sv)

    async def run(self) -> Run:
        """Plays everything."""
        out = self._connected.out
        order = self._order
        run = Run(
            seed=order.seed,
            contract=CONTRACT_VERSION,
            program=version("samverkan-hub"),
            role=order.played,
            way=out.way,
            format=self._connected.format,
            suite=order.suite,
            started=self._started.isoformat(timespec="seconds"),
        )
        played = [await self._play(number, written) for number, (written, _) in enumerate(self._parts, 1)]
        return replace(run, scenarios=tuple(played))

    async def _play(self, number: int, written: TodaysScenario) -> ScenarioRun:
        self._cast = self._parts[number - 1][1]
        notebook = Notebook(self._shown.finding)
        name, said = written.path.stem, written.scenario
        self._shown.scenario(number, len(self._parts), name, said.scenario)
        first = len(self._wire.exchanges)
        if number == 1 and isinstance(self._connected.out, WebhookOut):
            await forge(self._exit, self._cast.system, secret_of(self._order.seed, "forged"), notebook)
        run = int(self._started.timestamp()) * 1000 + number
        async with Deliveries(self._exit, self._cast.system, notebook, run * 1000) as deliveries:
            stage = Stage(
                written, self._cast, deliveries, notebook, self._order.patience, f"kit-{run}-", self._shown.awaits
            )
            self._stage = stage
            try:
                await stage.play()
            finally:
                self._stage = None
        passed = tuple(self._wire.exchanges[first:])
        # What happened at the same time is always told in the same order.
        found = sorted(notebook.findings, key=lambda finding: (finding.step, finding.expected, finding.reason))
        return ScenarioRun(name, said.scenario, said.rules, None, tuple(found), passed)


def secret_of(seed: int, what: str) -> str:
    """A secret of Standard Webhooks, the same for every run with a seed: it guards fictitious persons only."""
    return "whsec_" + base64.b64encode(hashlib.sha256(f"samverkan kit {what} {seed}".encode()).digest()[:24]).decode()


def token_of(seed: int) -> str:
    """The bearer token, likewise."""
    return hashlib.sha256(f"samverkan kit token {seed}".encode()).hexdigest()[:32]
