"""How what came in is read without holding the event loop up: what is quick here, with breaths between; what is large or
slow in the workshop. Imports the arrivals, the workshop and the translators.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hub.errors import Refused, Unavailable
from hub.intake.arrival import MAX_BYTES, Arrival, leave_unread, read_or_keep
from hub.intake.workshop import Lost, Workshop
from hub.log import log
from hub.translators import fhir, formats
from schemas.envelope import Message
from schemas.identity_types import IdentityRules

LARGE = 64_000
"""Bytes from which a body is read in the workshop, whatever its format: some milliseconds' work."""
_EACH = 2_000
_BREATH = 40_000
"""Bytes that are read at a stretch before the loop may do something else, a message counted as ``_EACH`` more."""
_AGAIN_S = 1.0


class ArrivalReader:
    """Reads arrivals, and keeps the order of those who need it: nothing of a system overtakes what is being read."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._under_way: dict[str, asyncio.Future[None]] = {}

    async def read(
        self, arrivals: Sequence[Arrival], fresh: Sequence[Arrival], identities: IdentityRules, *, patient: bool
    ) -> None:
        """Reads the ``fresh`` ones of the arrivals; those of a ``patient`` caller after what he handed over before.

        Raises ``Unavailable`` when nothing slow can be read now; a ``patient`` caller waits instead.
        """
        systems = {arrival.system_id for arrival in arrivals} if patient else set()
        ahead = {self._under_way[system] for system in systems if system in self._under_way}
        done = asyncio.get_running_loop().create_future()
        self._under_way.update(dict.fromkeys(systems, done))
        try:
            for one in ahead:
                await asyncio.shield(one)
            await self._read(fresh, identities, patient=patient)
        finally:
            for system in systems:
                if self._under_way.get(system) is done:
                    del self._under_way[system]
            done.set_result(None)

    async def _read(self, arrivals: Sequence[Arrival], identities: IdentityRules, *, patient: bool) -> None:
        slow: list[Arrival] = []
        weight = 0
        for arrival in arrivals:
            if is_slow(arrival):
                slow.append(arrival)
                weight += _EACH
            else:
                read_or_keep(arrival, identities)
                weight += _EACH + len(arrival.raw)
            if weight > _BREATH:
                weight = 0
                await asyncio.sleep(0)
        if slow:
            await asyncio.gather(*(self._read_beside(arrival, identities, patient=patient) for arrival in slow))

    async def _read_beside(self, arrival: Arrival, identities: IdentityRules, *, patient: bool) -> None:
        while True:
            try:
                found = await self._workshop.run(read_apart, arrival, identities)
                arrival.message, arrival.refused, arrival.defect, arrival.digest = found
            except Lost as lost:
                log.error("message_not_read", reason=lost.reason, system=arrival.system_id, place=arrival.place)
                leave_unread(arrival, TOO_SLOW if lost.reason == "time" else NOT_READ)
            except Unavailable as unavailable:
                if not patient or unavailable.reason == "stopping":
                    raise
                await asyncio.sleep(_AGAIN_S)
                continue
            return


def is_slow(arrival: Arrival) -> bool:
    """Whether it is large, or FHIR that the lean reader does not take."""
    size = len(arrival.raw)
    if arrival.refused is not None:
        return False
    if size > LARGE:
        return size <= MAX_BYTES  # what is larger still is refused unread
    if not formats.is_fhir(arrival.media_type):
        return b'"resourceType"' in arrival.raw  # a Bundle in an event
    return arrival.media_type == formats.FHIR_XML or not fhir.is_lean(arrival.raw)


def read_apart(arrival: Arrival, identities: IdentityRules) -> tuple[Message | None, Refused | None, str | None, bytes]:
    """What ``read_or_keep`` finds, for the process that it is done in."""
    read_or_keep(arrival, identities)
    return arrival.message, arrival.refused, arrival.defect, arrival.digest


NOT_READ = Refused(
    "defect",
    "Hubben kan inte läsa meddelandet. Kontakta hubbens drift.",
    "The hub cannot read the message. Contact the hub's operations.",
    "/",
    400,
)

TOO_SLOW = Refused(
    "too-slow",
    "Meddelandet tar för lång tid att läsa. Förenkla det, eller dela upp det.",
    "The message takes too long to read. Simplify it, or split it.",
    "/",
    413,
)
