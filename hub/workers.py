"""Runs several worker processes that are one hub to those outside: one port, metrics as one. Imports the settings, the sockets and the
log.

Each worker is a whole hub of its own, on the same database and broker: they share the cases by shard, the topics by partition and the
port by its socket. This process only starts them, starts one again that has died, and stops them.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hub.errors import Misconfigured
from hub.log import log
from hub.routers import connections
from hub.settings import Settings

_AGAIN_S = (0.2, 10.0)
"""Seconds before a worker that died is started again: the first time, and at the most."""
_WELL_S = 30.0
"""A worker that ran for so long begins with the shortest wait again."""
_CANNOT = 2
"""The exit status of a command that says why it cannot do its work."""
_VARIABLE = "SAMVERKAN_WORKER"
"""In this a worker finds its number, its folder and the numbers of the sockets: ``1:/folder:3,4``."""


def default_workers() -> int:
    """As many as there are cores, but for a third, which the broker and the database have on the same machine; at least one."""
    return max(1, 2 * len(os.sched_getaffinity(0)) // 3)


@dataclass(frozen=True, slots=True)
class WorkerPlace:
    """Where a worker stands among the others."""

    number: int
    folder: Path
    """In it each worker has a socket of its own, by which the others ask for its metrics."""
    sockets: Sequence[socket.socket]
    """The hub's port; shared by all workers."""

    @property
    def own(self) -> Path:
        """The worker's own socket."""
        return self.folder / f"{self.number}.sock"

    def others(self) -> list[Path]:
        """The other workers' sockets."""
        return sorted(path for path in self.folder.glob("*.sock") if path != self.own)


def place() -> WorkerPlace | None:
    """Where this process stands, when it is a worker."""
    if (written := os.environ.pop(_VARIABLE, None)) is None:
        return None
    number, folder, sockets = written.split(":")
    return WorkerPlace(int(number), Path(folder), [socket.socket(fileno=int(one)) for one in sockets.split(",")])


async def run(settings: Settings, count: int, arguments: Sequence[str]) -> None:
    """Run ``count`` workers until SIGTERM or SIGINT. Raises ``Misconfigured`` when a worker cannot start at all."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    sockets = connections.bound(settings.http_host, settings.http_port)
    with tempfile.TemporaryDirectory(prefix="hub-workers-") as folder:
        keepers = [
            asyncio.create_task(_keep(number, Path(folder), sockets, arguments, settings.stop_s, stop))
            for number in range(1, count + 1)
        ]
        log.info("workers_started", workers=count, port=settings.http_port)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({stopping, *keepers}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        results = await asyncio.gather(*keepers, return_exceptions=True)
    for one in results:
        if isinstance(one, BaseException):
            raise one


async def _keep(
    number: int,
    folder: Path,
    sockets: Sequence[socket.socket],
    arguments: Sequence[str],
    stop_s: float,
    stop: asyncio.Event,
) -> None:
    """Run one worker, again and again, until the stop; a worker of which the settings do not allow a start ends all."""
    loop, wait = asyncio.get_running_loop(), _AGAIN_S[0]
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        began = loop.time()
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "hub.cli", "run", "--workers", "1", *arguments,
            # When this process dies, the pipe ends, and the worker stops.
            stdin=asyncio.subprocess.PIPE,
            env=os.environ | {_VARIABLE: f"{number}:{folder}:{','.join(str(one.fileno()) for one in sockets)}"},
            pass_fds=[one.fileno() for one in sockets],
            start_new_session=True,
        )  # fmt: skip
        ended = asyncio.create_task(worker.wait())
        await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            await _end(worker, stop_s)
            return
        (folder / f"{number}.sock").unlink(missing_ok=True)
        if worker.returncode == _CANNOT and loop.time() - began < _WELL_S:
            raise Misconfigured("a worker could not start; its own words are above")
        wait = _AGAIN_S[0] if loop.time() - began > _WELL_S else wait
        log.error("worker_died", worker=number, code=worker.returncode, again_in_s=round(wait, 1))
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await asyncio.shield(stopping)
        wait = min(2 * wait, _AGAIN_S[1])


async def _end(worker: asyncio.subprocess.Process, stop_s: float) -> None:
    with suppress(ProcessLookupError):
        worker.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(stop_s + 5):
            await worker.wait()
    except TimeoutError:
        log.warning("worker_killed", pid=worker.pid)
        with suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()
