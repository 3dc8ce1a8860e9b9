"""Sends the handshakes and heartbeats of FHIR Subscriptions when they are due (fhir.md "Subscriptions"). Imports the exit and the store.

Any process does it for any system: each is claimed in the table, and one whose process died is due again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from hub.delivery.exits.subscription import SubscriptionExit
from hub.log import log
from hub.store import operator_log, subscriptions, try_now
from hub.store.subscriptions import SubscriptionRow
from hub.store.transaction import Store
from hub.translators import fhir
from schemas.directory import Directory

_TOGETHER: Final = 20
"""Calls at the same time."""


class SubscriptionKeeper:
    """Looks for what is due whenever it is asked to."""

    def __init__(self, store: Store, directory: Callable[[], Directory], exit_: SubscriptionExit) -> None:
        self._store = store
        self._directory = directory
        self._exit = exit_

    async def send_due(self) -> None:
        """Send what is due now, in all processes together once."""
        while True:
            async with self._store.transaction() as connection:
                due = await subscriptions.claim_due(connection, _TOGETHER)
            await asyncio.gather(*(self._send(row) for row in due))
            if len(due) < _TOGETHER:
                return

    async def _send(self, row: SubscriptionRow) -> None:
        system = self._directory().system_by_id.get(row.system)
        if system is None:  # it has left the directory; when it is back, what is due is sent
            return
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


async def _at_once() -> None:
    """A handshake or heartbeat holds nothing that could have been withdrawn."""
