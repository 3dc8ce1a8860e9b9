"""A system that is told by its own FHIR Subscriptions, as a vendor writes one: it makes them, answers what they are told, reads what an
empty or id-only notification points to, and asks for the events that it has not had. Imports httpx, FHIR's names and the receiver.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from hub.routers.examples import SUBSCRIPTION
from hub.translators.fhir.subscription import ALL, KINDS, RECEIPT, topic
from tests.chaos import seen
from tests.chaos.history import Notice, Receipt
from tests.chaos.receiver import Health, Webhook
from tests.chaos.seen import Event, Notification

CONTENTS: Final = ("empty", "id-only", "full-resource")
TURN: Final = 50
"""After so many events the system asks for another content."""
WANTED: Final = {"notices": sorted(KINDS - {RECEIPT}), "receipts": [RECEIPT]}
"""Path of an endpoint → the kinds that its Subscription is told of."""
_BACKPORT: Final = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
_LOOK_S: Final = 1.0
"""How often the system looks how its Subscriptions stand, and how often the hub shows that it is there (the heartbeat)."""
_GAP_S: Final = 0.5
"""An event that has not come for so long after the hub has counted it is asked for: until then it may be under way."""
_AGAIN_S: Final = 0.25


class Reading:
    """What a system knows of one Subscription's events by their numbers: what it was told, what it has had, what is missing. Pure."""

    def __init__(self) -> None:
        self.count = 0
        """So many events there are, as far as the hub has said."""
        self._had: dict[int, str | None] = {}
        """Number → the id of what it told; None: the hub keeps it no longer."""
        self._told: deque[Event] = deque()
        """What came and is not read yet, in the order in which it came."""
        self._missing_since: dict[int, float] = {}

    def told(self, notification: Notification) -> None:
        """A notification came, or an answer about the Subscription. What has been had is read again only if it is there in full."""
        self.count = max(self.count, notification.count, *(event.number for event in notification.events))
        for event in notification.events:
            known = event.number in self._had and event.notice in {None, self._had[event.number]}
            if event.bundle is not None or not known:
                self._told.append(event)

    @property
    def next(self) -> Event | None:
        """The first of what came and is not read yet."""
        return self._told[0] if self._told else None

    def had(self, number: int, notice: str | None) -> None:
        """An event is read."""
        self._had[number] = notice
        self._missing_since.pop(number, None)
        if self._told and self._told[0].number == number:
            self._told.popleft()

    def has(self, number: int) -> bool:
        """Whether an event was read."""
        return number in self._had

    def gap(self, now: float) -> tuple[int, int] | None:
        """(first, last) of the events that have been missing for some time, though nothing is to be read."""
        told = {event.number for event in self._told}
        for number in self.unread:
            if number not in told:
                self._missing_since.setdefault(number, now)
        old = [number for number, since in self._missing_since.items() if now - since >= _GAP_S and number not in told]
        return (min(old), max(old)) if old else None

    @property
    def unread(self) -> list[int]:
        """The events that the hub has counted, and of which the system does not know what they tell."""
        return [number for number in range(1, self.count + 1) if number not in self._had]


