"""``make run``: real broker and database, simulated registers, the hub, the demo parties, one after the other and gone at the end.

Imports everything of the sandbox, and of the hub the store and the directory; the hub itself runs as a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from hub import directory as directories
from hub.errors import Misconfigured, Unavailable
from hub.sandbox import story
from hub.sandbox.children import Child, free_port
from hub.sandbox.kafka import Kafka
from hub.sandbox.ledger import Ledger
from hub.sandbox.parties import Parties
from hub.sandbox.patients import Admissions
from hub.sandbox.postgres import Postgres
from hub.sandbox.view import Gauges, View, view
from hub.store import directory as kept
from hub.store import views
from hub.store.transaction import Store, migrate
from schemas.directory import Directory

DIRECTORY = Path(__file__).with_name("directory.yaml")
_PLACEHOLDER = "http://127.0.0.1:8499/"
"""The webhooks' address in ``directory.yaml``."""
_PREFIX = "samverkan-sandbox-"
_USUAL_PORT = 8400
_LOOK_S = 0.4
_NO_PROGRESS_S = 60.0
"""After the last admission: so long without anything being settled, and what is left is unaccounted for."""
_KEPT_IN_MIND = 5_000


@dataclass(slots=True)
class Services:
    """What the demo runs on."""

    bootstrap: str
    database_url: str
    hub_url: str
    registers_url: str
    webhook_port: int
    data: Path
    hub: Child
    directory: Directory


def main(admissions: int | None) -> int:
    """Runs the demo; without a number until Ctrl-C. Exit status 0 when every admission can be accounted for."""
    return asyncio.run(sandbox(admissions))


