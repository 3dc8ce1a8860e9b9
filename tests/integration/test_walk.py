"""The walk of one admission (CONTRIBUTING.md): from the bytes of a Kafka record to the bytes of a notice, forward through the rooms."""

import asyncio
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from hub.delivery.lane import Lane
from hub.delivery.outgoing import AttemptOutcome
from hub.intake.hub_messages import own_message
from hub.routers.kafka import arrival
from tests.desk import BODY, FOUND
from tests.shards import all_shards
from tests.stack import CENTRE, WARD

WALK = [
    "hub.routers.kafka.arrival",
    "hub.intake.queue.Intake.submit",
    "hub.intake.reading.ArrivalReader.read",
    "hub.translators.formats.read",
    "hub.intake.commit.handle_in",
    "hub.intake.load.load",
    "hub.intake.handle.handle",
    "hub.processes.engine.decide.decide",
    "hub.intake.accept.accept",
    "hub.intake.notices.notices",
    "hub.intake.save.save",
    "hub.delivery.lane.Lane.offer",
    "hub.delivery.attempt.Attempts.deliver",
    "hub.delivery.outgoing.encode",
    "hub.translators.formats.write_notice",
    "tests.integration.test_walk.LastExit.send",
]
"""As CONTRIBUTING.md tells it."""


class LastExit:
    """The way out of the test: what was sent."""

    together = 10

    def __init__(self):
        self.sent = []

    def breaker(self, _):
        return 1, 1.0

    async def send(self, system, batch, before_sending):
        await before_sending()
        self.sent += batch
        return AttemptOutcome("ok", "test")


@pytest.fixture
def entered():
    """The functions of the walk in the order in which they were entered, each frame once, from ``append`` on."""
    frames = []

    def hook(frame, what, _):
        if what == "call":
            name = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}"
            if name in WALK and all(frame is not known for known, _ in frames):
                frames.append((frame, name))

    yield SimpleNamespace(begin=lambda: sys.setprofile(hook), names=lambda: [name for _, name in frames])
    sys.setprofile(None)


async def until(holds):
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


async def test_an_admission_goes_once_through_each_room_and_never_back(desk, entered):
    opened = await desk.send("m-1")
    await desk.intake.submit([own_message(opened.case, "a-1", "adressering", FOUND, datetime.now(UTC))])
    exit_, marker = LastExit(), SimpleNamespace(mark=lambda *_: None)
    system = desk.directory.system_by_id[desk.directory.system_of[CENTRE]]
    lane = Lane(system, exit_, desk.store, None, marker, all_shards(desk.store), lambda: 0, all_in_memory=True)
    lane.offer([row for row in desk.offered if row.system == system.id])
    running = asyncio.create_task(lane.run())
    await until(lambda: exit_.sent)
    told = len(exit_.sent)

    head = desk.arrival("m-2", subject=opened.case).attributes | {"content-type": "application/json"}
    headers = [(name if name == "content-type" else f"ce_{name}", value.encode()) for name, value in head.items()]
    record = SimpleNamespace(
        headers=headers, value=BODY.replace(b"Fall", b"Fall hemma"), topic="hub.in.ehr", partition=0, offset=7
    )
    desk.offered.clear()
    entered.begin()
    (receipt,) = await desk.intake.submit(
        [arrival(record, desk.directory.system_by_id[desk.directory.system_of[WARD]])]
    )
    lane.offer([row for row in desk.offered if row.system == system.id])
    await until(lambda: len(exit_.sent) > told)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert receipt.code == "ok"
    assert b"Fall hemma" in exit_.sent[-1].encoded.body
    assert entered.names() == WALK
