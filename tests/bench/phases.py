"""Two phases of the benchmark: long at a steady rate, and beside others who take the cores."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import ExitStack
from typing import Any

from hub.sandbox.children import Child
from tests.bench import load, queries
from tests.bench.measured import IN, Cost
from tests.bench.whole_hub import WholeHub

WINDOWS = 10
_BUSY = 2


async def sustained(one: WholeHub, rate: float, seconds: float) -> dict[str, Any]:
    """Memory and accept → sent over the whole time, a tenth at a time: neither may grow."""
    windows = []
    for number in range(WINDOWS):
        made = load.records(int(rate * seconds / WINDOWS), f"sustained-{number}-{time.monotonic_ns()}", "native")
        before, since = await one.told(), one.sql(queries.NOW)
        await load.feed(one.kafka.bootstrap, IN, made, rate)
        await one.until_told(before + len(made))
        await asyncio.sleep(1.0)  # what is sent may be marked after it was sent
        windows.append(one.accepted_to_sent(since) | {"rss_mb": round(one.rss_mb, 1)})
    return {"rate": round(rate), "seconds": seconds, "first": windows[0], "last": windows[-1], "windows": windows}


async def contended(one: WholeHub, count: int) -> Cost:
    """The hub's native rate while as many busy loops as there are usual cores run beside it."""
    with ExitStack() as stack:
        for _ in range(_BUSY):
            stack.enter_context(Child([sys.executable, "-c", "while True: pass"]))
        return await one.cost("native", count)
