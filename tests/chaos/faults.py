"""What goes wrong in a round: a schedule that a seed decides, and how each kind is done to the running parts. Imports the driver's parts
only.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from tests.chaos.receiver import ILLS

if TYPE_CHECKING:
    from tests.chaos.rig import Rig

LONG_S = 12.5
"""Longer than the database keeps a silent hub's locks: another hub has taken over when the stopped one continues."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    kind: str
    at_s: float
    """Seconds after the round's begin."""
    for_s: float
    """Seconds until it is well again."""
    which: int
    """A number that picks one of several: the hub, the illness."""


@dataclass(frozen=True, slots=True)
class Kind:
    do: Callable[[Rig, Fault], Awaitable[None]]
    weight: float
    """How often it is drawn, beside the others."""
    for_s: tuple[float, float]


def schedule(seed: int, kinds: list[str], over_s: float) -> list[Fault]:
    """One to four faults within ``over_s`` seconds, the same for the same seed and kinds."""
    chance = random.Random(f"faults {seed}")
    drawn = chance.choices(kinds, [KINDS[kind].weight for kind in kinds], k=chance.choice((1, 2, 2, 3, 3, 4)))
    found = [
        Fault(kind, chance.uniform(0.1, over_s), chance.uniform(*KINDS[kind].for_s), chance.randrange(1000))
        for kind in drawn
    ]
    return sorted(found, key=lambda fault: fault.at_s)


async def make(rig: Rig, faults: list[Fault], note: Callable[[str], None]) -> None:
    """All of a schedule; ends when everything is well again."""
    began = time.monotonic()

    async def one(fault: Fault) -> None:
        await asyncio.sleep(max(0.0, began + fault.at_s - time.monotonic()))
        note(f"{time.monotonic() - began:6.2f} {fault.kind} for {fault.for_s:.2f} s ({fault.which})")
        await KINDS[fault.kind].do(rig, fault)
        note(f"{time.monotonic() - began:6.2f} {fault.kind} is over")

    await asyncio.gather(*map(one, faults))


# --- the hubs ---------------------------------------------------------------------------------------------------------


async def _kill_hub(rig: Rig, fault: Fault) -> None:
    hub = rig.hub(fault.which)
    async with hub.turn:
        await asyncio.to_thread(hub.kill)
        hub.start()


