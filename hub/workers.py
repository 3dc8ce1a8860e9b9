"""Runs several worker processes that are one hub to those outside: one port, metrics as one. Imports the settings, the sockets and the
log.

Each worker is a whole hub of its own, on the same database and broker: they share the cases by shard, the topics by partition and the
port by its socket. This process only starts them, starts one again that has died, and stops them. It ends by itself only where a hub of
one process would: at the first start, when none can start. Later a worker that cannot start, since the database or the broker takes no new
connection, is tried again, and the others go on.
"""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hub import listening
from hub.errors import AWAY, Misconfigured, Unavailable
from hub.log import log
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
        """The worker's own socket; it is there from when the worker has started."""
        return _socket(self.folder, self.number)

    def all(self) -> list[Path]:
        """The sockets of all workers that have started, this one's first."""
        return [self.own, *sorted(path for path in self.folder.glob("*.sock") if path != self.own)]

    @contextmanager
    def starting(self) -> Iterator[None]:
        """What keeps this worker from starting is left for the process that started it, which says it for all of them. Where that
        process has died, its folder is removed.
        """
        try:
            yield
        except (Misconfigured, Unavailable) as why:
            if self.own.exists():
                raise  # it had started
            said = AWAY.get(why.reason, why.reason) if isinstance(why, Unavailable) else str(why)
            with suppress(FileNotFoundError):  # of another worker, which saw that death first
                _words(self.folder, self.number).write_text(said, encoding="utf-8")
            raise SystemExit(_CANNOT) from None
        finally:
            if select.select([sys.stdin.fileno()], [], [], 0)[0]:  # the end of the pipe: nobody writes to it
                shutil.rmtree(self.folder, ignore_errors=True)


def _socket(folder: Path, number: int) -> Path:
    return folder / f"{number}.sock"


def _words(folder: Path, number: int) -> Path:
    return folder / f"{number}.words"


def place() -> WorkerPlace | None:
    """Where this process stands, when it is a worker."""
    if (written := os.environ.pop(_VARIABLE, None)) is None:
        return None
    number, folder, sockets = written.split(":")
    return WorkerPlace(int(number), Path(folder), [socket.socket(fileno=int(one)) for one in sockets.split(",")])


async def run(settings: Settings, count: int, arguments: Sequence[str]) -> None:
    """Run ``count`` workers until SIGTERM or SIGINT. Raises ``Misconfigured`` when at the first start none of them can start."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    sockets = listening.bound(settings.http_host, settings.http_port)
    with tempfile.TemporaryDirectory(prefix="hub-workers-") as folder:
        workers = _Workers(count, Path(folder), sockets, arguments, settings.stop_s, stop)
        keepers = [asyncio.create_task(workers.keep(number)) for number in range(1, count + 1)]
        log.info("workers_started", workers=count, port=settings.http_port)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({stopping, *keepers}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        results = await asyncio.gather(*keepers, return_exceptions=True)
    for one in results:
        if isinstance(one, BaseException):
            raise one


@dataclass(slots=True)
class _Workers:
    """The workers of one hub, and what is known of them."""

    count: int
    folder: Path
    sockets: Sequence[socket.socket]
    arguments: Sequence[str]
    stop_s: float
    stop: asyncio.Event
    _has_run: bool = False
    """Whether any worker has ever started."""
    _unable: dict[int, str] = field(default_factory=dict)
    """Worker → why it could not start, until it has."""

    async def keep(self, number: int) -> None:
        """Run one worker, again and again, until the stop. Raises ``Misconfigured`` when it is the last of all to say that it cannot
        start, and none ever has.
        """
        loop, wait = asyncio.get_running_loop(), _AGAIN_S[0]
        stopping = asyncio.create_task(self.stop.wait())
        while not self.stop.is_set():
            began = loop.time()
            worker = await self._start(number)
            ended = asyncio.create_task(worker.wait())
            await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
            if self.stop.is_set():
                await _end(worker, self.stop_s)
                return
            wait = _AGAIN_S[0] if loop.time() - began > _WELL_S else wait
            self._note(number, worker.returncode, wait)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await asyncio.shield(stopping)
            wait = min(2 * wait, _AGAIN_S[1])

    async def _start(self, number: int) -> asyncio.subprocess.Process:
        sockets = [one.fileno() for one in self.sockets]
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "hub.cli", "run", "--workers", "1", *self.arguments,
            # When this process dies, the pipe ends, and the worker stops.
            stdin=asyncio.subprocess.PIPE,
            env=os.environ | {_VARIABLE: f"{number}:{self.folder}:{','.join(map(str, sockets))}"},
            pass_fds=sockets,
            start_new_session=True,
        )  # fmt: skip

    def _note(self, number: int, code: int | None, wait: float) -> None:
        """Say that a worker has ended, and why; of one that cannot start, once for each reason until it has started."""
        own, words = _socket(self.folder, number), _words(self.folder, number)
        had_started = own.exists()
        self._has_run = self._has_run or any(self.folder.glob("*.sock"))
        own.unlink(missing_ok=True)
        own.with_suffix(".metrics").unlink(missing_ok=True)
        if had_started or code != _CANNOT:
            self._unable.pop(number, None)
            log.error("worker_died", worker=number, code=code, again_in_s=round(wait, 1))
            return
        why = (
            words.read_text(encoding="utf-8") if words.exists() else "a worker could not start: its own words are above"
        )
        words.unlink(missing_ok=True)
        if self._unable.get(number) != why:
            log.error("worker_cannot_start", worker=number, why=why, again_in_s=round(wait, 1))
        self._unable[number] = why
        if not self._has_run and len(self._unable) == self.count:
            raise Misconfigured(why)


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