class Subscriber(Webhook):
    """One system: what is wrong with it is wrong with its endpoints, and while it is dead it asks for nothing."""

    def __init__(self, system: str, token: str, health: Health, got: Callable[[Notice | Receipt], None]) -> None:
        super().__init__(health, self._notified)
        self.system = system
        self.readings: dict[str, Reading] = defaultdict(Reading)
        """By the id of the Subscription."""
        self._token = token
        self._keep = got
        self._came = asyncio.Event()
        self._contents = itertools.cycle(CONTENTS)
        self._turned_at: dict[str, int] = {}
        """Subscription → how many events it had when its content was last changed."""
        self._looked_at = 0.0

    @property
    def unread(self) -> list[str]:
        """The events of which the system knows that they are, and nothing more."""
        return [f"event {number} of {id_}" for id_, reading in self.readings.items() for number in reading.unread]

    def _notified(self, _: dict[str, str], content: Any) -> None:
        found = seen.notification(content)
        self.readings[found.subscription].told(found)
        self._came.set()

    async def run(self, ports: list[int], endpoint: str) -> None:
        """Until cancelled: keep its Subscriptions, told at ``endpoint``, and read what they tell, at any hub that answers."""
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/fhir+json"}
        hubs = itertools.cycle(ports)
        async with httpx.AsyncClient(trust_env=False, timeout=10, headers=headers) as client:
            while True:
                self._came.clear()
                if self._health.ill not in {"dead", "reset-before"}:
                    hub = _Hub(client, f"http://127.0.0.1:{next(hubs)}/fhir")
                    if self._health.ill is None and time.monotonic() - self._looked_at > _LOOK_S:
                        with contextlib.suppress(httpx.HTTPError):
                            await self._look(hub, endpoint)
                    for id_, reading in list(self.readings.items()):
                        with contextlib.suppress(httpx.HTTPError):
                            await self._read(hub, id_, reading)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_AGAIN_S):
                        await self._came.wait()

    async def _look(self, hub: _Hub, endpoint: str) -> None:
        """Make the Subscriptions that are not there, ask for those that the hub has given up, and let it say how many events there are."""
        for path, kinds in WANTED.items():
            url = f"{endpoint}/{path}"
            one = next(iter(seen.resources(await hub.ask("GET", "/Subscription", {"url": url}))), None)
            if one is None:
                await hub.ask("POST", "/Subscription", body=_wanted(url, kinds, next(self._contents)))
                continue
            count = self.readings[one["id"]].count
            turned = self._turned_at.setdefault(one["id"], 0)
            if one["status"] in {"error", "off"} or (one["status"] == "active" and count - turned >= TURN):
                await hub.ask("PUT", f"/Subscription/{one['id']}", body=_wanted(url, kinds, next(self._contents)))
                self._turned_at[one["id"]] = count
        for parameters in seen.resources(await hub.ask("GET", "/Subscription/$status")):
            found = seen.status(parameters)
            self.readings[found.subscription].told(found)
        self._looked_at = time.monotonic()

    async def _read(self, hub: _Hub, id_: str, reading: Reading) -> None:
        """First what came, in its order, then what is missing, in the order of its numbers."""
        while (event := reading.next) is not None:
            if event.bundle is None and event.notice is not None and not event.gone:
                found = [event.with_bundle(await hub.ask("GET", f"/Bundle/{event.notice}"))]
            elif event.bundle is None and not event.gone:
                found = await self._events(hub, id_, event.number, event.number)
            else:
                found = [event]
            if event.number not in {one.number for one in found}:
                return
            self._take(id_, reading, found)
        if (gap := reading.gap(time.monotonic())) is not None:
            missing = await self._events(hub, id_, *gap)
            self._take(id_, reading, [event for event in missing if not reading.has(event.number)])

    async def _events(self, hub: _Hub, id_: str, first: int, last: int) -> list[Event]:
        asked = {"eventsSinceNumber": str(first), "eventsUntilNumber": str(last), "content": "full-resource"}
        return list(seen.notification(await hub.ask("GET", f"/Subscription/{id_}/$events", asked)).events)

    def _take(self, id_: str, reading: Reading, events: list[Event]) -> None:
        for event in events:
            reading.had(event.number, event.notice)
            if event.bundle is not None:
                self._keep(seen.bundle(self.system, event.bundle, "subscription", f"{id_}/{event.number}"))


class _Hub:
    """One hub, as this system's credential lets it be asked."""

    def __init__(self, client: httpx.AsyncClient, base: str) -> None:
        self._client, self._base = client, base

    async def ask(
        self, method: str, path: str, parameters: Mapping[str, str] | None = None, body: dict[str, Any] | None = None
    ) -> Any:
        """The resource that it answers. Raises ``httpx.HTTPError``: then it is asked again later."""
        content = None if body is None else json.dumps(body).encode()
        answer = await self._client.request(method, self._base + path, params=parameters, content=content)
        return answer.raise_for_status().json()


def _wanted(url: str, kinds: list[str], content: str) -> dict[str, Any]:
    """The Subscription of an endpoint: one kind has its own topic, several are a filter of all."""
    found: dict[str, Any] = json.loads(json.dumps(SUBSCRIPTION))
    found["criteria"] = topic(kinds[0] if len(kinds) == 1 else ALL)
    if len(kinds) > 1:
        asked = {
            "url": f"{_BACKPORT}/backport-filter-criteria",
            "valueString": f"MessageHeader?event={','.join(kinds)}",
        }
        found["_criteria"] = {"extension": [asked]}
    channel = found["channel"]
    channel["endpoint"] = url
    channel["extension"] = [{"url": f"{_BACKPORT}/backport-heartbeat-period", "valueUnsignedInt": round(_LOOK_S)}]
    channel["_payload"]["extension"][0]["valueCode"] = content
    return found
