"""Scans files in processes that the hub can end (C-42). Imports the rules of files, the child processes and the language.

A file can be made to take long or much memory to read, so no file is opened in the hub's own process. No process is started
before the first file; the processes end with the hub, however it ends.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Sequence
from dataclasses import dataclass

from hub.attachments import scanner_process
from hub.attachments.kinds import Unfit
from hub.child_processes import ChildProcess, ChildProcesses
from hub.errors import Unavailable
from schemas.shared import Attachment

_OVERTIME_S = 4.0
"""Seconds beside the file's own time before a process is held to be stuck."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What is wrong with a file, or None; and the seconds that it took to read."""

    unfit: Unfit | None
    seconds: float


class Scanner:
    """Reads files, a few at a time."""

    def __init__(self) -> None:
        self.processes = ChildProcesses(scanner_process, "files")
        self._closed = False

    async def scan(self, file: Attachment, people: Sequence[str] = ()) -> Scanned:
        """Reads one file. ``people``: the names that it must not hold.

        Raises ``Unavailable`` when it cannot be read for a reason of ours: no process starts, or the hub stops.
        """
        content = base64.b64decode(file.content)
        async with self.processes.acquire() as process:
            began = time.monotonic()
            try:
                unfit = await _read(process, file.name, content, people)
            except asyncio.CancelledError:
                await process.end()  # it reads a file whose answer nobody awaits
                raise
            if self._closed:  # the hub ended the process, so the answer says nothing of the file
                raise Unavailable("stopping", retry_after=5)
            return Scanned(unfit, time.monotonic() - began)

    async def close(self) -> None:
        """Ends the processes."""
        self._closed = True
        await self.processes.close()


async def _read(process: ChildProcess, name: str, content: bytes, people: Sequence[str]) -> Unfit | None:
    """Raises ``Unavailable`` when the process cannot be started. A file that ends its process twice is unfit."""
    for _ in range(2):  # the process may have ended since the last file, and not because of this one
        to, back = await process.streams()
        try:
            async with asyncio.timeout(2 * scanner_process.SECONDS + _OVERTIME_S):
                to.write(scanner_process.input_of(name, content, people))
                await to.drain()
                line = await back.readline()
        except TimeoutError:
            await process.end()
            return Unfit("time")
        except OSError:
            line = b""
        if line.endswith(b"\n"):
            return scanner_process.answer_of(line)
        await process.end()
    return Unfit("time")
