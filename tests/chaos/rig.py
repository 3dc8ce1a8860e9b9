"""The running parts of `make chaos`: hubs, broker, database, registers, wires between them, and those who send and receive. Imports the
tests' stack.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from aiokafka.admin import AIOKafkaAdminClient

from hub.errors import Refused
from hub.operations import delivery, replays
from hub.sandbox.children import Child, free_port
from hub.store import dead_list
from hub.store.replayable import RowFilter
from hub.store.transaction import Store
from tests import stack
from tests.chaos import inside, seen
from tests.chaos.history import Wait
from tests.chaos.proxy import Proxy
from tests.chaos.readers import read_inbox, read_topics
from tests.chaos.receiver import FhirServer, Health, Webhook
from tests.chaos.servers import Broker, Database, brokers, small_disk
from tests.chaos.subscriber import Subscriber
from tests.chaos.traffic import Traffic

ROOT = Path(__file__).parents[2]
Ways = tuple[str, str]
"""How the health centre and the municipality are told: ``kafka`` · ``webhook`` · ``fhir`` · ``subscription`` · ``inbox``."""
READERS = 2
"""Of one inbox, at the same time."""
_FOR_A_SMALL_DISK = {"max_wal_size": "128MB", "shared_buffers": "256MB"}
_TIMEOUT_S = 2.0
"""How long a hub waits for the webhook's answer."""


class HubProcess:
    """One hub, which is started again when it ends."""

    def __init__(self, name: str, environment: dict[str, str], folder: Path, workers: int) -> None:
        self.turn = asyncio.Lock()
        """Held while something is done to it."""
        self.port = free_port()
        self.log = folder / f"hub-{name}.log"
        self._clock = folder / f"clock-{name}"
        self._environment = {
            **environment,
            "HUB_HTTP_PORT": str(self.port),
            "CHAOS_CLOCK": str(self._clock),
            "HUB_WORKERS": str(workers),
            "PYTHONPATH": str(ROOT),
        }
        self._child: Child | None = None
        self.set_clock(0.0)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self.alive and self._child is not None else None

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    def start(self) -> None:
        if not self.alive:
            self._child = Child(
                [sys.executable, "-m", "tests.chaos.hub_process", "run"], log=self.log, env=self._environment
            )

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()

    def kill_worker(self, which: int) -> None:
        """Kills one of its workers; where it is alone, itself."""
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(self.pid)
            workers = [one for one in root.children() if "tests.chaos.hub_process" in one.cmdline()]
            (workers or [root])[which % max(1, len(workers))].kill()

    def set_clock(self, wrong_by_s: float) -> None:
        """By so many seconds the hub's clock is wrong from now on."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(str(wrong_by_s))
        fresh.replace(self._clock)


class Rig:
    """All of it; ``running`` makes one."""

    def __init__(
        self,
        parts: Servers,
        operations: stack.Stack,
        hubs: list[HubProcess],
        wires: list[Proxy],
        health: Health,
        traffic: Traffic,
        subscribers: list[Subscriber],
    ) -> None:
        self.subscribers = subscribers
        self.brokers, self.bootstrap, self.database = parts.brokers, parts.bootstrap, parts.database
        self.hubs, self.wires, self.health, self.traffic = hubs, wires, health, traffic
        self.group = f"hub{operations.tag}"
        self.broker_turn, self.database_turn, self.receiver_turn = asyncio.Lock(), asyncio.Lock(), asyncio.Lock()
        self._operations = operations

    async def delete_topic(self, system: str) -> None:
        """Deletes what a system writes to, and returns when a hub has made it anew; raises ``KafkaError`` when the broker fails."""
        topic = f"hub.in.{system}{self._operations.tag}"
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            await admin.start()
            await admin.delete_topics([topic])
            with contextlib.suppress(TimeoutError):  # it may be there anew before anybody has looked
                await _until(admin, topic, there=False, timeout_s=1)
            await _until(admin, topic, there=True, timeout_s=20)
        finally:
            await admin.close()

    def broker(self, which: int) -> Broker:
        return self.brokers[which % len(self.brokers)]

    def hub(self, which: int) -> HubProcess:
        return self.hubs[which % len(self.hubs)]

    async def keep_running(self) -> None:
        """The platform: a hub that ended by itself is started again."""
        while True:
            for hub in self.hubs:
                if not hub.turn.locked():
                    hub.start()
            await asyncio.sleep(0.2)

    async def cases_that_are_not_their_history(self) -> list[str]:
        """As the store shows it, in the end."""
        return await inside.cases_that_are_not_their_history(self._operations)

    @property
    def gave_up(self) -> list[str]:
        """The hubs that ended because a part of theirs could not be kept running."""
        return [hub.log.name for hub in self.hubs if "ended by itself" in hub.log.read_text()]

    async def waits(self) -> list[Wait]:
        """What operations sees to wait, to be held, dead or paused, and what subscribers cannot read."""
        rows = await self._operations.rows(
            "SELECT state, system, case_id::text, sequence, source, message FROM outbox WHERE state <> 'sent'"
        )
        held = await self._operations.rows("SELECT source, message FROM held")
        paused = await self._operations.rows("SELECT system FROM paused")
        return [
            *(Wait(kind, system.removesuffix(self._operations.tag), *more) for kind, system, *more in rows),
            *(Wait("held", "", source=source, message=message) for source, message in held),
            *(Wait("paused", system.removesuffix(self._operations.tag)) for (system,) in paused),
            *(Wait("unread", one.system, message=which) for one in self.subscribers for which in one.unread),
        ]

    async def sort_out(self) -> int:
        """Operations resumes what is paused and replays what is dead; returns how much that was."""
        store = Store(self._operations.database, pool=1)
        try:
            async with store.transaction() as connection:
                dead = await dead_list.listed(connection, RowFilter())
            for system, count in Counter(one.system for one in dead).items():
                with contextlib.suppress(Refused):  # others have died meanwhile, or a replay has them already
                    wanted, why = RowFilter(system=system), ("chaos", "the receiver is well again")
                    await replays.replay(store, wanted, *why, expected=count)
            paused = await self._operations.rows("SELECT system FROM paused")
            for (system,) in paused:
                await delivery.resume(store, system, "chaos", "the receiver is well again")
            return len(dead) + len(paused)
        finally:
            await store.close()


@dataclass(frozen=True, slots=True)
class Servers:
    """A broker and a database, and the wires that lead to them; several rigs may use them, one after the other."""

    brokers: list[Broker]
    database: Database
    to_brokers: list[Proxy]
    to_database: Proxy

    @property
    def bootstrap(self) -> str:
        """The broker's address without wires."""
        return ",".join(broker.bootstrap for broker in self.brokers)

    @property
    def wires(self) -> list[Proxy]:
        return [self.to_database, *self.to_brokers]


