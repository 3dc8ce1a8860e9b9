"""How often one system may call: its calls wait for their turn, and only what would wait longer than a second is refused."""

import asyncio

from hub.errors import Refused
from hub.routers.rate import Rate


async def test_calls_that_come_too_soon_wait_for_their_turn_and_those_beyond_a_second_are_refused():
    rate = Rate(20)
    calls = (rate.count(system) for system in (*["busy"] * 50, *["other"] * 20))
    *of_busy, _ = found = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(each, Refused) for each in of_busy[:50]] == [False] * 40 + [True] * 10
    assert {each.status for each in of_busy[40:50]} == {429}
    assert found[50:] == [None] * 20
    for _ in range(5):  # one that makes a call when the former is answered is never refused
        await rate.count("busy")
