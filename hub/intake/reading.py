"""Reads arrivals without holding up the event loop: quick ones here, with pauses between; large or slow ones in the process
pool. Imports the arrivals, the process pool and the translators.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hub.errors import Refused, Unavailable
from hub.intake.arrival import MAX_BYTES, Arrival, leave_unread, read_or_keep
from hub.intake.key_order import KeyOrder
from hub.intake.process_pool import ProcessPool, WorkFailed
from hub.log import log
from hub.translators import formats
from schemas.envelope import Message
from schemas.identity_types import IdentityRules

LARGE = 64_000
"""A body of so many bytes or more is read in another process, whatever its format: it takes some milliseconds."""
_EACH = 2_000
_IN_A_ROW = 40_000
"""Bytes that are read before the event loop may do something else. Each message counts as ``_EACH`` bytes more."""
_AGAIN_S = 1.0


class ArrivalReader:
    """Reads arrivals. For callers that wait it keeps the order: nothing of a system overtakes what is being read."""

    def __init__(self, process_pool: ProcessPool) -> None:
        self._process_pool = process_pool
        self._order = KeyOrder()

    async def read(
        self, arrivals: Sequence[Arrival], unread: Sequence[Arrival], identities: IdentityRules, *, wait: bool
    ) -> None:
        """Reads the ``unread`` arrivals; with ``wait`` after whatever the same systems handed over before with ``wait``.

        Raises ``Unavailable`` when nothing slow can be read now; with ``wait`` only when the hub stops.
        """
        async with self._order.turn({arrival.system_id for arrival in arrivals} if wait else set()):
            await self._read(unread, identities, wait=wait)

    async def _read(self, arrivals: Sequence[Arrival], identities: IdentityRules, *, wait: bool) -> None:
        slow: list[Arrival] = []
        weight = 0
        for arrival in arrivals:
            if is_slow(arrival):
                slow.append(arrival)
                weight += _EACH
            else:
                read_or_keep(arrival, identities)
                weight += _EACH + len(arrival.raw)
            if weight > _IN_A_ROW:
                weight = 0
                await asyncio.sleep(0)
        if slow:
            await asyncio.gather(*(self._read_slow(arrival, identities, wait=wait) for arrival in slow))

    async def _read_slow(self, arrival: Arrival, identities: IdentityRules, *, wait: bool) -> None:
        while True:
            try:
                found = await self._process_pool.run(read_apart, arrival, identities)
                arrival.message, arrival.refused, arrival.defect, arrival.digest, arrival.claimed_id = found
            except WorkFailed as failed:
                log.error("message_not_read", reason=failed.reason, system=arrival.system_id, place=arrival.place)
                leave_unread(arrival, TOO_SLOW if failed.reason == "time" else NOT_READ)
            except Unavailable as unavailable:
                if not wait or unavailable.reason == "stopping":
                    raise
                await asyncio.sleep(_AGAIN_S)
                continue
            return


def is_slow(arrival: Arrival) -> bool:
    """Whether the body is large, or FHIR that the lean reader does not take."""
    size = len(arrival.raw)
    if arrival.refused is not None:
        return False
    if size > LARGE:
        return size <= MAX_BYTES  # a larger one is refused unread
    return formats.is_slow(arrival.media_type, arrival.raw)


def read_apart(
    arrival: Arrival, identities: IdentityRules
) -> tuple[Message | None, Refused | None, str | None, bytes, str | None]:
    """Calls ``read_or_keep`` in another process and returns what it has found."""
    read_or_keep(arrival, identities)
    return arrival.message, arrival.refused, arrival.defect, arrival.digest, arrival.claimed_id


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
