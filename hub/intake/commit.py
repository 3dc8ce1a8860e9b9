"""From arrivals to committed receipts: one transaction each, and what happens when it fails. Imports load, handle, save and
the store.

Nothing that was handed over is lost: it is answered, held, tried again, or the caller is told that the store is away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from random import uniform

from hub import metrics
from hub.errors import Unavailable
from hub.intake.arrival import Arrival
from hub.intake.handle import handle, hold_for_defect
from hub.intake.handled import Handled
from hub.intake.holds import DEFECT, NOT_KEPT
from hub.intake.hub_messages import WhatRegistersSaid
from hub.intake.load import load
from hub.intake.save import save
from hub.log import log
from hub.shards import Begins, Shards
from hub.store.inbox import Connection
from hub.store.outbox import OutboxRow
from hub.store.transaction import Conflict, Store
from schemas.directory import Directory
from schemas.messages import Receipt

_IN_A_ROW = 40
"""Messages that are handled before the event loop may do something else."""
_TRIES_TOGETHER = 5
_TRIES_ALONE = 12
"""Of one message, with growing waits, before a conflict that never ends is called a defect."""
_WAIT_S = (0.005, 0.5)
"""Before a transaction is tried again after a conflict: the first wait doubles up to the second."""


async def handle_in(
    connection: Connection,
    arrivals: Sequence[Arrival],
    directory: Directory,
    said: WhatRegistersSaid,
    now: datetime,
    shards: Shards,
    begins: Begins,
) -> Handled:
    """Loads, handles and saves in the caller's transaction. Raises ``Conflict`` or ``Unavailable``: roll back then."""
    loaded = await load(connection, arrivals, shards.new_case_id, begins)
    handled = Handled()
    for start in range(0, len(arrivals), _IN_A_ROW):
        if start:
            await asyncio.sleep(0)
        handle(arrivals[start : start + _IN_A_ROW], loaded, directory, said, now, handled)
    await save(connection, handled, loaded.first_id, now, shards)
    return handled


async def hold_in(
    connection: Connection,
    arrival: Arrival,
    error: str,
    directory: Directory,
    said: WhatRegistersSaid,
    now: datetime,
    shards: Shards,
    begins: Begins,
) -> Handled:
    """Holds a message for an error of ours, in the caller's transaction."""
    loaded = await load(connection, [arrival], shards.new_case_id, begins)
    handled = hold_for_defect(arrival, error, loaded, directory, said, now)
    await save(connection, handled, loaded.first_id, now, shards)
    return handled


class Transactions:
    """Handles arrivals; after each commit the new outbox rows are offered to the relay and the addressing."""

    def __init__(
        self,
        store: Store,
        directory: Callable[[], Directory],
        said: WhatRegistersSaid,
        offer: Callable[[list[OutboxRow]], None],
        shards: Shards,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._shards = shards
        self._directory = directory
        self._said = said
        self._offer = offer
        self._clock = clock
        self.progress = 0
        """Transactions done so far."""

    async def handle(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Handles all in one transaction. When that fails for an unexpected reason it handles them one by one, and holds
        only the one that fails (D-4). Raises ``Unavailable`` when the store does not answer.
        """

        async def work(connection: Connection, now: datetime, begins: Begins) -> Handled:
            return await handle_in(connection, arrivals, self._directory(), self._said, now, self._shards, begins)

        try:
            return await self._commit(work, _TRIES_TOGETHER if len(arrivals) > 1 else _TRIES_ALONE)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours, whatever it is: only its own message may wait for it
            if len(arrivals) == 1:
                return await self._hold(arrivals[0], error)
            log.warning("batch_failed", size=len(arrivals), error=type(error).__name__)
        return [(await self.handle([arrival]))[0] for arrival in arrivals]

    async def _hold(self, arrival: Arrival, error: Exception) -> list[Receipt]:
        """Keeps the message and holds it with the error's name, never its text, which may quote the message."""
        name = type(error).__name__
        log.error("message_held", reason=name, system=arrival.system_id, place=arrival.place)

        async def hold(connection: Connection, now: datetime, begins: Begins) -> Handled:
            return await hold_in(connection, arrival, name, self._directory(), self._said, now, self._shards, begins)

        async def refuse(connection: Connection, now: datetime, begins: Begins) -> Handled:
            return await handle_in(connection, [arrival], self._directory(), self._said, now, self._shards, begins)

        try:
            return await self._commit(hold, _TRIES_ALONE)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - as above
            # Not even its envelope can be kept. Its bytes are kept under its place, and nothing waits for it.
            arrival.message, arrival.attributes, arrival.media_type = None, None, "application/octet-stream"
            arrival.refused = NOT_KEPT
            return await self._commit(refuse, _TRIES_ALONE)

    async def _commit(
        self, work: Callable[[Connection, datetime, Begins], Awaitable[Handled]], tries: int
    ) -> list[Receipt]:
        """Does the work in one transaction, again after each conflict. Raises ``Conflict`` after so many tries."""
        for attempt in range(tries):
            with self._shards.writing() as begins:
                try:
                    async with self._store.transaction() as connection:
                        handled = await work(connection, self._clock(), begins)
                except Conflict:
                    if attempt == tries - 1:
                        raise
                else:
                    self.progress += 1
                    self._after_commit(handled)
                    return handled.receipts
            await asyncio.sleep(uniform(0, min(_WAIT_S[0] * 2**attempt, _WAIT_S[1])))  # noqa: S311 - no secret
        raise AssertionError("the last try raises")  # pragma: no cover

    def _after_commit(self, handled: Handled) -> None:
        """Tells the other parts of the hub. An error here must not undo or repeat what is committed: the relay finds in
        the table what it was not offered.
        """
        try:
            for actor, role in handled.asked:
                self._said.asking(actor, role)
            self._offer(handled.outbox)
            metrics.handled(handled.counted, handled.refused)
            for reason, system, message in handled.given_up:
                say = log.error if reason.startswith(DEFECT) else log.warning
                say("hold_given_up", reason=reason, system=system, message=message)
        except Exception as error:  # noqa: BLE001 - as it says
            log.error("offer_failed", error=type(error).__name__)
