"""One schedule: everything that happens follows from its seed. Imports the parts of the simulation and the checker."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from hub.errors import Unavailable
from hub.store import dead_letters, outbox, paused_systems, shards
from tests.chaos.checker import Violation, violations
from tests.chaos.history import HUB, Deadline, History, Wait
from tests.simulate import model_of_messages, model_of_operations, model_of_rows, model_of_shards, seams
from tests.simulate.clock import CLOCK, wall
from tests.simulate.database import Server, Session, Transaction
from tests.simulate.faults import Fault, Faults
from tests.simulate.hubs import HubProcess
from tests.simulate.loop import Loop, Process, StuckError
from tests.simulate.receivers import Receivers, exits
from tests.simulate.senders import Sender
from tests.simulate.store import Store
from tests.simulate.topics import Topic
from tests.simulate.world import LATE, SYSTEMS, directory, stays

_STORM_S = 15.0
"""Seconds after which no more faults are made."""
_QUIET_S = 150.0
"""Seconds in which everything must have come through afterwards."""
_KVITTENS = timedelta(hours=24, minutes=5)
"""After an admission it is late that nobody has acknowledged it; here nobody ever does."""
_SILENT_S = 3.0
"""Seconds without a heartbeat after which a topic is given to another reader."""


@dataclass(slots=True)
class Outcome:
    seed: int
    violations: list[Violation]
    history: History
    faults: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    seconds: float = 0.0


def run(seed: int, repeats: float = 0.1) -> Outcome:
    """Play a schedule and judge it. Only within ``seams.simulated``. ``repeats``: the share of messages that are sent twice."""
    schedule = Schedule(seed, repeats)
    try:
        schedule.loop.run_until_complete(schedule.play())
        found = violations(schedule.history)
    except StuckError as error:
        found = [Violation("stuck", str(error))]
    finally:
        schedule.loop.end()
    counted = schedule.faults.counted + Counter(schedule.receivers.counted)
    return Outcome(seed, found, schedule.history, counted, schedule.loop.steps, schedule.loop.now)


def server_of(loop: Loop, draw: Random, *, shards: int) -> Server:
    """An empty database."""
    tables = model_of_messages.tables() | model_of_rows.tables() | model_of_operations.tables()
    return Server(loop, draw, tables | model_of_shards.tables(shards))


def rows_of(server: Server) -> list[tuple[dict[str, Any], str]]:
    """The rows of the outbox, each with the state that operations is shown."""
    ranges = model_of_rows.Ranges(Transaction(server, _NO_SESSION))
    return [(row, ranges.state(row)) for row in server.tables["outbox"].rows.values()]


class Schedule:
    def __init__(self, seed: int, repeats: float) -> None:
        draw = Random(seed)
        self.repeats = repeats
        random.seed(draw.random())
        seams.DRAWN.seed(draw.random())
        self.draw = draw
        self.history = History()
        self.loop = Loop(Random(draw.random()))
        CLOCK.seconds, CLOCK.jumped = self.loop.time, timedelta()
        self.server = server_of(self.loop, Random(draw.random()), shards=draw.choice((1, 2, 3, 5)))
        self.server.sequences["outbox_block"] = 1 + seed * 10_000_000  # no id is another schedule's too
        self.faults = Faults(Random(draw.random()), self._happen)
        self.loop.before_step = lambda: self.faults.step(self.loop.steps)
        self.receivers = Receivers(self.loop, Random(draw.random()), self.history)
        ways = tuple(draw.choice(("kafka", "webhook")) for _ in SYSTEMS)
        self.directory = directory(ways, draw.choice((1, 2, 8)))
        self.topics = {system: Topic(self.directory.system_by_id[system]) for system in SYSTEMS if draw.random() < 0.5}
        self.hubs: list[HubProcess] = []
        self.processes = draw.choice((1, 2, 2, 2, 3))
        self.restarts = Random(draw.random())
        self._started = 0
        self._rewriting: list[asyncio.Task[None]] = []

    # --- processes ------------------------------------------------------------------------------------------------------

    def _start_hub(self) -> None:
        self._started += 1
        store = Store(self.server, self.faults.commit)
        ways = exits(self.receivers)
        hub = HubProcess(f"hub-{self._started}", self.loop, store, self.directory, ways, list(self.topics.values()))
        self.hubs.append(hub)

    def _hub_of(self, process: object) -> HubProcess | None:
        return next((hub for hub in self.hubs if hub.process is process), None)

    def _happen(self, fault: Fault, process: object) -> None:
        hub = self._hub_of(process) or (self.restarts.choice(self.hubs) if self.hubs else None)
        self.history.notes.append(f"{self.loop.now:.3f} {fault.kind} {hub and hub.process.name} {fault.seconds}")
        if fault.kind == "database restarted":
            self.server.restart(fault.seconds)
        elif fault.kind == "clock jumped":
            CLOCK.jumped += timedelta(hours=self.restarts.choice((25, 25, 1)))
        elif fault.kind == "topics moved":
            self._move_topics(list(self.topics.values()))
        elif fault.kind == "notices rewritten":
            self.loop.call_later(0.0, self._start_rewriting, context=self.loop.outside.context)
        elif hub is None:
            return
        elif fault.kind == "session cut":
            for session in [one for one in self.server.sessions.values() if one.process is hub.process]:
                if self.restarts.random() < 0.7:
                    self.server.end(session)
        elif fault.kind == "stopped":
            self.loop.stop_process(hub.process, fault.seconds)
        else:
            self._kill(hub, silently=fault.kind == "power lost")
            if self.restarts.random() < 0.7 or not self.hubs:
                self.loop.call_later(fault.seconds, self._start_again, context=self.loop.outside.context)

    def _kill(self, hub: HubProcess, *, silently: bool) -> None:
        self.hubs.remove(hub)
        self.loop.kill(hub.process)
        self.server.client_died(hub.process, silently=silently)

    def _start_again(self) -> None:
        if len(self.hubs) < self.processes:
            self._start_hub()

    def _move_topics(self, topics: list[Topic]) -> None:
        for topic in topics:
            alive = [hub.process for hub in self.hubs if hub.process.runs]
            topic.give_to(self.restarts.choice(alive) if alive else None)

    async def _group(self) -> None:
        """Gives topics of readers that are silent to others."""
        while True:
            gone = [topic for topic in self.topics.values() if topic.owner is None or self._is_silent(topic.owner)]
            self._move_topics(gone)
            await asyncio.sleep(1.0)

    def _is_silent(self, process: Process) -> bool:
        return process.dead or (process.stopped_until is not None and process.stopped_until - self.loop.now > _SILENT_S)

    def _start_rewriting(self) -> None:
        self._rewriting.append(asyncio.create_task(self._rewrite()))

    async def _rewrite(self) -> None:
        """What is not sent yet of the cases is written anew, as when their person is found to be protected (C-62)."""
        store: Any = Store(self.server, lambda *_: None)
        with suppress(Unavailable):
            for case in list(self.server.tables["cases"].rows):
                async with store.transaction() as connection:
                    await shards.change(connection, [case])
                    for id_, *_ in await outbox.unsent(connection, case):
                        await outbox.rewrite(connection, id_, self.server.tables["outbox"].rows[id_]["body"])

    # --- the course -----------------------------------------------------------------------------------------------------

    async def play(self) -> None:
        for _ in range(self.processes):
            self._start_hub()
        group = asyncio.create_task(self._group())
        lines = stays(self.draw)
        senders = [
            Sender(
                self.directory.system_by_id[system],
                lines[system],
                self.topics.get(system),
                Random(self.draw.random()),
                self.history,
                lambda: self.hubs or [_NOBODY],  # type: ignore[list-item]
                self.repeats,
            )
            for system in SYSTEMS
        ]
        sending = [asyncio.create_task(sender.run()) for sender in senders]
        await asyncio.wait(sending, timeout=_STORM_S)
        await self._heal()
        await self._until_quiet(sending)
        await asyncio.gather(*self._rewriting)
        group.cancel()
        self._look()

    async def _heal(self) -> None:
        """All is well from now on."""
        self.faults.end()
        self.receivers.well = True
        while self.server.away:
            await asyncio.sleep(0.5)
        while len(self.hubs) < min(2, self.processes):
            self._start_hub()

    async def _until_quiet(self, sending: list[asyncio.Task[None]]) -> None:
        until = self.loop.now + _QUIET_S
        while self.loop.now < until:
            await self._operate()
            if (
                all(task.done() for task in sending)
                and all(topic.read for topic in self.topics.values())
                and not self._unsettled()
            ):
                break
            await asyncio.sleep(0.5)
        for task in sending:
            task.cancel()

    def _unsettled(self) -> list[Any]:
        tables = self.server.tables
        rows = [row for row, state in rows_of(self.server) if state in {"waiting", "dead"}]
        late = [row for row in tables["deadline"].rows.values() if (row["put_off"] or row["due_at"]) < wall()]
        return rows + late + list(tables["held"].rows) + list(tables["paused"].rows)

    async def _operate(self) -> None:
        """Operations resumes what was paused, and replays or skips what is dead."""
        tables = self.server.tables
        store: Any = Store(self.server, lambda *_: None)
        for system in list(tables["paused"].rows):
            async with store.transaction() as connection:
                await paused_systems.resume(connection, system)
        for id_, row in list(tables["outbox"].rows.items()):
            if row["state"] == "dead":
                let_go = row["kind"] == "notice" and row["source"] != HUB and self.restarts.random() < 0.3
                async with store.transaction() as connection:
                    if let_go:
                        await dead_letters.skip(connection, id_)
                    else:
                        await dead_letters.replay(connection, [id_])

    def _look(self) -> None:
        """What operations sees at the end."""
        tables, waits = self.server.tables, self.history.waits
        for row in tables["outbox"].rows.values():
            if row["state"] != "sent":
                waits.append(
                    Wait(row["state"], row["system"], row["case_id"], row["sequence"], row["source"], row["message_id"])
                )
        for source, message in tables["held"].rows:
            waits.append(Wait("held", "", None, None, source, message))
        waits += [Wait("paused", system) for system in tables["paused"].rows]
        for case, row in tables["cases"].rows.items():
            if wall() - row["opened_at"] > _KVITTENS:
                self.history.deadlines.append(Deadline(case, LATE, SYSTEMS))


class _Nobody:
    """Where no process runs: the connection is refused."""

    def post(self, *_: Any) -> asyncio.Future[None]:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        answer.set_result(None)
        return answer


_NOBODY = _Nobody()
_NO_SESSION = Session(0, None, autocommit=True, idle_s=None)
