"""Starts the demo's broker, database, simulated registers and hub, which an exit stack stops. Imports ``children``, ``kafka``,
``postgres``, the store and the directory.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil

from hub import directory as directories
from hub.environment import of_sandbox
from hub.errors import Misconfigured
from hub.sandbox.broken import Broken
from hub.sandbox.children import Child, free_port
from hub.sandbox.kafka import Kafka
from hub.sandbox.mine import Mine
from hub.sandbox.openid import serve as openid
from hub.sandbox.postgres import Postgres
from hub.sandbox.server import DataServer, end_of
from hub.store import directory as kept
from hub.store.migrating import migrate
from hub.store.transaction import Store
from hub.trail_words import DEMO_DIRECTORY
from schemas.directory import Directory

DIRECTORY = Path(__file__).with_name("directory.yaml")
_PLACEHOLDER = "http://127.0.0.1:8499/"
"""The address of the webhooks in ``directory.yaml``, which is replaced."""
_PREFIX = "samverkan-sandbox-"
_UP_S = 60.0


@dataclass(slots=True)
class Services:
    """The running services."""

    bootstrap: str
    database_url: str
    hub_port: int
    registers_url: str
    openid_url: str
    webhook_port: int
    data: Path
    hub: Child
    directory: Directory

    @property
    def hub_url(self) -> str:
        """Where the hub's API listens."""
        return f"http://127.0.0.1:{self.hub_port}"

    @property
    def ops_url(self) -> str:
        """Where its operations API listens."""
        return f"{self.hub_url}/ops"


async def up(stack: AsyncExitStack, data: Path, say: Callable[[str], None], mine: Mine, broken: Broken) -> Services:
    """Start broker and database together, then fill the database, then start registers and hub together."""
    bootstrap = os.environ.get("HUB_KAFKA_BOOTSTRAP")
    database_url = os.environ.get("HUB_DATABASE_URL")
    say(
        "starting: "
        + ", ".join(
            filter(
                None,
                ["" if bootstrap else "Kafka", "" if database_url else "PostgreSQL", "registers", "sign-in", "hub"],
            )
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
    services: list[DataServer] = [service for service in (broker, server) if service is not None]
    for service in services:
        stack.push_async_callback(asyncio.to_thread, service.stop)
    await _whole(asyncio.gather(*(asyncio.to_thread(service.start) for service in services)))
    bootstrap = bootstrap or (broker.bootstrap if broker else "")
    if server is not None:
        database_url = server.url()
    assert database_url
    await migrate(database_url)
    directory = await _apply(database_url, webhook_port, mine, broken)
    # Two that start at the same moment both find a port free: tests name one each (``HUB_SANDBOX_PORT``).
    usual = of_sandbox().port
    port = usual if _free(usual) else free_port()
    provider = openid.of_sandbox(free_port(), port)
    issuer_port = str(urlsplit(provider.issuer).port)
    sign_in = Child([sys.executable, "-m", "hub.sandbox.openid.serve", issuer_port, str(port)], log=data / "openid.log")
    stack.callback(sign_in.stop)
    settings = _settings(database_url, bootstrap, port, registers_url) | openid.settings(provider)
    hub = Child(
        [sys.executable, "-m", "hub.cli", "run"], log=data / "hub.log", env={**os.environ, **settings}, grace=25.0
    )
    stack.push_async_callback(asyncio.to_thread, hub.stop)
    await _answers(registers, f"{registers_url}/control", data / "registers.log")
    await _answers(sign_in, f"{provider.issuer}/jwks", data / "openid.log")
    found = Services(bootstrap, database_url, port, registers_url, provider.issuer, webhook_port, data, hub, directory)
    await _answers(hub, f"{found.hub_url}/health/ready", data / "hub.log")
    return found


async def _whole(work: asyncio.Future[Any]) -> None:
    """Wait for ``work`` even when cancelled, so that a service that is starting can be stopped."""
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.gather(work, return_exceptions=True)
        raise


async def _apply(database_url: str, webhook_port: int, mine: Mine, broken: Broken) -> Directory:
    """Apply the demo directory with the webhooks' port, unless it is in force already."""
    text = DIRECTORY.read_text(encoding="utf-8").replace(_PLACEHOLDER, f"http://127.0.0.1:{webhook_port}/")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        directory = broken.in_force(mine.in_force(directories.load(Path(file.name))))
    store = Store(database_url, pool=1)
    try:
        await kept.apply(store, directory, who="hub sandbox", reason=DEMO_DIRECTORY)
    finally:
        await store.close()
    return directory


def register_settings(registers_url: str) -> dict[str, str]:
    """The settings of the simulated registers, the same for every hub on the sandbox's database."""
    # A stay takes seconds here, so the population register must be asked again every few seconds.
    found: dict[str, str] = {
        "HUB_REGISTERS__KEY_SECRET": "demo",
        "HUB_REGISTERS__ASK_AGAIN_S": "1",
        "HUB_REGISTERS__FOLKBOKFORING__TTL_POSITIVE": "3",
    }
    for name in ("folkbokforing", "listing", "hsa"):
        of = f"HUB_REGISTERS__{name.upper()}__"
        # The demo admits more in a minute than a ward in a day, so the simulated registers allow higher rates.
        found |= {
            f"{of}URL": f"{registers_url}/{name}",
            f"{of}LOGICAL_ADDRESS": "SE165565594230-1000",
            f"{of}RATE": "200",
        }
    return found


def _settings(database_url: str, bootstrap: str, port: int, registers_url: str) -> dict[str, str]:
    return {
        "HUB_DATABASE_URL": database_url,
        "HUB_KAFKA_BOOTSTRAP": bootstrap,
        "HUB_HTTP_PORT": str(port),
        "HUB_PRODUCTION": "false",
        **register_settings(registers_url),
    }


async def _answers(child: Child, url: str, log: Path) -> None:
    deadline = time.monotonic() + _UP_S
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            if not child.alive or time.monotonic() > deadline:
                how = "does not answer" if child.alive else f"ended {child.ending}"
                raise Misconfigured(f"{log.stem} {how}; the last lines of its log:\n{end_of(log)}")
            await asyncio.sleep(0.1)


def _free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


@contextmanager
def data_folder() -> Iterator[Path]:
    """The folder ``HUB_SANDBOX_DATA``, which is kept; else a temporary folder, deleted at the end with those that a kill -9 left."""
    if wanted := of_sandbox().data:
        kept_here = wanted.resolve()
        kept_here.mkdir(parents=True, exist_ok=True)
        yield kept_here
        return
    base = Path(tempfile.gettempdir())
    for old in base.glob(f"{_PREFIX}*"):
        started_by = old.name.removeprefix(_PREFIX).partition("-")[0]
        if started_by.isdecimal() and not psutil.pid_exists(int(started_by)):
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
