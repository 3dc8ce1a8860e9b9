"""Files are looked into before their messages are decided, in processes that the hub can end (C-42). Imports the
files' translator and the arrivals.

No process is started before the first file; they end with the intake, or with the hub however it ends.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Sequence

from hub.attachments import scanner_process
from hub.attachments.check import refusal
from hub.attachments.kinds import Unfit
from hub.child_processes import ChildProcess, ChildProcesses
from hub.errors import Refused, Unavailable
from hub.intake.arrival import Arrival
from hub.intake.inspection import Named
from schemas.shared import Attachment, Meddelande

_OVERTIME_S = 4.0
"""That the reader itself may take beside its file's time, before it is held for stuck."""
_AGAIN_S = 1.0
_SYSTEM_S = 40.0
"""That one system's files in one submission may take, so that the rest of it is not held up for long."""


async def _nobody(arrivals: Sequence[Arrival]) -> list[Named]:
    return [Named() for _ in arrivals]


class Inspection:
    """The readers of files, and the order at their door: nothing of a case overtakes what is being inspected.

    ``named`` says whose names the files of some arrivals must not hold; it may raise ``Unavailable``.
    """

    def __init__(self, named: Callable[[Sequence[Arrival]], Awaitable[list[Named]]] = _nobody) -> None:
        self._named = named
        self._readers = ChildProcesses(scanner_process, "files")
        self._inside: dict[str, asyncio.Future[None]] = {}
        self._closed = False

    def concerns(self, arrivals: Sequence[Arrival]) -> bool:
        """Whether they may have to wait here: they bring a file, or something that does is being inspected."""
        return bool(self._inside) or any(_file(arrival) for arrival in arrivals)

    async def pass_through(self, arrivals: Sequence[Arrival], subjects: set[str], *, patient: bool) -> None:
        """Refuses the arrivals whose files are unfit. Raises ``Unavailable`` when no file can be read now; for a
        ``patient`` caller only when the hub stops.
        """
        ahead = {self._inside[subject] for subject in subjects if subject in self._inside}
        if not ahead and not any(_file(arrival) for arrival in arrivals):
            return
        out = asyncio.get_running_loop().create_future()
        self._inside.update(dict.fromkeys(subjects, out))
        try:
            for one in ahead:
                await asyncio.shield(one)
            spent: dict[str, float] = {}
            bring = [(arrival, file) for arrival in arrivals if (file := _file(arrival)) is not None]
            people = await self._people([arrival for arrival, _ in bring], patient=patient)
            for (arrival, file), named in zip(bring, people, strict=True):
                arrival.looked_for = named.as_of
                if spent.get(arrival.system_id, 0.0) > _SYSTEM_S:
                    arrival.refused = refusal(Unfit("time"))
                    continue
                arrival.refused, seconds = await self._timed(file, named.people, patient=patient)
                spent[arrival.system_id] = spent.get(arrival.system_id, 0.0) + seconds
        finally:
            for subject in subjects:
                if self._inside.get(subject) is out:
                    del self._inside[subject]
            out.set_result(None)

    async def _people(self, bring: Sequence[Arrival], *, patient: bool) -> list[Named]:
        while bring and not self._closed:
            try:
                return await self._named(bring)
            except Unavailable:
                if not patient:
                    raise
                await asyncio.sleep(_AGAIN_S)
        if bring:
            raise Unavailable("stopping", retry_after=5)
        return []

    async def inspect(self, attachment: Attachment, people: Sequence[str] = ()) -> Refused | None:
        """Why the file is refused, or None. Raises ``Unavailable`` when it cannot be read for a reason of ours."""
        return (await self._timed(attachment, people, patient=False))[0]

    async def _timed(
        self, attachment: Attachment, people: Sequence[str], *, patient: bool
    ) -> tuple[Refused | None, float]:
        content = base64.b64decode(attachment.content)
        async with self._readers.one() as reader:
            while not self._closed:
                began = time.monotonic()
                try:
                    unfit = await _read(reader, attachment.name, content, people)
                except Unavailable:
                    if not patient:
                        raise
                    await asyncio.sleep(_AGAIN_S)
                    continue
                except asyncio.CancelledError:
                    await reader.end()  # it has begun on a file whose answer nobody reads
                    raise
                if not self._closed:
                    return None if unfit is None else refusal(unfit), time.monotonic() - began
        raise Unavailable("stopping", retry_after=5)

    async def close(self) -> None:
        """Ends the processes; what is being inspected is not refused for it."""
        self._closed = True
        await self._readers.close()


def _file(arrival: Arrival) -> Attachment | None:
    """The file of a message that nothing is wrong with so far."""
    if arrival.message is None or arrival.refused is not None or not isinstance(arrival.message.data, Meddelande):
        return None
    return arrival.message.data.attachment


async def _read(reader: ChildProcess, name: str, content: bytes, people: Sequence[str]) -> Unfit | None:
    """Raises ``Unavailable`` when the process cannot be started; a file that ends it twice is unfit."""
    for _ in range(2):  # it may have ended since the last file, and not for this one's sake
        to, back = await reader.streams()
        try:
            async with asyncio.timeout(2 * scanner_process.SECONDS + _OVERTIME_S):
                to.write(scanner_process.input_of(name, content, people))
                await to.drain()
                line = await back.readline()
        except TimeoutError:
            await reader.end()
            return Unfit("time")
        except OSError:
            line = b""
        if line.endswith(b"\n"):
            return scanner_process.answer_of(line)
        await reader.end()
    return Unfit("time")