async def sandbox(admissions: int | None, *, rate: float | None = None) -> int:
    """The same; ``rate``: admissions a second in all (``HUB_SANDBOX_RATE``, 6)."""
    begun = time.monotonic()
    rate = rate or float(os.environ.get("HUB_SANDBOX_RATE", "6"))
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    with _data() as data:
        async with AsyncExitStack() as stack:
            up = asyncio.create_task(_up(stack, data))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({up, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not up.done():
                up.cancel()
                await asyncio.gather(up, return_exceptions=True)
                return 130
            demo = Demo(await up, stop)
            return await demo.run(stack, admissions, rate, begun)


class Demo:
    """The demo once everything is up."""

    def __init__(self, services: Services, stop: asyncio.Event) -> None:
        self.services, self.stop = services, stop
        self.ledger, self.gauges = Ledger(), Gauges()
        self.store = Store(services.database_url, pool=2)
        self.failed: str | None = None

    async def run(self, stack: AsyncExitStack, admissions: int | None, rate: float, begun: float) -> int:
        """Admits, looks, tells; the exit status."""
        services = self.services
        stack.push_async_callback(self.store.close)
        async with self.store.transaction() as connection:
            first = await views.last_reference(connection, "vk-") + 1
        parties = await stack.enter_async_context(
            Parties(services.directory, services.bootstrap, services.hub_url, services.webhook_port, self.ledger)
        )
        addresses = {
            "API, with its documentation": f"{services.hub_url}/docs",
            "metrics": f"{services.hub_url}/metrics",
            "health": f"{services.hub_url}/health/ready",
            "simulated registers (POST trouble)": f"{services.registers_url}/control",
            "Kafka": services.bootstrap,
            "database, logs": str(services.data),
        }
        up_s = time.monotonic() - begun
        for name, address in {"everything is up after": f"{up_s:.1f} s", **addresses}.items():
            sys.stdout.write(f"{name}: {address}\n")
        sys.stdout.flush()
        shown = view(services.directory, self.ledger, self.gauges, addresses)
        started = time.monotonic()
        admitting = asyncio.create_task(self._admit(parties, first, admissions, rate))
        try:
            await self._watch(shown, admitting, admissions)
        finally:
            admitting.cancel()
            await asyncio.gather(admitting, return_exceptions=True)
            shown.close()
        for text in story.summary(self.ledger, time.monotonic() - started):
            sys.stdout.write(text + "\n")
        sys.stdout.flush()
        if self.failed is not None:
            sys.stdout.write(f"ended early: {self.failed}\n")
            return 1
        if self.stop.is_set():
            return 0 if admissions is None else 130
        return 0 if story.accounted(self.ledger) else 1

    async def _admit(self, parties: Parties, first: int, admissions: int | None, rate: float) -> None:
        """Ward after ward, at an even pace; a slow answer does not hold up the others."""
        source = Admissions(self.services.directory, seed=first)
        number = first
        under_way: set[asyncio.Task[None]] = set()
        while admissions is None or number < first + admissions:
            party, ward = parties.wards[number % len(parties.wards)]
            task = asyncio.create_task(party.admit(source, ward, number))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            number += 1
            await asyncio.sleep(1 / rate)
        await asyncio.gather(*under_way)

    async def _watch(self, shown: View, admitting: asyncio.Task[None], admissions: int | None) -> None:
        """Until all is settled, or Ctrl-C, or nothing moves any more, or the hub is gone."""
        moved, before = time.monotonic(), -1
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while not self.stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stop.wait(), _LOOK_S)
                if not self.services.hub.alive:
                    self.failed = f"the hub ended by itself: {_end_of(self.services.data / 'hub.log')}"
                    return
                if admitting.done() and (error := admitting.exception()) is not None:
                    self.failed = f"a party failed: {error!r}"
                    return
                await self._look(client, shown)
                done = sum(self.ledger.fates.values())
                if done != before or not admitting.done():
                    moved, before = time.monotonic(), done
                if admissions is None:
                    self.ledger.forget(_KEPT_IN_MIND)
                elif admitting.done() and (not self.ledger.under_way or time.monotonic() - moved > _NO_PROGRESS_S):
                    return

    async def _look(self, client: httpx.AsyncClient, shown: View) -> None:
        try:
            async with self.store.transaction() as connection:
                found = await views.cases(connection, self.ledger.open_cases())
            self.gauges.take((await client.get(f"{self.services.hub_url}/metrics")).text)
        except (Unavailable, httpx.HTTPError):
            return
        shown.settled(self.ledger.looked_at(found))
        shown.turn()


# --- Starting ---------------------------------------------------------------------------------------------------------


async def _up(stack: AsyncExitStack, data: Path) -> Services:
    """Broker and database at the same time, then the database's contents, then registers and hub at the same time."""
    bootstrap = os.environ.get("HUB_KAFKA_BOOTSTRAP")
    database_url = os.environ.get("HUB_DATABASE_URL")
    _say(
        "starting: "
        + ", ".join(
            filter(None, ["" if bootstrap else "Kafka", "" if database_url else "PostgreSQL", "registers", "hub"])
        )
    )
    registers_port, webhook_port = free_port(), free_port()
    registers_url = f"http://127.0.0.1:{registers_port}"
    registers = Child(
        [sys.executable, "-m", "hub.sandbox.serve_registers", str(registers_port)], log=data / "registers.log"
    )
    stack.callback(registers.stop)
    broker = None if bootstrap else Kafka(data / "kafka")
    server = None if database_url else Postgres(data / "postgres")
    services = [service for service in (broker, server) if service is not None]
    for service in services:
        stack.push_async_callback(asyncio.to_thread, service.stop)
    await _whole(asyncio.gather(*(asyncio.to_thread(service.start) for service in services)))
    bootstrap = bootstrap or (broker.bootstrap if broker else "")
    if server is not None:
        database_url = server.url()
    assert database_url
    await migrate(database_url)
    directory = await _apply(database_url, webhook_port)
    port = _USUAL_PORT if _free(_USUAL_PORT) else free_port()
    hub_url = f"http://127.0.0.1:{port}"
    hub = Child(
        [sys.executable, "-m", "hub.cli", "run"],
        log=data / "hub.log",
        env={**os.environ, **_settings(database_url, bootstrap, port, registers_url)},
        grace=25.0,
    )
    stack.push_async_callback(asyncio.to_thread, hub.stop)
    await _answers(registers, f"{registers_url}/control", data / "registers.log")
    await _answers(hub, f"{hub_url}/health/ready", data / "hub.log")
    return Services(bootstrap, database_url, hub_url, registers_url, webhook_port, data, hub, directory)


async def _whole(work: asyncio.Future[list[Kafka | Postgres]]) -> None:
    """Waits to the end even when cancelled: what has begun to start must be there to be stopped."""
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.gather(work, return_exceptions=True)
        raise


async def _apply(database_url: str, webhook_port: int) -> Directory:
    """The demo directory with our webhooks' port; the same one is not applied twice."""
    text = DIRECTORY.read_text(encoding="utf-8").replace(_PLACEHOLDER, f"http://127.0.0.1:{webhook_port}/")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        directory = directories.load(Path(file.name))
    store = Store(database_url, pool=1)
    try:
        await kept.apply(store, directory)
    finally:
        await store.close()
    return directory


def _settings(database_url: str, bootstrap: str, port: int, registers_url: str) -> dict[str, str]:
    registers: dict[str, str] = {"HUB_REGISTERS__KEY_SECRET": "demo"}
    for name in ("folkbokforing", "listing", "hsa"):
        of = f"HUB_REGISTERS__{name.upper()}__"
        # A demo admits more in a minute than a register's share of one ward in a day: the simulators may be asked faster.
        registers |= {
            f"{of}URL": f"{registers_url}/{name}",
            f"{of}LOGICAL_ADDRESS": "SE165565594230-1000",
            f"{of}RATE": "200",
        }
    return {
        "HUB_DATABASE_URL": database_url,
        "HUB_KAFKA_BOOTSTRAP": bootstrap,
        "HUB_HTTP_PORT": str(port),
        "HUB_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "HUB_PRODUCTION": "false",
        **registers,
    }


async def _answers(child: Child, url: str, log: Path, timeout: float = 60.0) -> None:
    deadline = time.monotonic() + timeout
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            if not child.alive or time.monotonic() > deadline:
                raise Misconfigured(f"{log.stem} does not answer:\n{_end_of(log)}")
            await asyncio.sleep(0.1)


def _free(port: int) -> bool:
    import socket

    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _end_of(file: Path) -> str:
    return file.read_text(errors="replace")[-2000:] if file.exists() else "(it wrote nothing)"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def _data() -> Iterator[Path]:
    """``HUB_SANDBOX_DATA``, which stays; else a folder that is gone afterwards, as are those that a kill -9 left behind."""
    if wanted := os.environ.get("HUB_SANDBOX_DATA"):
        kept_here = Path(wanted).resolve()
        kept_here.mkdir(parents=True, exist_ok=True)
        yield kept_here
        return
    base = Path(tempfile.gettempdir())
    for old in base.glob(f"{_PREFIX}*"):
        if not psutil.pid_exists(int(old.name.removeprefix(_PREFIX).partition("-")[0] or 0)):
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
