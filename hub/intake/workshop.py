"""Work that would hold the event loop up is done in processes beside it. Imports their other half and the errors.

A thread would not do: pure Python keeps the interpreter to itself. A process is started at the first need, ends with the
hub however that ends, and is started again when it has ended by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from hub.errors import Refused, Unavailable
from hub.intake import workshop_process
from hub.log import log

P = ParamSpec("P")
T = TypeVar("T")

_COMMAND = (sys.executable, "-P", "-m", workshop_process.__name__)
_AT_ONCE = 2
"""Processes at the most: each takes a core and some 100 MB."""
_START_S = 30.0
_LONGEST_S = 60.0
"""That one piece of work may take; the largest message takes a second or two."""


class Lost(Exception):  # noqa: N818 - named for what happened to the work
    """The work ended its process twice, took too long, or failed in a way that nobody foresaw; ``reason`` is a word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Workshop:
    """The processes, and the order at their door: first come, first served."""

    def __init__(self) -> None:
        self._free: asyncio.Queue[_Process] = asyncio.Queue()
        self._processes: list[_Process] = []
        self.done = 0
        """Pieces of work that were done here."""

    async def run(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What the function, one of a module's own, answers. Raises its ``Refused``; ``Lost``; ``Unavailable`` when no
        process starts.
        """
        if self._free.empty() and len(self._processes) < _AT_ONCE:
            self._processes.append(_Process())
            self._free.put_nowait(self._processes[-1])
        process = await self._free.get()
        try:
            answer = await process.answer(pickle.dumps((function, arguments, named)))
        finally:
            self._free.put_nowait(process)
        self.done += 1
        well, result = pickle.loads(answer)  # noqa: S301 - from our own process
        if isinstance(result, Refused):
            raise result
        if not well:
            raise Lost(str(result))
        return cast("T", result)

    async def close(self) -> None:
        """Ends the processes; what is under way there is lost."""
        for process in self._processes:
            process.closed = True
            await process.end()


class _Process:
    def __init__(self) -> None:
        self.closed = False
        self._process: asyncio.subprocess.Process | None = None

    async def answer(self, work: bytes) -> bytes:
        for _ in range(2):  # it may have ended since the last work, and not for this one's sake
            process = self._process if self._process is not None else await self._start()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                async with asyncio.timeout(_LONGEST_S):
                    process.stdin.write(workshop_process.LENGTH.pack(len(work)) + work)
                    await process.stdin.drain()
                    (length,) = workshop_process.LENGTH.unpack(
                        await process.stdout.readexactly(workshop_process.LENGTH.size)
                    )
                    return await process.stdout.readexactly(length)
            except TimeoutError:
                await self.end()
                raise Lost("time") from None
            except (OSError, asyncio.IncompleteReadError):
                await self.end()
            except asyncio.CancelledError:
                await self.end()  # it has begun on what nobody waits for
                raise
        log.error("workshop_process_ended", times=2)
        raise Lost("ended")

    async def _start(self) -> asyncio.subprocess.Process:
        if self.closed:
            raise Unavailable("stopping", retry_after=5)
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *_COMMAND,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                env={name: os.environ[name] for name in ("PYTHONPATH", "PATH") if name in os.environ},  # no secrets
                start_new_session=True,
            )  # fmt: skip
            assert process.stdout is not None
            async with asyncio.timeout(_START_S):
                if await process.stdout.readline() == workshop_process.READY and not self.closed:
                    return process
        except (OSError, TimeoutError) as error:
            log.error("workshop_process_does_not_start", error=type(error).__name__)
        else:
            log.error("workshop_process_does_not_start", error="ended")
        await self.end()
        raise Unavailable("reading", retry_after=5)

    async def end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:  # else its number may be another's by now
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
