"""Runs work that would hold up the event loop in processes of its own. Imports the child processes, their other half and the
errors.

Threads would not do: Python code in a thread keeps the interpreter from everything else.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from hub.child_processes import ChildProcess, ChildProcesses
from hub.errors import Refused
from hub.intake import pool_process
from hub.log import log

P = ParamSpec("P")
T = TypeVar("T")

_LONGEST_S = 60.0
"""Seconds that one piece of work may take; the largest message takes one or two."""


class WorkFailed(Exception):  # noqa: N818 - named for what happened to the work
    """The work ended its process twice, took too long, or raised an error that nobody foresaw; ``reason`` is a word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProcessPool:
    """The processes that every part of the hub shares for such work."""

    def __init__(self) -> None:
        self._processes = ChildProcesses(pool_process, "reading")
        self.done = 0
        """Pieces of work done here."""

    async def run(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Returns what the function returns; it must be one that a module defines.

        Raises the function's ``Refused``; ``WorkFailed``; and ``Unavailable`` when no process starts.
        """
        async with self._processes.acquire() as process:
            answer = await _answer(process, pickle.dumps((function, arguments, named)))
        self.done += 1
        succeeded, result = pickle.loads(answer)  # noqa: S301 - from our own process
        if isinstance(result, Refused):
            raise result
        if not succeeded:
            raise WorkFailed(str(result))
        return cast("T", result)

    async def close(self) -> None:
        """Ends the processes and the work in them."""
        await self._processes.close()


async def _answer(process: ChildProcess, work: bytes) -> bytes:
    for _ in range(2):  # the process may have ended since its last work, and not because of this one
        to, back = await process.streams()
        try:
            async with asyncio.timeout(_LONGEST_S):
                to.write(pool_process.LENGTH.pack(len(work)) + work)
                await to.drain()
                (length,) = pool_process.LENGTH.unpack(await back.readexactly(pool_process.LENGTH.size))
                return await back.readexactly(length)
        except TimeoutError:
            await process.end()
            raise WorkFailed("time") from None
        except (OSError, asyncio.IncompleteReadError):
            await process.end()
        except asyncio.CancelledError:
            await process.end()  # its answer would be taken for the next work's
            raise
    log.error("pool_process_ended", times=2)
    raise WorkFailed("ended")