async def _kill_worker(rig: Rig, fault: Fault) -> None:
    hub = rig.hub(fault.which)
    async with hub.turn:
        if hub.pid is not None:
            hub.kill_worker(fault.which // 10)


async def _stop_hub(rig: Rig, fault: Fault) -> None:
    """As a new version is rolled out: in order."""
    hub = rig.hub(fault.which)
    async with hub.turn:
        await asyncio.to_thread(hub.stop)
        hub.start()


async def _freeze_hub(rig: Rig, fault: Fault) -> None:
    hub = rig.hub(fault.which)
    async with hub.turn:
        if hub.pid is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(hub.pid)
            family = [root, *root.children(recursive=True)]
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    os.kill(process.pid, signal.SIGSTOP)
            await asyncio.sleep(fault.for_s)
            for process in reversed(family):
                with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                    process.resume()


async def _jump(rig: Rig, fault: Fault) -> None:
    """One hub's clock is wrong, forwards or backwards; then it is set right."""
    hub = rig.hub(fault.which)
    hub.set_clock((-7200.0, -45.0, -2.0, 2.0, 45.0, 7200.0)[fault.which // 10 % 6])
    try:
        await asyncio.sleep(fault.for_s)
    finally:
        hub.set_clock(0.0)


# --- the broker and the database --------------------------------------------------------------------------------------


async def _kill_broker(rig: Rig, fault: Fault) -> None:
    broker = rig.broker(fault.which)
    await _down(rig.broker_turn, broker.kill, broker.start, fault.for_s)


async def _stop_broker(rig: Rig, fault: Fault) -> None:
    broker = rig.broker(fault.which)
    await _down(rig.broker_turn, broker.stop, broker.start, fault.for_s)


async def _freeze_broker(rig: Rig, fault: Fault) -> None:
    broker = rig.broker(fault.which)
    await _down(rig.broker_turn, broker.pause, broker.resume, fault.for_s)


async def _kill_database(rig: Rig, fault: Fault) -> None:
    await _down(rig.database_turn, rig.database.kill, rig.database.start, fault.for_s)


async def _stop_database(rig: Rig, fault: Fault) -> None:
    await _down(rig.database_turn, rig.database.stop, rig.database.start, fault.for_s)


async def _freeze_database(rig: Rig, fault: Fault) -> None:
    await _down(rig.database_turn, rig.database.pause, rig.database.resume, fault.for_s)


async def _full_disk(rig: Rig, fault: Fault) -> None:
    async with rig.database_turn:
        await asyncio.to_thread(rig.database.fill)
        await asyncio.sleep(fault.for_s)
        rig.database.make_room()
        await asyncio.to_thread(rig.database.go_on)


async def _down(turn: asyncio.Lock, end: Callable[[], object], begin: Callable[[], object], for_s: float) -> None:
    async with turn:
        await asyncio.to_thread(end)
        await asyncio.sleep(for_s)
        await asyncio.to_thread(begin)


# --- the wires --------------------------------------------------------------------------------------------------------


async def _cut(rig: Rig, fault: Fault) -> None:
    wire = rig.wires[fault.which % len(rig.wires)]
    wire.cut()
    await asyncio.sleep(fault.for_s)
    wire.mend()


async def _delay(rig: Rig, fault: Fault) -> None:
    wire = rig.wires[fault.which % len(rig.wires)]
    wire.delay((0.02, 0.1, 0.3)[fault.which // 10 % 3])
    await asyncio.sleep(fault.for_s)
    wire.mend()


async def _reset(rig: Rig, fault: Fault) -> None:
    rig.wires[fault.which % len(rig.wires)].reset()


# --- topics and receivers ---------------------------------------------------------------------------------------------


async def _rebalance(rig: Rig, fault: Fault) -> None:
    """A stranger joins the hubs' group, is given partitions, commits nothing, and leaves."""
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        consumer = AIOKafkaConsumer(
            bootstrap_servers=rig.bootstrap,
            group_id=rig.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        consumer.subscribe(pattern=r"hub\.in\..*")
        try:
            async with asyncio.timeout(20):
                await consumer.start()
            await consumer.getmany(timeout_ms=int(fault.for_s * 1000))
        finally:
            await consumer.stop()


async def _delete_topic(rig: Rig, fault: Fault) -> None:
    """What a system writes to is deleted, with what nobody has read; the hub makes it anew, and the system sends again."""
    system = ("ehr", "centre", "kommun")[fault.which % 3]
    async with rig.broker_turn:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await rig.delete_topic(system)
    rig.traffic.send_again(system)


async def _ill(rig: Rig, fault: Fault) -> None:
    async with rig.receiver_turn:
        rig.health.ill = ILLS[fault.which % len(ILLS)]
        await asyncio.sleep(fault.for_s)
        rig.health.ill = None


KINDS: dict[str, Kind] = {
    "hub-kill": Kind(_kill_hub, 4, (0, 0)),
    "worker-kill": Kind(_kill_worker, 1, (0, 0)),
    "hub-stop": Kind(_stop_hub, 1, (0, 0)),
    "hub-freeze": Kind(_freeze_hub, 2, (0.3, 3)),
    "hub-freeze-long": Kind(_freeze_hub, 0.5, (LONG_S, LONG_S + 2)),
    "clock": Kind(_jump, 1.5, (0.5, 3)),
    "broker-kill": Kind(_kill_broker, 1, (0, 1)),
    "broker-stop": Kind(_stop_broker, 0.7, (0, 1)),
    "broker-freeze": Kind(_freeze_broker, 1, (0.5, 3)),
    "database-kill": Kind(_kill_database, 2, (0, 1)),
    "database-stop": Kind(_stop_database, 1, (0, 1)),
    "database-freeze": Kind(_freeze_database, 1, (0.5, 3)),
    "full-disk": Kind(_full_disk, 1, (0.3, 1.5)),
    "cut": Kind(_cut, 2, (0.5, 3)),
    "delay": Kind(_delay, 2, (0.5, 3)),
    "reset": Kind(_reset, 3, (0, 0)),
    "rebalance": Kind(_rebalance, 1, (0.5, 2)),
    "topic-anew": Kind(_delete_topic, 0.7, (0, 0)),
    "receiver": Kind(_ill, 5, (0.5, 3)),
}
