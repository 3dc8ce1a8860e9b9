"""Checks the files of messages before the messages are decided (C-42). Imports the scanner, the arrivals, the translators and
the store.

A file may take seconds to check, and must not hold up other cases. So a message with a file is checked before it joins the
intake's queue, and nothing that concerns the same case joins the queue before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from hub.attachments.check import refusal
from hub.attachments.kinds import Unfit
from hub.attachments.scanner import Scanner
from hub.errors import Unavailable
from hub.intake.arrival import Arrival, Names
from hub.intake.key_order import KeyOrder
from hub.intake.naming import file_of
from hub.intake.stored import ref_of
from hub.store import cases, inbox
from hub.store.inbox import Connection
from hub.translators import formats
from schemas.shared import Attachment, Narstaende

T = TypeVar("T")

_AGAIN_S = 1.0
"""Seconds between tries while the names or the scanner cannot be had."""
_SYSTEM_S = 40.0
"""Seconds that the files of one system may take in one submission, so that the rest of it is not held up for long."""


@dataclass(frozen=True, slots=True)
class CaseNames:
    """The names that a file must not hold: the patient's and the relatives', and as of what they were read."""

    people: tuple[str, ...] = ()
    as_of: Names = ("", None)


async def case_names(connection: Connection, arrivals: Sequence[Arrival]) -> list[CaseNames]:
    """The names in each arrival's case as they are now; none where there is no such case yet."""
    refs = [None if one.message is None else ref_of(one, one.message) for one in arrivals]
    by_ref = await cases.by_ref(connection, {ref for ref in refs if ref is not None})
    ids = [
        by_ref.get(ref) if ref is not None else None if one.message is None else one.message.subject
        for one, ref in zip(arrivals, refs, strict=True)
    ]
    found = await cases.names(connection, {id_ for id_ in ids if id_ is not None})
    listed = [(id_, number) for id_, (_, number) in found.items() if number is not None]
    relatives = {
        id_: tuple(one.name for one in cast("Narstaende", formats.read_stored(row).data).people)
        for (id_, _), row in (await inbox.at(connection, listed)).items()
    }
    return [
        CaseNames((found[id_][0], *relatives.get(id_, ())), found[id_])
        if id_ is not None and id_ in found
        else CaseNames()
        for id_ in ids
    ]


class FileCheck:
    """Refuses arrivals whose files are unfit, and keeps the order of each case meanwhile.

    ``names_of``: the names in the cases of some arrivals; it may raise ``Unavailable``.
    """

    def __init__(self, names_of: Callable[[Sequence[Arrival]], Awaitable[list[CaseNames]]]) -> None:
        self.scanner = Scanner()
        self._names_of = names_of
        self._order = KeyOrder()
        self._closed = False

    def concerns(self, arrivals: Sequence[Arrival]) -> bool:
        """Whether they may have to wait here: they bring a file, or some file is being checked."""
        return bool(self._order) or any(_file(arrival) for arrival in arrivals)

    async def check(self, arrivals: Sequence[Arrival], subjects: set[str], *, wait: bool) -> None:
        """Refuses the arrivals whose files are unfit. ``subjects``: the cases that they concern.

        Raises ``Unavailable`` when no file can be checked now; with ``wait`` only when the hub stops.
        """
        files = [(arrival, file) for arrival in arrivals if (file := _file(arrival)) is not None]
        if not files and not self._order.is_busy(subjects):
            return
        async with self._order.turn(subjects):
            bringing = [arrival for arrival, _ in files]
            names = await self._until_done(partial(self._names_of, bringing), wait=wait) if files else []
            seconds: dict[str, float] = {}
            for (arrival, file), found in zip(files, names, strict=True):
                arrival.checked_for = found.as_of
                spent = seconds.get(arrival.system_id, 0.0)
                if spent > _SYSTEM_S:
                    arrival.refused = refusal(Unfit("time"))
                    continue
                scanned = await self._until_done(partial(self.scanner.scan, file, found.people), wait=wait)
                arrival.refused = None if scanned.unfit is None else refusal(scanned.unfit)
                seconds[arrival.system_id] = spent + scanned.seconds

    async def _until_done(self, work: Callable[[], Awaitable[T]], *, wait: bool) -> T:
        while not self._closed:
            try:
                return await work()
            except Unavailable:
                if not wait:
                    raise
                await asyncio.sleep(_AGAIN_S)
        raise Unavailable("stopping", retry_after=5)

    async def close(self) -> None:
        """Ends the scanner; a file that is being checked then is not refused for it."""
        self._closed = True
        await self.scanner.close()


def _file(arrival: Arrival) -> Attachment | None:
    """The file of a message in which nothing is wrong so far."""
    return None if arrival.refused is not None else file_of(arrival)
