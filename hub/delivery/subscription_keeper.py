"""Sends the handshakes and heartbeats of FHIR Subscriptions when they are due (fhir.md "Subscriptions"). Imports the exit and the store.

Any process does it for any system: each is claimed in the table, and one whose process died is due again. Each system has its own few
calls at a time, so that endpoints of one that hang delay nobody else's (D-5).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Final, TypeGuard

from hub.delivery.exits.subscription import SubscriptionExit
from hub.errors import Unavailable
from hub.log import log
from hub.outages import outages
from hub.store import operator_log, subscriptions, try_now
from hub.store.subscriptions import SubscriptionRow
from hub.store.transaction import Store
from hub.translators import fhir
from schemas.directory import Directory, System
from schemas.ways_out import SubscriptionOut

_TOGETHER: Final = 4
"""Calls to one system at the same time, and fewer where the directory says so."""
_WRITING_S: Final = 10.0
"""Seconds beyond a call's own time after which it is due again: its process has died, since what came of it is not written."""


class SubscriptionKeeper:
    """Looks for what is due whenever it is asked to, and sends it beside its caller."""

    def __init__(self, store: Store, directory: Callable[[], Directory], exit_: SubscriptionExit) -> None:
        self._store = store
        self._directory = directory
        self._exit = exit_
        self._calling: defaultdict[str, set[asyncio.Task[None]]] = defaultdict(set)
        """The tasks that make a system's calls, one call each at a time."""

    async def begin_due(self) -> None:
        """Begin to send what is due now, in all processes together once; it waits for no answer."""
        async with self._store.transaction() as connection:
            due = await subscriptions.due(connection)
        systems = self._directory().system_by_id
        for id_, count in due.items():
            if not _is_told(system := systems.get(id_)):
                continue  # when it is back, and is told by Subscriptions, what is due is sent
            calling = self._calling[id_]
            for _ in range(min(count, min(_TOGETHER, system.delivery.concurrency) - len(calling))):
                task = asyncio.create_task(self._call(id_))
                calling.add(task)
                task.add_done_callback(calling.discard)

    async def finish(self, within_s: float | None = None) -> None:
        """Wait until no call is under way; what is not answered within that time is cut off, and is due again later."""
        under_way = [task for calling in self._calling.values() for task in calling]
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def close(self) -> None:
        """Close the exit's connections."""
        await self._exit.close()

    async def _call(self, id_: str) -> None:
        """Send what is due to one system, one after the other, until nothing is."""
        try:
            while _is_told(system := self._directory().system_by_id.get(id_)):
                async with self._store.transaction() as connection:
                    row = await subscriptions.claim_due(connection, id_, system.delivery.timeout_s + _WRITING_S)
                if row is None:
                    return
                await self._send(system, row)
        except Unavailable as error:
            outages.met(error, work="subscriptions")
        except Exception as error:  # noqa: BLE001 - a defect ends this call; the next look begins another
            log.error("subscription_call_failed", system=id_, error=type(error).__name__)

    async def _send(self, system: System, row: SubscriptionRow) -> None:
        first = row.status == "requested"
        kind: fhir.NotificationType = "handshake" if first else "heartbeat"
        outcome = await self._exit.notify(system, row, kind, [], _at_once)
        fault = None if outcome.result == "ok" else f"{kind}: {outcome.answer}"
        heartbeat_s = fhir.channel_of(row.content).heartbeat_s
        async with self._store.transaction() as connection:
            if not first:
                await subscriptions.note(connection, row, fault)
                await subscriptions.next_heartbeat(connection, row, heartbeat_s)
            elif await subscriptions.shaken(connection, row, fault, heartbeat_s) and fault is None:
                await try_now.system(connection, row.system)
                why = f"its Subscription {row.id} is active"
                await operator_log.record(connection, "hub", "retry", row.system, why)
        if first:
            log.info("subscription_handshake", system=row.system, subscription=row.id, answer=outcome.answer)


def _is_told(system: System | None) -> TypeGuard[System]:
    """Whether it is in the directory, and is told by its Subscriptions."""
    return system is not None and isinstance(system.out, SubscriptionOut)


async def _at_once() -> None:
    """A handshake or heartbeat holds nothing that could have been withdrawn."""
