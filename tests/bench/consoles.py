"""What open consoles cost the intake: an admission's cost with 200 pages open beside it, over without, in turns on one database, so that
the machine's mood is the same for both. Each page is Läget as its script does it: it hears the events, and asks for itself again when it is
told that something has changed.

``python -m tests.bench.consoles [--listeners 200] [--admissions 20000] [--rounds 4]``. The pages are one process of their own, which
reads and throws away. Takes some three minutes; fsync is on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from hub.store import operator_sessions
from hub.store.transaction import Store
from hub.web.visit import COOKIE
from tests.bench import report
from tests.bench.measured import Cost, fresh_topics
from tests.bench.whole_hub import hub
from tests.stack import registers

OUTPUT = Path("build/bench-consoles.json")
AT_MOST = 1.05
_BEGUN = "listening"


async def tokens(url: str, count: int) -> list[str]:
    """So many people of operations, each signed in."""
    store, until = Store(url, pool=1), datetime.now(UTC) + timedelta(hours=1)
    async with store.transaction() as connection:
        begun = [
            await operator_sessions.begin(connection, f"Person {number}", frozenset({"lasare"}), until)
            for number in range(count)
        ]
    await store.close()
    return [one.token for one in begun]


async def listen(port: int, held: Sequence[str]) -> None:
    """Every one of them listens, until the process is stopped."""
    opened = 0

    async def one(client: httpx.AsyncClient, token: str) -> None:
        nonlocal opened
        cookie = {"cookie": f"{COOKIE}={token}", "sec-fetch-site": "same-origin"}
        async with client.stream("GET", "/console/live", headers=cookie) as events:
            assert events.status_code == 200, events
            opened += 1
            if opened == len(held):
                print(_BEGUN, flush=True)
            async for line in events.aiter_lines():
                if line.startswith("data: "):
                    answer = await client.get("/console/", headers=cookie | {"x-by-itself": "1"})
                    assert answer.status_code == 200, answer
            raise ConnectionError("the hub has ended the events")

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=None) as client:
        await asyncio.gather(*(one(client, token) for token in held))


@contextlib.asynccontextmanager
async def listeners(port: int, held: Sequence[str]) -> AsyncIterator[None]:
    """All of them listen meanwhile."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.consoles", "--listen", str(port),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("\n".join(held).encode())
    process.stdin.close()
    try:
        said = (await process.stdout.readline()).decode().strip()
        assert said == _BEGUN, said
        yield
        assert process.returncode is None, "they listened to the end"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def per_message(costs: Sequence[Cost]) -> float:
    """CPU µs of hub and PostgreSQL, the mean of all rounds, which begin with the one and with the other by turns."""
    return statistics.mean(cost.application + cost.postgres for cost in costs)


async def main(given: list[str]) -> int:
    """Prints the figures and writes ``build/bench-consoles.json``."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.consoles", description=__doc__)
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--admissions", type=int, default=20_000, help="whose cost is measured")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--listen", type=int, help=argparse.SUPPRESS)
    wanted = parser.parse_args(given)
    if wanted.listen is not None:
        await listen(wanted.listen, sys.stdin.read().split())
        return 0
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-consoles-"))
    found: dict[str, Any] = report.begin() | {"listeners": wanted.listeners, "admissions": wanted.admissions}
    alone, beside = [], []
    try:
        async with registers() as registered:
            with Kafka(folder / "kafka") as kafka, Postgres(folder / "postgres") as postgres:
                await fresh_topics(kafka.bootstrap)
                async with hub(kafka, postgres, registered, "consoles", folder) as one:
                    held = await tokens(postgres.url("consoles"), wanted.listeners)
                    await one.cost(
                        "native", wanted.admissions
                    )  # what follows writes whole pages after a checkpoint, this does not
                    for number in range(wanted.rounds):
                        for is_beside in (False, True) if number % 2 == 0 else (True, False):
                            async with listeners(one.stack.port, held) if is_beside else contextlib.nullcontext():
                                cost = await one.cost("native", wanted.admissions)
                            (beside if is_beside else alone).append(cost)
                            report.say(f"{wanted.listeners if is_beside else 'no'} consoles", cost)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found |= {"alone_us": round(per_message(alone)), "beside_us": round(per_message(beside))}
    found |= {
        "alone_per_s": round(max(one.per_s for one in alone)),
        "beside_per_s": round(max(one.per_s for one in beside)),
    }
    found["ratio"] = round(found["beside_us"] / found["alone_us"], 3)
    report.say(
        f"cost of an admission with {wanted.listeners} consoles open over none",
        f"{found['ratio']} ({found['beside_us']} µs over {found['alone_us']} µs); at most {AT_MOST} is promised",
    )
    report.say("admissions a second, with and without", f"{found['beside_per_s']}, {found['alone_per_s']}")
    report.write(found, OUTPUT)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
