"""From arrivals to committed receipts: one transaction, and what is done when it fails. Imports the batch and the store.

Nothing that was handed over is lost: whatever fails here is told to the caller, held, or done again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from random import uniform

from hub import metrics
from hub.errors import Unavailable
from hub.intake.arrival import Arrival
from hub.intake.handle import Batch
from hub.intake.holds import NOT_KEPT
from hub.intake.hub_messages import WhatRegistersSaid
from hub.log import log
from hub.store.inbox import Connection
from hub.store.outbox import OutboxRow
from hub.store.transaction import Conflict, Store
from schemas.directory import Directory
from schemas.messages import Receipt

_TRIES_TOGETHER = 5
_TRIES_ALONE = 12
"""Of one message, with growing waits, before a conflict that never ends is called a defect."""
_WAIT_S = (0.005, 0.5)
"""Before a transaction is tried again after a conflict: the first wait doubles up to the second."""


class Handling:
    """Handles arrivals; after each commit what is to be sent is offered to the relay and the addressing."""

    def __init__(
        self,
        store: Store,
        directory: Callable[[], Directory],
        known: WhatRegistersSaid,
        offer: Callable[[list[OutboxRow]], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._directory = directory
        self._known = known
        self._offer = offer
        self._clock = clock
        self.progress = 0
        """Transactions done so far."""

    async def handle(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """All in one transaction; when that fails for an unexpected reason one by one, and only the one that fails is
        held (D-4). Raises ``Unavailable`` when the store does not answer.
        """
        try:
            tries = _TRIES_TOGETHER if len(arrivals) > 1 else _TRIES_ALONE
            return await self._commit(lambda batch, connection: batch.run(connection, arrivals), tries)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours: whatever it is, only its own message may wait for it
            if len(arrivals) == 1:
                return await self._hold(arrivals[0], error)
            log.warning("batch_failed", size=len(arrivals), error=type(error).__name__)
        return [(await self.handle([arrival]))[0] for arrival in arrivals]

    async def _hold(self, arrival: Arrival, error: Exception) -> list[Receipt]:
        """A defect of ours: the message is kept and held with the error's name, never its text (it may quote the
        message).
        """
        name = type(error).__name__
        log.error("message_held", reason=name, system=arrival.system_id, place=arrival.place)
        try:
            return await self._commit(lambda batch, connection: batch.hold_one(connection, arrival, name), _TRIES_ALONE)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - as above
            # Not even its envelope can be kept: its bytes are, under its place, and nothing waits for it.
            arrival.message, arrival.attributes, arrival.media_type = None, None, "application/octet-stream"
            arrival.refused = NOT_KEPT
            return await self._commit(lambda batch, connection: batch.run(connection, [arrival]), _TRIES_ALONE)

    async def _commit(self, work: Callable[[Batch, Connection], Awaitable[None]], tries: int) -> list[Receipt]:
        """One transaction, done again while others are at the same. Raises ``Conflict`` after so many tries."""
        for attempt in range(tries):
            batch = Batch(directory=self._directory(), known=self._known, now=self._clock())
            try:
                async with self._store.transaction() as connection:
                    await work(batch, connection)
            except Conflict:
                if attempt == tries - 1:
                    raise
                await asyncio.sleep(uniform(0, min(_WAIT_S[0] * 2**attempt, _WAIT_S[1])))  # noqa: S311 - no secret
            else:
                break
        self.progress += 1
        self._tell(batch)
        return batch.receipts

    def _tell(self, batch: Batch) -> None:
        """It is committed: whatever fails now must not make it be done again. What is not offered is found in the table."""
        try:
            batch.remember()
            self._offer(batch.items)
            metrics.handled(batch.counted)
        except Exception as error:  # noqa: BLE001 - as it says
            log.error("offer_failed", error=type(error).__name__)