@contextlib.asynccontextmanager
async def servers(folder: Path, nodes: int = 1) -> AsyncIterator[Servers]:
    """Both, started; the broker with one node, or three."""
    async with contextlib.AsyncExitStack() as opened:
        disk = opened.enter_context(small_disk(folder / "disk"))
        found = brokers(folder, nodes)
        to_brokers = [await opened.enter_async_context(Proxy(broker.behind)) for broker in found]
        for broker, wire in zip(found, to_brokers, strict=True):
            broker.wire = wire.port
            opened.callback(broker.kill)
        database = Database((disk or folder) / "postgres", settings=_FOR_A_SMALL_DISK)
        database.disk = disk
        opened.callback(database.kill)
        to_database = await opened.enter_async_context(Proxy(database.port))
        # A node answers when most of them do, so all begin at the same time.
        await asyncio.gather(*(asyncio.to_thread(one.start) for one in (*found, database)))
        yield Servers(found, database, to_brokers, to_database)


@contextlib.asynccontextmanager
async def running(
    parts: Servers,
    folder: Path,
    name: str,
    hubs: int,
    ways: Ways = ("kafka", "webhook"),
    workers: int = 1,
    broken: str | None = None,
) -> AsyncIterator[Rig]:
    """A rig whose hubs are ready, on a database and topics of its own by ``name``.

    ``workers``: of each hub; ``ways``: how the health centre and the municipality are told; ``broken``: by which defect (``tests.broken``).
    """
    tag = f"-{name}"
    async with contextlib.AsyncExitStack() as opened:
        url = await asyncio.to_thread(parts.database.create_database, name.replace("-", "_"))
        by_wire = url.replace(f":{parts.database.port}/", f":{parts.to_database.port}/")
        traffic = Traffic(parts.bootstrap, tag)
        health = Health()
        receivers = [
            await opened.enter_async_context(_receiver(way, system, health, traffic)) for system, way in _by(ways)
        ]
        wires = [await opened.enter_async_context(Proxy(receiver.port)) for receiver in receivers]
        found = stack.directory(tag, **_systems(ways, [wire.port for wire in wires]))
        registers = await opened.enter_async_context(stack.registers(found))
        operations = stack.Stack(url, parts.bootstrap, "", folder, tag)
        await operations.prepare(found)
        environment = operations.environment() | stack.environment(
            by_wire, ",".join(f"127.0.0.1:{wire.port}" for wire in parts.to_brokers), registers.url("{}"), 0
        )
        environment["HUB_KAFKA_REPLICATION"] = str(len(parts.brokers))
        if broken is not None:
            environment["CHAOS_BROKEN"] = broken
        processes = [HubProcess(f"{name}-{number}", environment, folder, workers) for number in range(hubs)]
        told_at = {
            receiver: f"http://127.0.0.1:{wire.port}"
            for receiver, wire in zip(receivers, wires, strict=True)
            if isinstance(receiver, Subscriber)
        }
        rig = Rig(parts, operations, processes, [*parts.wires, *wires], health, traffic, list(told_at))
        try:
            for hub in processes:
                hub.start()
            for hub in processes:
                await _ready(hub)
            traffic.ports = [hub.port for hub in processes]
            await opened.enter_async_context(traffic)
            topics = {
                f"hub.out.{system}{tag}": system for system, way in (("ehr", "kafka"), *_by(ways)) if way == "kafka"
            }
            work = [rig.keep_running(), read_topics(parts.bootstrap, topics, traffic.got)]
            work += [
                read_inbox(traffic.ports, system, _token(system), health, traffic.got)
                for system, way in _by(ways)
                if way == "inbox"
                for _ in range(READERS)
            ]
            work += [subscriber.run(traffic.ports, url) for subscriber, url in told_at.items()]
            tasks = [asyncio.create_task(each) for each in work]
            try:
                yield rig
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await asyncio.gather(*(asyncio.to_thread(hub.kill) for hub in processes))


