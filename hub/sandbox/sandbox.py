"""``make run``: real broker and database, simulated registers, the hub, the demo parties; gone at the end.

Imports everything of the sandbox, and of the hub the store's views; the hub itself runs as a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from contextlib import AsyncExitStack

import httpx

from hub.errors import Unavailable
from hub.sandbox import story
from hub.sandbox.ledger import Ledger
from hub.sandbox.parties import Parties
from hub.sandbox.patients import Admissions
from hub.sandbox.services import Services, data_folder, end_of, up
from hub.sandbox.view import Gauges, View, view
from hub.store import views
from hub.store.transaction import Store

_LOOK_S = 0.4
_NO_PROGRESS_S = 60.0
"""After the last admission: so long without anything being settled, and what is left is unaccounted for."""
_KEPT_IN_MIND = 5_000


def main(admissions: int | None) -> int:
    """Runs the demo; without a number until Ctrl-C. Exit status 0 when every admission can be accounted for."""
    return asyncio.run(sandbox(admissions))


async def sandbox(admissions: int | None, *, rate: float | None = None) -> int:
    """The same; ``rate``: admissions a second in all (``HUB_SANDBOX_RATE``, 6)."""
    begun = time.monotonic()
    rate = rate or float(os.environ.get("HUB_SANDBOX_RATE", "6"))
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    with data_folder() as data:
        async with AsyncExitStack() as stack:
            coming = asyncio.create_task(up(stack, data, say))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
                return 130
            demo = Demo(await coming, stop)
            return await demo.run(stack, admissions, rate, begun)


class Demo:
    """The demo once everything is up."""

    def __init__(self, services: Services, stop: asyncio.Event) -> None:
        self.services, self.stop = services, stop
        self.ledger, self.gauges = Ledger(), Gauges()
        self.store = Store(services.database_url, pool=2)
        self.failed: str | None = None

    async def run(self, stack: AsyncExitStack, admissions: int | None, rate: float, begun: float) -> int:
        """Admits, looks, tells; the exit status."""
        services = self.services
        stack.push_async_callback(self.store.close)
        async with self.store.transaction() as connection:
            first = await views.last_reference(connection, "vk-") + 1
        parties = await stack.enter_async_context(
            Parties(services.directory, services.bootstrap, services.hub_url, services.webhook_port, self.ledger)
        )
        addresses = {
            "API, with its documentation": f"{services.hub_url}/docs",
            "metrics": f"{services.hub_url}/metrics",
            "health": f"{services.hub_url}/health/ready",
            "simulated registers (POST trouble)": f"{services.registers_url}/control",
            "Kafka": services.bootstrap,
            "database, logs": str(services.data),
        }
        up_s = time.monotonic() - begun
        for name, address in {"everything is up after": f"{up_s:.1f} s", **addresses}.items():
            say(f"{name}: {address}")
        shown = view(services.directory, self.ledger, self.gauges, addresses)
        started = time.monotonic()
        admitting = asyncio.create_task(self._admit(parties, first, admissions, rate))
        try:
            await self._watch(shown, admitting, admissions)
        finally:
            admitting.cancel()
            await asyncio.gather(admitting, return_exceptions=True)
            shown.close()
        for text in story.summary(self.ledger, time.monotonic() - started):
            say(text)
        if self.failed is not None:
            say(f"ended early: {self.failed}")
            return 1
        if self.stop.is_set():
            return 0 if admissions is None else 130
        return 0 if story.accounted(self.ledger) else 1

    async def _admit(self, parties: Parties, first: int, admissions: int | None, rate: float) -> None:
        """Ward after ward, at an even pace; a slow answer does not hold up the others."""
        source = Admissions(self.services.directory, seed=first)
        number = first
        under_way: set[asyncio.Task[None]] = set()
        while admissions is None or number < first + admissions:
            party, ward = parties.wards[number % len(parties.wards)]
            task = asyncio.create_task(party.admit(source, ward, number))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            number += 1
            await asyncio.sleep(1 / rate)
        await asyncio.gather(*under_way)

    async def _watch(self, shown: View, admitting: asyncio.Task[None], admissions: int | None) -> None:
        """Until all is settled, or Ctrl-C, or nothing moves any more, or the hub is gone."""
        moved, before = time.monotonic(), -1
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while not self.stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stop.wait(), _LOOK_S)
                if not self.services.hub.alive:
                    self.failed = f"the hub ended by itself: {end_of(self.services.data / 'hub.log')}"
                    return
                if admitting.done() and (error := admitting.exception()) is not None:
                    self.failed = f"a party failed: {error!r}"
                    return
                await self._look(client, shown)
                done = sum(self.ledger.fates.values())
                if done != before or not admitting.done():
                    moved, before = time.monotonic(), done
                if admissions is None:
                    self.ledger.forget(_KEPT_IN_MIND)
                elif admitting.done() and (not self.ledger.under_way or time.monotonic() - moved > _NO_PROGRESS_S):
                    return

    async def _look(self, client: httpx.AsyncClient, shown: View) -> None:
        try:
            async with self.store.transaction() as connection:
                found = await views.cases(connection, self.ledger.open_cases())
            self.gauges.take((await client.get(f"{self.services.hub_url}/metrics")).text)
        except (Unavailable, httpx.HTTPError):
            return
        shown.settled(self.ledger.looked_at(found))
        shown.turn()


def say(text: str) -> None:
    """A line on standard output, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
