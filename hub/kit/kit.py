"""A run of the kit: scenario after scenario towards one system, and what each came to. Imports the stage, the door and the record."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from hub.delivery.outgoing import Exit
from hub.errors import Unavailable
from hub.intake.arrival import Arrival
from hub.kit.awaits import Patience
from hub.kit.console import RunConsole
from hub.kit.deliveries import Deliveries, forge
from hub.kit.faults.fault import FaultyExit, KitFault, Means
from hub.kit.faults.registry import make
from hub.kit.faults.table import FaultRow
from hub.kit.notebook import Notebook
from hub.kit.reach import is_gone, shown, silent_since
from hub.kit.record import Finding, Run, ScenarioRun
from hub.kit.recording import Wire
from hub.kit.scenario_hub import ScenarioHub
from hub.kit.stage import Stage
from hub.kit.suites import asked_of, scenario_file
from hub.kit.today import TodaysScenario
from hub.kit.vendor import Cast, Connected, cast
from schemas.directory import Directory
from schemas.messages import Receipt
from schemas.swedish_time import STOCKHOLM
from schemas.version import CONTRACT_VERSION
from schemas.ways_out import WebhookOut

_ANSWERS: Final = "answers at its address until the run is over"
_NOT_TRIED: Final = Finding(0, "is played", "not_tried", "your system did not answer any more before it was played")


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
    faults: Sequence[FaultRow] = ()
    """Made on purpose, each in a scenario of its own, after all scenarios have been played without."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """One scenario of a run."""

    written: TodaysScenario
    cast: Cast
    fault: FaultRow | None = None

    @property
    def title(self) -> str:
        """The scenario's name, with that of the fault."""
        name = self.written.path.stem
        return name if self.fault is None else f"{self.fault.name}: {name}"

    @property
    def takes_part(self) -> bool:
        """Whether the vendor's system has something to send in it."""
        return any(unit in self.cast for unit in asked_of(self.written))


