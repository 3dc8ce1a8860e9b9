"""Way out: what a system is told by its own FHIR Subscriptions, over rest-hook (delivery.md §3, fhir.md "Subscriptions"). Imports the
store, the notifications, what an exit is given and the exits over HTTP only.

Without an active Subscription for a notice it is kept: it waits and is no failed attempt. A notification is acknowledged by 2xx.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import httpx

from hub import clock
from hub.delivery.exits.addresses import Allowed
from hub.delivery.exits.http import HttpExit, by_status
from hub.delivery.outgoing import AttemptOutcome, BeforeSending, Outgoing
from hub.store import subscriptions
from hub.store.subscriptions import SubscriptionRow
from hub.store.transaction import Store
from hub.translators import fhir
from hub.translators.fhir import NotificationType, SubscriptionEvent, SubscriptionState
from schemas.directory import System
from schemas.ways_out import SubscriptionOut

NO_SUBSCRIPTION: Final = "no active Subscription"
_LOOK_AGAIN_S: Final = 60.0
"""Seconds until a notice is looked at again whose kind has no active Subscription; when one becomes active it goes at once."""
_PREFIX, _SUFFIX = "se.samverkan.", ".v1"


class SubscriptionExit(HttpExit):
    """One notification for each notice, receipt and announcement."""

    def __init__(self, allows: Allowed, store: Store) -> None:
        super().__init__(allows)
        self._store = store

    async def send(self, system: System, batch: Sequence[Outgoing], before_sending: BeforeSending) -> AttemptOutcome:
        """Number the event and make one call; ``http.judged`` says what its status means. Raises ``Unavailable``: the database."""
        (outgoing,) = batch
        kind = outgoing.encoded.attributes["type"].removeprefix(_PREFIX).removesuffix(_SUFFIX)
        async with self._store.transaction() as connection:
            handed = await subscriptions.hand_over(connection, system.id, kind, int(outgoing.id.removeprefix("out-")))
            others = handed is None and await subscriptions.has_active(connection, system.id)
        if handed is None:
            return (
                AttemptOutcome("kept", f"{NO_SUBSCRIPTION} for {kind}", _LOOK_AGAIN_S)
                if others
                else AttemptOutcome("kept", NO_SUBSCRIPTION)
            )
        row, number = handed
        outcome = await self.notify(system, row, "event-notification", [event_of(number, outgoing)], before_sending)
        fault = None if outcome.result == "ok" else f"event {number}: {outcome.answer}"
        if (fault is None) != (row.fault is None):
            async with self._store.transaction() as connection:
                await subscriptions.note(connection, row, fault)
        return outcome

    async def notify(
        self,
        system: System,
        row: SubscriptionRow,
        kind: NotificationType,
        events: Sequence[SubscriptionEvent],
        before_sending: BeforeSending,
    ) -> AttemptOutcome:
        """Make one call to the endpoint of a Subscription, with the headers that it names."""
        channel = fhir.channel_of(row.content)
        if not may_be_told(system, channel.endpoint):  # the directory has changed since it was made
            return AttemptOutcome("receiver", "address-not-allowed")
        now = clock.now()
        body = fhir.write_notification(
            state_of(row), kind, channel.content, events, at=now, media_type=channel.media_type
        )
        headers = [("content-type", channel.media_type), *channel.headers]
        answered = await self.post(system, channel.endpoint, headers, body, before_sending, timeout_s=channel.timeout_s)
        return answered if isinstance(answered, AttemptOutcome) else by_status(answered, now)


def may_be_told(system: System, endpoint: str) -> bool:
    """Whether the directory lets the system be told by Subscriptions, and those name the server."""
    if not isinstance(system.out, SubscriptionOut):
        return False
    return not system.out.hosts or httpx.URL(endpoint).raw_host.decode("ascii") in system.out.hosts


def state_of(row: SubscriptionRow) -> SubscriptionState:
    """What a notification says of its Subscription."""
    return SubscriptionState(row.id, row.base, row.content["criteria"], row.status, row.fault, row.events)


def event_of(number: int, outgoing: Outgoing) -> SubscriptionEvent:
    """The event that a notice is in its Subscription."""
    encoded = outgoing.encoded
    at = datetime.fromisoformat(encoded.attributes["time"])
    return SubscriptionEvent(number, outgoing.id, at, fhir.bundle_in_json(encoded.body, encoded.media_type))
