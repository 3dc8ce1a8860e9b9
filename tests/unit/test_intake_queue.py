"""The one queue of the intake: however it ends, nobody is left waiting for an answer that does not come."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.errors import Unavailable
from hub.intake import queue
from hub.intake.arrival import MAX_BYTES, Arrival
from hub.intake.queue import QUEUE_BYTES, Intake
from hub.scenarios import load
from hub.scenarios.world import Lately
from schemas.messages import Receipt
from tests.shards import all_shards

WORLD = load(Path(__file__).parents[2] / "contracts" / "worlds" / "standard.yaml")


def arrival(id_: str) -> Arrival:
    return Arrival(None, b"{", "application/json", None, datetime.now(UTC), id_, by_outbox=False)


class Door:
    """An intake whose handling does what the test says."""

    def __init__(self):
        self.intake = Intake(None, lambda: WORLD.directory, Lately(WORLD), lambda _: None, all_shards(None))
        self.intake._transactions.handle = self.handle
        self.calls = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.fails = []

    async def handle(self, arrivals):
        self.calls += 1
        await self.go_on.wait()
        if self.fails:
            raise self.fails.pop(0)
        return [Receipt(message=one.place, code="ok") for one in arrivals]

    def start(self):
        return asyncio.create_task(self.intake.run())

    def submit(self, *ids, wait=False):
        return asyncio.create_task(self.intake.submit([arrival(id_) for id_ in ids], wait=wait))


async def finished(tasks):
    async with asyncio.timeout(5):
        return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("wait", [False, True])
async def test_a_loop_that_is_cancelled_gives_back_what_it_has_and_what_waits(wait):
    door = Door()
    door.go_on.clear()
    running = door.start()
    tasks = [door.submit(f"m-{n}", wait=wait) for n in range(3)]
    await asyncio.sleep(0.01)
    tasks += [door.submit(f"w-{n}", wait=wait) for n in range(3)]
    await asyncio.sleep(0.01)
    running.cancel()
    answers = await finished(tasks)
    assert all(isinstance(answer, Unavailable) for answer in answers), answers
    await finished([running])
    assert door.intake.length == 0
    with pytest.raises(Unavailable):
        await door.intake.submit([arrival("late")], wait=wait)


async def test_a_stop_finishes_what_was_taken_in_and_takes_nothing_more():
    door = Door()
    door.go_on.clear()
    running = door.start()
    tasks = [door.submit(f"m-{n}") for n in range(5)]
    await asyncio.sleep(0.01)
    door.intake.stop()
    with pytest.raises(Unavailable):
        await door.intake.submit([arrival("late")], wait=True)
    door.go_on.set()
    answers = await finished(tasks)
    assert [answer[0].message for answer in answers] == [f"m-{n}" for n in range(5)]
    await finished([running])
    assert door.intake.length == 0


async def test_a_defect_in_one_batch_is_not_everybodys_outage():
    door = Door()
    door.go_on.clear()
    door.fails = [RuntimeError("anything")]
    running = door.start()
    first = door.submit("first")
    await asyncio.sleep(0.01)
    second = door.submit("second")
    await asyncio.sleep(0.01)
    door.go_on.set()
    one, two = await finished([first, second])
    assert isinstance(one, Unavailable)
    assert one.reason == "defect"
    assert two[0].code == "ok"
    door.intake.stop()
    await finished([running])


async def test_an_outage_is_told_to_those_who_cannot_wait_and_waited_out_by_the_others(monkeypatch):
    monkeypatch.setattr(queue, "_DOWN_S", 0.02)
    door = Door()
    door.go_on.clear()
    door.fails = [Unavailable("database")]
    running = door.start()
    tasks = [door.submit("a", wait=True)]
    await asyncio.sleep(0.01)
    tasks += [door.submit("b"), door.submit("c", wait=True)]
    await asyncio.sleep(0.01)
    door.go_on.set()
    a, b, c = await finished(tasks)
    assert (a[0].code, c[0].code) == ("ok", "ok")
    assert isinstance(b, Unavailable)
    assert door.intake.length == 0
    door.intake.stop()
    await finished([running])


async def test_a_client_that_goes_away_in_the_queue_takes_nothing_with_it():
    door = Door()
    door.go_on.clear()
    running = door.start()
    first, gone, last = door.submit("first"), door.submit("gone"), door.submit("last")
    await asyncio.sleep(0.01)
    gone.cancel()
    door.go_on.set()
    one, _, three = await finished([first, gone, last])
    assert (one[0].message, three[0].message) == ("first", "last")
    await asyncio.sleep(0.01)
    assert (door.intake.length, door.intake._under_way) == (0, {})
    door.intake.stop()
    await finished([running])


async def test_the_queue_is_full_by_bytes_as_well_as_by_number_and_takes_in_again_when_they_are_done():
    door = Door()
    door.go_on.clear()
    running = door.start()
    raw = b"{" * (MAX_BYTES + 1)  # refused unread
    many = [arrival(f"l-{n}") for n in range(QUEUE_BYTES // len(raw) + 1)]
    for one in many:
        one.raw = raw
    small = [door.submit("m-1")]
    await asyncio.sleep(0.01)
    tasks = [asyncio.create_task(door.intake.submit(many))]
    await asyncio.sleep(0.01)
    assert door.intake.full
    assert door.intake.length < 100
    door.go_on.set()
    await finished(small + tasks)
    assert not door.intake.full
    running.cancel()
    await finished([running])
