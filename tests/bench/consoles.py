"""What open consoles cost the intake: an admission's cost with 200 listeners to ``/ops/events`` beside it, over without, in turns on one
database, so that the machine's mood is the same for both.

``python -m tests.bench.consoles [--listeners 200] [--admissions 20000] [--rounds 2]``. The listeners are one process of their own, which
reads and throws away. Takes some two minutes; fsync is on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from hub.store import operator_sessions
from hub.store.transaction import Store
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

    async def one(token: str) -> None:
        nonlocal opened
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /ops/events HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        begun = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in begun.splitlines()[0], begun
        opened += 1
        if opened == len(held):
            print(_BEGUN, flush=True)
        while await reader.read(1 << 16):
            pass
        raise ConnectionError("the hub has ended the events")

    await asyncio.gather(*map(one, held))


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
    """CPU µs of hub and PostgreSQL, the least of all rounds: what else the machine does only adds."""
    return min(cost.application + cost.postgres for cost in costs)


async def main(given: list[str]) -> int:
    """Prints the figures and writes ``build/bench-consoles.json``."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.consoles", description=__doc__)
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--admissions", type=int, default=20_000, help="whose cost is measured")
    parser.add_argument("--rounds", type=int, default=2)
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
                    for _ in range(wanted.rounds):
                        alone.append(await one.cost("native", wanted.admissions))
                        report.say("no console", alone[-1])
                        async with listeners(one.stack.port, held):
                            beside.append(await one.cost("native", wanted.admissions))
                        report.say(f"{wanted.listeners} consoles", beside[-1])
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
