"""Starts and ends Python processes, each for one piece of work at a time. Imports nothing of the hub but the errors and the
log.

A process is started when it is first needed, and again when it has ended by itself. It ends with the hub, however the hub
ends, and gets none of the hub's secrets.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType

from hub.errors import Unavailable
from hub.log import log

_AT_ONCE = 2
"""Processes of one kind at the most: each takes a core and some 100 MB."""
_START_S = 30.0
"""Seconds that a process may take to start."""


def command(module: ModuleType) -> tuple[str, ...]:
    """The command line that runs a module as a program."""
    return sys.executable, "-P", "-m", module.__name__


class ChildProcess:
    """One process that runs a module; the module writes ``READY`` when it can begin."""

    def __init__(self, module: ModuleType, purpose: str) -> None:
        self.closed = False
        self._module = module
        self._purpose = purpose
        self._process: asyncio.subprocess.Process | None = None

    async def streams(self) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
        """The streams to and from the process, which is started first where needed. Raises ``Unavailable`` (with the purpose
        as the reason) when it does not start.
        """
        process = self._process if self._process is not None else await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        return process.stdin, process.stdout

    async def _start(self) -> asyncio.subprocess.Process:
        if self.closed:
            raise Unavailable("stopping", retry_after=5)
        fault = "ended"
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *command(self._module),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                env={name: os.environ[name] for name in ("PYTHONPATH", "PATH") if name in os.environ},
                start_new_session=True,
            )  # fmt: skip
            assert process.stdout is not None
            async with asyncio.timeout(_START_S):
                if await process.stdout.readline() == self._module.READY and not self.closed:
                    return process
        except (OSError, TimeoutError) as error:
            fault = type(error).__name__
        log.error("process_does_not_start", purpose=self._purpose, error=fault)
        await self.end()
        raise Unavailable(self._purpose, retry_after=5)

    async def end(self) -> None:
        """Ends the process and its forks. The next work starts another process."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:  # of an ended process the system may have given the number to another
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


class ChildProcesses:
    """The processes that run one module. Work gets a process in the order in which it asks.

    ``purpose``: in one word the work that cannot be done without them; it is the reason in ``Unavailable``.
    """

    def __init__(self, module: ModuleType, purpose: str) -> None:
        self.processes: list[ChildProcess] = []
        self._free: asyncio.Queue[ChildProcess] = asyncio.Queue()
        self._module = module
        self._purpose = purpose

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[ChildProcess]:
        """A free process, for as long as the block lasts."""
        if self._free.empty() and len(self.processes) < _AT_ONCE:
            self.processes.append(ChildProcess(self._module, self._purpose))
            self._free.put_nowait(self.processes[-1])
        process = await self._free.get()
        try:
            yield process
        finally:
            self._free.put_nowait(process)

    async def close(self) -> None:
        """Ends the processes for good, and the work in them."""
        for process in self.processes:
            process.closed = True
        for process in self.processes:
            await process.end()
