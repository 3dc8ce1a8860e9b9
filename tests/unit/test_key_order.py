"""Work under one key is done in the order in which it came, however it ends; other keys do not wait."""

from __future__ import annotations

import asyncio

from hub.intake.key_order import KeyOrder


async def test_work_waits_for_earlier_work_under_any_of_its_keys_and_for_no_other():
    order, done = KeyOrder(), []
    gates = {name: asyncio.Event() for name in "abcd"}

    async def work(name: str, *keys: str) -> None:
        async with order.turn(keys):
            await gates[name].wait()
            done.append(name)

    tasks = [asyncio.create_task(work(*one)) for one in (("a", "x"), ("b", "x", "y"), ("c", "y"), ("d", "z"))]
    for name in "dcba":
        gates[name].set()
        for _ in range(5):
            await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert done == ["d", "a", "b", "c"]
    assert not order and not order.is_busy({"x", "y", "z"})


async def test_work_that_fails_lets_the_next_begin():
    order, done = KeyOrder(), []

    async def work(name: str) -> None:
        async with order.turn({"x"}):
            await asyncio.sleep(0)
            if name == "first":
                raise ValueError(name)
            done.append(name)

    outcomes = await asyncio.gather(work("first"), work("last"), return_exceptions=True)
    assert isinstance(outcomes[0], ValueError)
    assert done == ["last"]


async def test_when_a_caller_goes_away_while_it_waits_the_work_behind_it_overtakes_nothing():
    order, steps = KeyOrder(), []
    gate = asyncio.Event()

    async def work(name: str) -> None:
        async with order.turn({"x"}):
            steps.append(f"{name} begins")
            await gate.wait()
            steps.append(f"{name} ends")

    tasks = [asyncio.create_task(work(name)) for name in ("first", "gone", "gone too", "last")]
    await asyncio.sleep(0)
    tasks[1].cancel()
    tasks[2].cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    assert steps == ["first begins"] and order.is_busy({"x"})
    gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert steps == ["first begins", "first ends", "last begins", "last ends"]
    assert not order
