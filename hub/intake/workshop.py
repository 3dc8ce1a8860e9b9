"""Work that would hold the event loop up is done in processes beside it. Imports their other half and the errors.

A thread would not do: pure Python keeps the interpreter to itself.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from hub.child_processes import ChildProcess, ChildProcesses
from hub.errors import Refused
from hub.intake import workshop_process
from hub.log import log

P = ParamSpec("P")
T = TypeVar("T")

_LONGEST_S = 60.0
"""That one piece of work may take; the largest message takes a second or two."""


class Lost(Exception):  # noqa: N818 - named for what happened to the work
    """The work ended its process twice, took too long, or failed in a way that nobody foresaw; ``reason`` is a word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Workshop:
    """The processes that do it, for everybody in the hub."""

    def __init__(self) -> None:
        self._beside = ChildProcesses(workshop_process, "reading")
        self.done = 0
        """Pieces of work that were done here."""

    async def run(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What the function, one of a module's own, answers. Raises its ``Refused``; ``Lost``; ``Unavailable`` when no
        process starts.
        """
        async with self._beside.acquire() as process:
            answer = await _answer(process, pickle.dumps((function, arguments, named)))
        self.done += 1
        well, result = pickle.loads(answer)  # noqa: S301 - from our own process
        if isinstance(result, Refused):
            raise result
        if not well:
            raise Lost(str(result))
        return cast("T", result)

    async def close(self) -> None:
        """Ends the processes; what is under way there is lost."""
        await self._beside.close()


async def _answer(process: ChildProcess, work: bytes) -> bytes:
    for _ in range(2):  # it may have ended since the last work, and not for this one's sake
        to, back = await process.streams()
        try:
            async with asyncio.timeout(_LONGEST_S):
                to.write(workshop_process.LENGTH.pack(len(work)) + work)
                await to.drain()
                (length,) = workshop_process.LENGTH.unpack(await back.readexactly(workshop_process.LENGTH.size))
                return await back.readexactly(length)
        except TimeoutError:
            await process.end()
            raise Lost("time") from None
        except (OSError, asyncio.IncompleteReadError):
            await process.end()
        except asyncio.CancelledError:
            await process.end()  # it has begun on what nobody waits for
            raise
    log.error("workshop_process_ended", times=2)
    raise Lost("ended")
