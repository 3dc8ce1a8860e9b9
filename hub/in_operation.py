"""What operations asks of a running hub by the trail, and what it is shown of it. Imports the delivery, the addressing and the store."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from hub.addressing.register_watch import RegisterWatch
from hub.addressing.worker import Worker
from hub.delivery.relay import Relay
from hub.errors import Unavailable
from hub.store import running_hubs, try_now
from hub.store.transaction import Store


class InOperation:
    """Does what is to be tried now (`hub retry`), and says how this hub is (`hub status`, `hub timeline`)."""

    def __init__(
        self,
        store: Store,
        relay: Relay,
        worker: Worker,
        registers: RegisterWatch,
        ready: Callable[[], Awaitable[tuple[dict[str, str], dict[str, Any]]]],
        facts: Callable[[], dict[str, Any]],
    ) -> None:
        """``ready``: the checks of readiness; ``facts``: the port, the version of the directory, the roles and the name as owner of
        shards.
        """
        self._store = store
        self._relay = relay
        self._worker = worker
        self._registers = registers
        self._ready = ready
        self._facts = facts
        self._id = f"{socket.gethostname()}-{os.getpid()}"
        self._newest: int | None = None
        self._done: set[int] = set()
        """The newest act of operations that was seen, and the acts near it that were done."""

    async def try_what_is_asked(self) -> None:
        """Try what operations asked for since the last look; what was asked before the start is due anyhow."""
        async with self._store.transaction() as connection:
            newest = await try_now.newest(connection)
            if newest == self._newest:
                return
            asked = await try_now.asked(connection, newest if self._newest is None else self._newest)
        is_first, self._newest = self._newest is None, newest
        for one in asked:
            if one.id in self._done or is_first:
                continue
            if one.system is None:
                self._worker.look_now()
            else:
                self._relay.lanes.try_now(one.system, one.row)
        self._done = {one.id for one in asked}

    async def report(self) -> None:
        """Write how this hub is."""
        checks, _ = await self._ready()
        state = self._facts() | {
            "checks": checks,
            "lanes": self._relay.lanes.shown,
            "asks_registers": self._worker.asks and self._worker.has_registers,
            "has_registers": self._worker.has_registers,
            "registers": self._registers.last,
        }
        async with self._store.transaction() as connection:
            await running_hubs.report(connection, self._id, state)

    async def leave(self) -> None:
        """The hub stops and is shown no more; where the database is away it is shown as silent."""
        with suppress(Unavailable):
            async with self._store.transaction() as connection:
                await running_hubs.leave(connection, self._id)
