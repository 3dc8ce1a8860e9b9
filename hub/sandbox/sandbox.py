"""``make run``: starts broker, database, simulated registers, the hub and the demo parties, and ends them all. Imports the sandbox and
the store's live view; the hub runs as a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial

import httpx

from hub.directory import load
from hub.environment import of_sandbox
from hub.errors import Misconfigured, Unavailable
from hub.outages import thin_out
from hub.sandbox import broken as broken_on_purpose
from hub.sandbox import narrator, report
from hub.sandbox.broken import Broken
from hub.sandbox.gauges import SandboxGauges
from hub.sandbox.ledger import Ledger
from hub.sandbox.mine import Mine, parsed
from hub.sandbox.parties import Parties
from hub.sandbox.patients import Admissions
from hub.sandbox.population import Population
from hub.sandbox.running import noted
from hub.sandbox.server import end_of
from hub.sandbox.services import DIRECTORY, Services, data_folder, up
from hub.sandbox.sip_openings import Openings
from hub.sandbox.sip_table import SipPlan, sip_plan
from hub.sandbox.stay_plan import StayPlan, plan
from hub.sandbox.view import DemoView, view
from hub.sandbox.ward import Ward
from hub.sandbox.wire import SenderAnswer
from hub.store import live_view, paused_systems
from hub.store.transaction import Store
from schemas.envelope import Message

_SEED = 1
"""The seed of the stay plans, which are the same in every run."""
_LEARNS_S = 3.0
"""Seconds after an admission when the population register may change, at pace 1."""
_BEDS = 80
"""The most stays at the same time, so that a slow machine admits more slowly."""
_MOST = 800
"""The most that may wait for a broken receiver beside them."""
_WELL_S = 8.0
"""Seconds for which all receivers are well."""
_LOOK_S = 0.4
_GAUGES_S = 2.0
"""Seconds between reads of the metrics; the hub updates them no more often."""
_NO_PROGRESS_S = 40.0
"""Seconds without a settled stay after the last admission, at pace 1; then the remaining stays wait for a person who plays, or are
unaccounted for.
"""
_MY_TURN_S = 10.0
"""Seconds for which nothing but a person who plays, or a broken receiver, was awaited, at pace 1; then a run with a number of admissions
ends.
"""
_KEPT_IN_MIND = 5_000
_SIP_EVERY = 2
"""One SIP begins with so many admissions."""


def main(
    admissions: int | None,
    mine: Sequence[str] = (),
    wire: str | None = None,
    pace: float | None = None,
    broken: Sequence[str] = (),
) -> int:
    """Run the demo, without a number until Ctrl-C; exit status 0 when every admission is accounted for.

    ``mine``: SYSTEM=URL of each system that a person plays; ``wire``: the format of what is sent there; ``pace``: how slowly people act
    (``HUB_SANDBOX_PACE``, 1; at 2 a stay takes twice as long); ``broken``: SYSTEM or SYSTEM=HOW of each whose receiver breaks. Raises
    ``Misconfigured``.
    """
    settings = of_sandbox()
    thin_out("aiokafka")
    pace = settings.pace if pace is None else pace
    if not 0 < pace < math.inf:
        raise Misconfigured("--pace is a number above 0")
    # At a pace that a person can follow, about three stays go on at a time.
    usual = 4.0 if pace < narrator.FOLLOWED_FROM else 0.3 / pace
    demo = load(DIRECTORY)
    played = parsed(mine, wire, demo)
    return asyncio.run(
        sandbox(admissions, settings.rate or usual, pace, played, broken_on_purpose.parsed(broken, demo, played))
    )


async def sandbox(admissions: int | None, rate: float, pace: float, mine: Mine, broken: Broken) -> int:
    """As ``main``. ``rate``: admissions a second in all."""
    begun = time.monotonic()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    with data_folder() as data:
        async with AsyncExitStack() as stack:
            coming = asyncio.create_task(up(stack, data, say, mine, broken))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
                return 130
            demo = Demo(await coming, stop, pace, mine, broken)
            return await demo.run(stack, admissions, rate, begun)


class Demo:
    """The demo after all services have started."""

    def __init__(self, services: Services, stop: asyncio.Event, pace: float, mine: Mine, broken: Broken) -> None:
        self.services, self.stop, self.pace = services, stop, pace
        self.population = Population(services.registers_url)
        self.mine, self.tell = mine, say
        tell = self._told if pace >= narrator.FOLLOWED_FROM else None
        self.ledger, self.gauges = Ledger(mine, tell, broken), SandboxGauges()
        self.broken = broken
        self.store = Store(services.database_url, pool=2)
        self.failed: str | None = None
        self.all_admitted = False
        self._gauged = 0.0
        self.first_sip = 1
        self.forget: Callable[[str], None] = lambda _: None

    async def run(self, stack: AsyncExitStack, admissions: int | None, rate: float, begun: float) -> int:
        """Admit patients and show the stays until all are settled; return the exit status."""
        services = self.services
        stack.enter_context(noted(services))
        stack.push_async_callback(self.store.close)
        async with self.store.transaction() as connection:
            first = await live_view.last_reference(connection, "vk-") + 1
            self.first_sip = await live_view.last_reference(connection, "sip-") + 1
        parties = await stack.enter_async_context(
            Parties(
                services.directory,
                services.bootstrap,
                services.hub_url,
                services.webhook_port,
                self.ledger,
                self.pace,
                self.mine,
                self._mend,
            )
        )
        self.parties = parties
        self.forget = parties.forget
        self.addresses = addresses = {
            "console of operations (sign in as one of the demo people)": f"{services.hub_url}/console/",
            "API, with its documentation": f"{services.hub_url}/docs",
            "metrics": f"{services.hub_url}/metrics",
            "health": f"{services.hub_url}/health/ready",
            "simulated registers (POST trouble, or a change of a person)": f"{services.registers_url}/control",
            "Kafka": services.bootstrap,
            "database, logs": str(services.data),
            "its addresses and tokens in another terminal": 'eval "$(.venv/bin/hub sandbox env)"',
            "what became of a case, in that terminal": f"hub search --ref vk-{first}; then hub timeline CASE",
            **{_receiver(system): self.broken.is_to_break(system) for system in self.broken.hows},
        }
        up_s = time.monotonic() - begun
        for name, address in {"everything is up after": f"{up_s:.1f} s", **addresses}.items():
            say(f"{name}: {address}")
        for line in self.mine.how(services.directory, services.hub_url):
            say(line)
        shown = view(services.directory, self.ledger, self.gauges, addresses)
        self.tell = shown.say
        started = time.monotonic()
        admitting = asyncio.create_task(self._admit(parties, first, admissions, rate))
        breaking = asyncio.create_task(self._break())
        try:
            await self._watch(shown, admitting, admissions)
        finally:
            admitting.cancel()
            breaking.cancel()
            await asyncio.gather(admitting, breaking, return_exceptions=True)
            shown.close()
        took_s = time.monotonic() - started
        for text in report.summary(services.directory, self.ledger, took_s, stopped=self.stop.is_set()):
            say(text)
        if self.failed is not None:
            say(f"ended early: {self.failed}")
            return 1
        if self.stop.is_set():
            return 0 if admissions is None else 130
        return 0 if report.accounted(self.ledger) else 1

    async def _break(self) -> None:
        """Break, a moment after the start, what is to be broken."""
        if not self.broken:
            return
        await asyncio.sleep(_WELL_S)
        for system, how in self.broken.hows.items():
            await self.parties.breaks(system, how)
            self._said_of(system, self.broken.breaks(system))

    async def _mend(self, system: str) -> str | None:
        """Mend the receiver of a system, as its staff asks; what is said of it, None where it is not broken."""
        if system not in self.broken.now:
            return None
        await self.parties.mended(system)
        return self._said_of(system, self.broken.mended(system))

    def _said_of(self, system: str, said: str) -> str:
        self.addresses[_receiver(system)] = said
        self.tell(f"{_receiver(system)} {said}")
        return said

    def _told(self, message: Message, answer: SenderAnswer, reference: str | None) -> None:
        self.tell(narrator.of_act(self.services.directory, message, answer, reference))

    async def _admit(self, parties: Parties, first: int, admissions: int | None, rate: float) -> None:
        """Admit to one ward after the other at an even rate, and begin SIPs beside; return when all have ended."""
        source = Admissions(self.services.directory, seed=first)
        openings = Openings(self.services.directory, parties, self.ledger)
        number = first
        under_way: set[asyncio.Task[None]] = set()
        try:
            while admissions is None or number < first + admissions:
                played = []
                if parties.wards:
                    ward = parties.wards[number % len(parties.wards)]
                    played.append(self._stay(ward, source, plan(_SEED, number)))
                turn, rest = divmod(number - first, _SIP_EVERY)
                if not rest:
                    played.append(self._sip(openings, sip_plan(self.first_sip + turn)))
                for task in map(asyncio.create_task, played):
                    under_way.add(task)
                    task.add_done_callback(partial(self._ended, under_way))
                number += 1
                await asyncio.sleep(1 / rate)
                while not self._has_a_bed():
                    await asyncio.sleep(0.1)
            self.all_admitted = True
            await asyncio.gather(*under_way)
        finally:
            for task in under_way:
                task.cancel()

    def _has_a_bed(self) -> bool:
        """Whether another stay may begin; those that wait for a broken receiver hold up no others, until they are very many."""
        if self.ledger.under_way < _BEDS:
            return True
        return self.ledger.under_way - self.ledger.held_up() < _BEDS < _MOST - self.ledger.under_way

    def _ended(self, under_way: set[asyncio.Task[None]], task: asyncio.Task[None]) -> None:
        under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.ledger.failed(f"who opened a case: {error!r}")

    async def _stay(self, ward: Ward, source: Admissions, plan_: StayPlan) -> None:
        """Play one stay, and change the population register during it when the plan says so."""
        party = ward.party
        admission, person = source.take(ward.unit, plan_, f"ref:vk-{plan_.number}", party.new_id())
        stay = self.ledger.admitted(plan_, ward.unit.hsa, party.system.id, admission.id)
        world: asyncio.Task[None] | None = None
        if plan_.protected:
            world = asyncio.create_task(self.population.mark_protected(person, _LEARNS_S * self.pace))
        try:
            await ward.play(plan_, admission)
        finally:
            stay.over = time.monotonic()
        if world is not None:
            await world
            await self.population.unmark(person)

    async def _sip(self, openings: Openings, plan_: SipPlan) -> None:
        """Play one SIP, in which the person may die."""
        opening = await openings.take(plan_)
        if opening is None:
            return
        desk = opening.desk
        first = desk.first_message(opening.unit, plan_, opening.known, f"ref:sip-{plan_.number}")
        sip = self.ledger.opened(
            plan_, opening.unit.hsa, opening.system, first.id, opening.partner, linked=opening.stay is not None
        )
        try:
            await desk.open(opening.unit, plan_, opening.known, first, partial(self.population.dies, opening.person))
        finally:
            sip.over = time.monotonic()
        if plan_.end == "death":
            await self.population.lives(opening.person)
        openings.free(opening.person)

    async def _watch(self, shown: DemoView, admitting: asyncio.Task[None], admissions: int | None) -> None:
        """Show the stays until all are settled, Ctrl-C, no progress, or the end of the hub."""
        moved, before, turned = time.monotonic(), -1, time.monotonic()
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while not self.stop.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await self.stop.wait()
                if not self.services.hub.alive:
                    last = end_of(self.services.data / "hub.log")
                    self.failed = (
                        f"the sandbox's own hub ended {self.services.hub.ending}; the last lines of its log:\n{last}"
                    )
                    return
                if admitting.done() and (error := admitting.exception()) is not None:
                    self.failed = f"a party failed: {error!r}"
                    return
                await self._look(client, shown)
                done = sum(self.ledger.fates.values())
                if done != before or not self.all_admitted:
                    moved, before = time.monotonic(), done
                all_settled = admitting.done() and not self.ledger.under_way
                directory = self.services.directory
                if not self.ledger.only_i_am_awaited(directory) and not self.ledger.only_broken_are_awaited():
                    turned = time.monotonic()
                my_turn = self.all_admitted and time.monotonic() - turned > _MY_TURN_S * max(1.0, self.pace)
                stuck = self.all_admitted and time.monotonic() - moved > _NO_PROGRESS_S * max(1.0, self.pace)
                if admissions is None:
                    self.ledger.forget(_KEPT_IN_MIND)
                elif all_settled or my_turn or stuck:
                    return

    async def _look(self, client: httpx.AsyncClient, shown: DemoView) -> None:
        try:
            async with self.store.transaction() as connection:
                self.ledger.pauses(await paused_systems.paused(connection))
                found = await live_view.cases(connection, self.ledger.worth_a_look())
            if time.monotonic() - self._gauged >= _GAUGES_S:
                self._gauged = time.monotonic()
                self.gauges.take((await client.get(f"{self.services.hub_url}/metrics")).raise_for_status().text)
        except (Unavailable, httpx.HTTPError):
            return
        addressed, settled = self.ledger.looked_at(found)
        shown.addressed(addressed)
        shown.settled(settled)
        for stay in settled:
            self.forget(stay.case or "")
        shown.refresh()


def _receiver(system: str) -> str:
    return f"the receiver of {system}"


def say(text: str) -> None:
    """Print a line on standard output at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
