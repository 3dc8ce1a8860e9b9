"""A producer is asked at its rate and no faster (law-and-lookups.md §3), on a clock that stands until all wait."""

from __future__ import annotations

import asyncio

import pytest

from hub.addressing.rate_limit import RateLimit
from hub.errors import Unavailable


class _Loop(asyncio.SelectorEventLoop):
    """Its time goes on by itself to the next timer, as soon as nothing else is left to do."""

    now = 0.0

    def time(self):
        return self.now

    def call_at(self, when, callback, *arguments, **more):
        return super().call_at(max(when, self.now + 1e-9), callback, *arguments, **more)

    def _run_once(self):
        if not self._ready and self._scheduled:
            self.now = max(self.now, self._scheduled[0].when())
        super()._run_once()


def run(play):
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(play())


async def turns(limit, *producers, routine=False):
    """When each of the questions, asked at once in this order, got its turn, in whole milliseconds."""

    async def one(producer):
        await limit.turn(producer, routine=routine)
        return round(asyncio.get_running_loop().time() * 1000)

    return await asyncio.gather(*(one(producer) for producer in producers))


def test_each_producer_gets_its_own_turns_one_a_second_in_the_order_asked():
    async def play():
        limit = RateLimit(1.0)
        first = await turns(limit, "12", "12", "14", "12", "12")
        await asyncio.sleep(10)
        return first, await turns(limit, "12", "12")

    assert run(play) == ([0, 1000, 0, 2000, 3000], [13_000, 14_000])


def test_a_burst_may_go_at_once_and_is_earned_back():
    async def play():
        limit = RateLimit(1.0, burst=3)
        first = await turns(limit, *["12"] * 5)
        await asyncio.sleep(100)
        return first, await turns(limit, *["12"] * 4)

    assert run(play) == ([0, 0, 0, 1000, 2000], [102_000, 102_000, 102_000, 103_000])


def test_a_caller_who_would_wait_too_long_is_turned_away_at_once_and_the_others_keep_their_turns():
    async def play():
        limit = RateLimit(1.0, max_wait=2.5)
        asked = asyncio.create_task(turns(limit, "12", "12", "12"))
        await asyncio.sleep(0.0001)
        with pytest.raises(Unavailable, match="register-busy") as busy:
            await limit.turn("12")
        await limit.turn("14")
        assert asyncio.get_running_loop().time() < 0.001
        return busy.value.retry_after, await asked

    assert run(play) == (3.0, [0, 1000, 2000])


def test_a_caller_who_gives_up_leaves_its_turn_to_the_next():
    async def play():
        limit = RateLimit(1.0, max_wait=2.5)
        await limit.turn("12")
        gone = [asyncio.create_task(limit.turn("12")) for _ in range(2)]
        await asyncio.sleep(0)
        for each in gone:
            each.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        return await turns(limit, "12")

    assert run(play) == [1000]


def test_any_other_question_has_at_most_one_routine_question_before_it():
    async def play():
        limit = RateLimit(1.0)
        await limit.turn("12")
        routine = asyncio.create_task(turns(limit, *["12"] * 5, routine=True))
        await asyncio.sleep(0.5)
        return await turns(limit, "12"), await routine

    assert run(play) == ([2000], [1000, 3000, 4000, 5000, 6000])
