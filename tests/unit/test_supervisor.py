"""No loop of the hub ends unseen: whatever it raises it is started again, named in health and metrics, or ends the process."""

import asyncio
from functools import partial

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub import metrics, supervisor
from hub.errors import Unavailable
from hub.supervisor import Supervisor, turned


def restarts(name):
    return metrics.REGISTRY.get_sample_value("hub_loop_restarts_total", {"loop": name})


class Loop:
    """Ends with what it is given, one after the other; then runs on."""

    def __init__(self, *ends):
        self.ends, self.begun, self.runs_on = list(ends), 0, asyncio.Event()

    async def run(self):
        self.begun += 1
        turned()
        if self.ends:
            end = self.ends.pop(0)
            if end is not None:
                raise end
            return
        self.runs_on.set()
        await asyncio.Event().wait()


async def cancelled_from_inside():
    waits = asyncio.get_running_loop().create_future()
    waits.cancel()
    await waits


@pytest.mark.parametrize(
    "end",
    [PoolTimeout("pool"), TimeoutError(), Unavailable("database"), ValueError("x"), AssertionError(), KeyError("k"),
     MemoryError(), RecursionError(), asyncio.CancelledError(), GeneratorExit(), ExceptionGroup("g", [ValueError()]), None],
    ids=repr,
)  # fmt: skip
async def test_whatever_ends_a_loop_it_is_started_again_and_counted_by_name(end):
    loop, kept = Loop(end), Supervisor(first_wait_s=0)
    name = f"loop-{type(end).__name__}-{id(loop)}"
    kept.keep(name, loop.run)
    try:
        await asyncio.wait_for(loop.runs_on.wait(), 5)
        assert loop.begun == 2
        assert restarts(name) == 1
        assert kept.loops[name].error == ("returned" if end is None else type(end).__name__)
        assert kept.states == {}  # once is no state; again and again is
    finally:
        await kept.stop()


async def test_a_cancellation_from_inside_is_an_end_and_one_from_outside_is_a_stop():
    kept = Supervisor(first_wait_s=0)
    again = asyncio.Event()

    async def work():
        if kept.loops["inside"].restarts == 0:
            await cancelled_from_inside()
        again.set()
        await asyncio.Event().wait()

    kept.keep("inside", work)
    await asyncio.wait_for(again.wait(), 5)
    await asyncio.wait_for(kept.stop(), 5)
    assert kept.loops["inside"].restarts == 1


async def test_a_loop_that_ends_again_and_again_is_told_in_health_and_in_the_end_ends_the_process():
    loop, kept = Loop(*(ValueError() for _ in range(100))), Supervisor(first_wait_s=0)
    other = Loop()
    kept.keep("hopeless", loop.run)
    kept.keep("well", other.run)
    await asyncio.wait_for(kept.gave_up(), 5)
    assert kept.states == {"hopeless": "restarting"}
    assert kept.loops["well"].restarts == 0
    await kept.stop()


@pytest.mark.parametrize("failure", [Unavailable("database"), Unavailable("pool"), ValueError("x")], ids=repr)
async def test_a_loop_that_goes_round_goes_on_however_often_its_work_fails_whatever_can_be_called(failure):
    """Also a part of a function, which has no name of its own: the hub looks at the database's time by one, and ended after two minutes
    without its database.
    """
    rounds, enough, kept = [], asyncio.Event(), Supervisor(first_wait_s=0)

    async def work(given):
        rounds.append(given)
        if len(rounds) > supervisor._ENDS_AT_THE_MOST:
            enough.set()
        raise failure

    kept.keep("goes round", partial(supervisor.every, 0.001, partial(work, 1)))
    try:
        await asyncio.wait_for(enough.wait(), 5)
        assert kept.loops["goes round"].restarts == 0 and kept.states == {}
    finally:
        await kept.stop()


async def test_a_loop_that_should_turn_and_does_not_is_stuck(monkeypatch):
    kept, loop = Supervisor(), Loop()
    kept.keep("turns", loop.run, silence_s=100)
    kept.keep("waits", Loop().run)
    await loop.runs_on.wait()
    assert kept.states == {}
    now = supervisor.time.monotonic() + 101
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: now)
    assert kept.states == {"turns": "stuck"}
    await kept.stop()


async def test_a_loop_that_ends_while_the_hub_stops_has_done_its_work():
    kept, loop = Supervisor(first_wait_s=0), Loop(None)
    kept.wind_down()
    kept.keep("intake", loop.run)
    await asyncio.sleep(0.01)
    assert (loop.begun, kept.loops["intake"].restarts) == (1, 0)
    await kept.stop()