class Kit:
    """One run."""

    def __init__(
        self, order: Order, connected: Connected, exit_: Exit, wire: Wire, shown: RunConsole, means: Means
    ) -> None:
        """``means``: with which faults are made. Raises ``Misconfigured`` and ``Unusable`` for what cannot be played."""
        self._order, self._connected, self._exit, self._wire, self._shown = order, connected, exit_, wire, shown
        self._means = means
        self._started = datetime.now(STOCKHOLM)
        paths: list[tuple[Path, FaultRow | None]] = [(path, None) for path in order.scenarios]
        paths += [(scenario_file(row.scenario) if row.scenario else order.scenarios[0], row) for row in order.faults]
        self._turns = [
            _Turn(written, cast(written.world, order.played, connected), row)
            for written, row in ((TodaysScenario(path, self._started), row) for path, row in paths)
        ]
        self._stage: Stage | None = None
        self._fault: KitFault | None = None
        self._past: dict[str, ScenarioHub] = {}
        """Case → the hub of the scenario that is over: an answer may still be under way."""
        self._cast = self._turns[0].cast
        self._is_gone = False
        """Whether the vendor's system takes no connection any more."""

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
        receipt = self._stage.take(arrival)
        return receipt if self._fault is None else self._fault.taken(arrival, receipt)

    def fault(self) -> KitFault | None:
        """The fault that is made on purpose now."""
        return self._fault

    def call_refused(self, request: str, status: int | None, en: str, sv: str) -> None:
        """A call of the vendor's system was answered with an error before it became a message."""
        if self._stage is not None:
            self._stage.call_refused(request, status, en, sv)

    async def run(self) -> Run:
        """Plays everything. When the task is cancelled, the run ends with what has been played by then."""
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
        played: list[ScenarioRun] = []
        for number, turn in enumerate(self._turns, 1):
            if played and played[-1].interrupted:
                played.append(_not_begun(turn))
            elif self._is_gone:
                played.append(replace(_not_begun(turn), findings=(_NOT_TRIED,), interrupted=False))
            else:
                played.append(await self._play(number, turn))
        return replace(run, scenarios=tuple(played))

    async def _play(self, number: int, turn: _Turn) -> ScenarioRun:
        self._cast = turn.cast
        notebook = Notebook(self._shown.finding)
        self._shown.scenario(number, len(self._turns), turn.title, turn.written.scenario.scenario)
        first = len(self._wire.exchanges)
        interrupted = False
        try:
            await self._tried(number, turn, notebook)
        except asyncio.CancelledError:  # whoever stops the run wants what it has found
            interrupted = True
        passed = tuple(self._wire.exchanges[first:])
        # What happened at the same time is always told in the same order.
        found = sorted(notebook.findings, key=lambda finding: (finding.step, finding.expected, finding.reason))
        return replace(_not_begun(turn), findings=tuple(found), exchanges=passed, interrupted=interrupted)

    async def _tried(self, number: int, turn: _Turn, notebook: Notebook) -> None:
        if number == 1 and isinstance(self._connected.out, WebhookOut):
            await forge(self._exit, self._cast.system, secret_of(self._order.seed, "forged"), notebook)
        why_not = self._why_not(turn)
        if turn.fault is not None and why_not is not None:
            fault = turn.fault
            notebook.add(Finding(0, fault.judged, "not_tried", why_not, rules=fault.rules, fault=fault.name))
        else:
            await self._staged(number, turn, notebook)
        if any(finding.outcome == "wrong" for finding in notebook.findings):
            await self._look(notebook)

    async def _look(self, notebook: Notebook) -> None:
        """Something is wrong: where the reason is that the vendor's system is not there any more, the run ends."""
        out = self._connected.out
        if not isinstance(out, WebhookOut) or not await is_gone(out.url, self._connected.delivery.timeout_s):
            return
        self._is_gone = True
        why = f"your system does not answer any more at {shown(out.url)}"
        notebook.wrong(0, _ANSWERS, f"{why}: the run ends here")
        since = silent_since(self._wire, self._started, datetime.now(STOCKHOLM))
        self._shown.say(f"{why} since {since:%H:%M:%S}: the run ends here, and what has not been played is not tried")

    def _why_not(self, turn: _Turn) -> str | None:
        """Why a fault cannot be made; None where it can."""
        if turn.fault is not None and turn.fault.webhook_alone and not isinstance(self._connected.out, WebhookOut):
            return turn.fault.over_kafka
        if not turn.takes_part:
            return f"{self._order.played} has nothing to send in {turn.written.path.stem}, the scenario in which this fault is made"
        return None

    async def _staged(self, number: int, turn: _Turn, notebook: Notebook) -> None:
        run = int(self._started.timestamp()) * 1000 + number
        fault = None if turn.fault is None else make(turn.fault.name, self._means)
        exit_ = self._exit if fault is None else FaultyExit(self._exit, fault)
        async with Deliveries(exit_, turn.cast.system, notebook, run * 1000, fault) as deliveries:
            stage = Stage(
                turn.written,
                turn.cast,
                deliveries,
                notebook,
                self._order.patience,
                f"kit-{run}-",
                self._shown.awaits,
                self._past,
            )
            self._stage, self._fault = stage, fault
            try:
                await stage.play()
            finally:
                self._stage = self._fault = None
                self._past |= stage.hubs
        for finding in () if fault is None else fault.findings():
            notebook.add(finding)


def _not_begun(turn: _Turn) -> ScenarioRun:
    said, fault = turn.written.scenario, None if turn.fault is None else turn.fault.name
    return ScenarioRun(turn.written.path.stem, said.scenario, said.rules, fault, interrupted=True)


def secret_of(seed: int, what: str) -> str:
    """A secret of Standard Webhooks, the same for every run with a seed: it guards fictitious persons only."""
    return "whsec_" + base64.b64encode(hashlib.sha256(f"samverkan kit {what} {seed}".encode()).digest()[:24]).decode()


def token_of(seed: int) -> str:
    """The bearer token, likewise."""
    return hashlib.sha256(f"samverkan kit token {seed}".encode()).hexdigest()[:32]