async def _until(admin: AIOKafkaAdminClient, topic: str, *, there: bool, timeout_s: float) -> None:
    async with asyncio.timeout(timeout_s):
        while (topic in await admin.list_topics()) != there:
            await asyncio.sleep(0.05)


def _by(ways: Ways) -> list[tuple[str, str]]:
    return list(zip(("centre", "kommun"), ways, strict=True))


def _token(system: str) -> str:
    return f"token-{system}"


def _receiver(way: str, system: str, health: Health, traffic: Traffic) -> Webhook:
    """Listens also where nothing is sent: then nobody calls."""

    def event(headers: dict[str, str], content: Any) -> None:
        traffic.got(seen.event(system, "webhook", headers["webhook-id"], content, content.get("data")))

    def bundle(_: dict[str, str], content: Any) -> None:
        traffic.got(seen.bundle(system, content))

    if way == "subscription":
        return Subscriber(system, _token(system), health, traffic.got)
    return FhirServer(health, bundle) if way == "fhir" else Webhook(health, event)


def _systems(ways: Ways, ports: list[int]) -> dict[str, dict[str, Any]]:
    """How each system is reached: soon again, so that a round is short."""
    soon = {"schedule_s": [0.2, 0.5, 1.0], "breaker_open_s": 0.5, "timeout_s": _TIMEOUT_S}
    found: dict[str, dict[str, Any]] = {"ehr": {"delivery": soon}}
    for (system, way), port in zip(_by(ways), ports, strict=True):
        url = f"http://127.0.0.1:{port}"
        out = {
            "kafka": {"way": "kafka"},
            "webhook": {"way": "webhook", "url": f"{url}/{system}", "secrets": list(stack.SECRETS[:1])},
            "fhir": {"way": "fhir", "base": f"{url}/fhir", "token": "the-hub-at-a-receiver-of-chaos"},
            "inbox": {"way": "inbox", "lease_s": 1.0},
            "subscription": {"way": "subscription"},
        }[way]
        found[system] = {"delivery": soon, "out": out, "token_sha256": [stack.hashed(_token(system))]}
        if way in {"fhir", "subscription"}:
            found[system]["format"] = "fhir"
        if way == "subscription":
            found[system]["ways_in"] = ["kafka", "http"]  # it makes its own over HTTP
    return found


async def _ready(hub: HubProcess) -> None:
    one = stack.Stack("", "", "", hub.log)
    one.port = hub.port

    def looks() -> bool:
        assert hub.alive, hub.log.read_text()[-2000:]
        try:
            return bool(one.get("/health/ready"))
        except OSError:
            return False

    await stack.until(lambda: asyncio.to_thread(looks), 60)
