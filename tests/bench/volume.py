"""``make bench-volume``: what a message costs with ten millions stored, over what it costs with ten thousand: CPU µs of the hub and of
PostgreSQL.

What is stored are copies of a whole stay that the hub has handled itself, with its notices, lists and deadlines. It needs some 40 GB of
disk in the folder for temporary files (TMPDIR) and half an hour; ``--messages 1000000`` a tenth of it. With ``--gallring`` the large
database is measured once more in each round, while the content of what is stored is removed beside.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.gallring import Gallring
from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from hub.sandbox.registers import SimulatedRegisters
from hub.store.transaction import Store
from tests.bench import copied, day, listed, queries, report
from tests.bench.day_script import Script
from tests.bench.measured import Cost, fresh_topics
from tests.bench.whole_hub import on
from tests.stack import checked

OUTPUT = Path("build/bench-volume.json")
AT_MOST = 1.2
_KB_EACH = 4
"""Of disk for a stored message: itself, its notices, its case's share, their indexes."""
_BULK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "autovacuum": "off",
}
"""While the copies are made: what a crash would leave is thrown away anyway."""


async def stored(kafka: Kafka, folder: Path, few: int, many: int) -> dict[str, int]:
    """Two databases, ``few`` and ``many``, with so many messages; MB of each."""
    found = day.directory()
    persons = listed.persons(1)
    with Postgres(folder / "postgres", settings=_BULK) as postgres:
        postgres.create_database("few")
        await fresh_topics(kafka.bootstrap)
        async with (
            SimulatedRegisters(listed.contents(persons, found)) as registers,
            on(kafka, postgres, registers, "few", folder, directory=found) as one,
        ):
            stay = day.Played(Script("v16-a-whole-stay", found), "template-0", persons[0])
            parties = day.Day(kafka.bootstrap, [stay])
            await parties.play()
            await parties.until_all_is_out(int(one.sql(queries.NOTICES)))
            case, each = str(stay.case), int(one.sql(queries.MESSAGES))
        postgres.create_database("many", "few")
        for name, messages in (("few", few), ("many", many)):
            await asyncio.to_thread(copied.fill, postgres.url(name), case, messages // each)
        return {name: int(postgres.run(queries.SIZE_MB, name)) for name in ("few", "many")}


BESIDE = "many, gallring beside"


async def measured(
    kafka: Kafka, folder: Path, admissions: int, rounds: int, *, gallring: bool
) -> dict[str, list[Cost]]:
    """What an admission costs in each database, in turns, so that the machine's mood is the same for both."""
    found: dict[str, list[Cost]] = {"few": [], "many": []} | ({BESIDE: []} if gallring else {})
    directory = day.directory()
    with Postgres(folder / "postgres") as postgres:
        if gallring:
            postgres.run("DELETE FROM deadline", "many")  # the copies' are not told: no timer would come to their end
        async with SimulatedRegisters(listed.contents([], directory)) as registers:
            for _ in range(rounds):
                for name, costs in found.items():
                    database = name.partition(",")[0]
                    await fresh_topics(kafka.bootstrap)
                    async with on(kafka, postgres, registers, database, folder, directory=directory) as one:
                        async with removing(postgres.url(database)) if name == BESIDE else contextlib.nullcontext():
                            costs.append(await one.cost("native", admissions))
                        report.say(f"with {name} stored", costs[-1])
        if gallring:
            report.say("gallrade meanwhile", f"{int(postgres.run(queries.GALLRADE, 'many'))} cases")
            print(postgres.run(queries.TABLES, "many"))
    return found


@contextlib.asynccontextmanager
async def removing(url: str) -> AsyncIterator[None]:
    """The content of all closed cases is removed meanwhile, at the hub's own rate, as it would be in two months' time."""
    content = day.directory().model_dump(mode="json", exclude_none=True)
    content["regions"][0]["gallring"] = {"svu": 31, "sip": 31}
    directory, store = checked(content), Store(url, pool=2)
    work = Gallring(store, lambda: directory, now=lambda: datetime.now(UTC) + timedelta(days=60))
    task = asyncio.create_task(work.go_round())
    try:
        yield
    finally:
        if task.done():
            task.result()
            report.say("note", "there was nothing left to remove before the end")
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await store.close()


def per_message(costs: list[Cost]) -> float:
    """CPU µs of hub and PostgreSQL, the least of all rounds: what else the machine does only adds."""
    return min(cost.application + cost.postgres for cost in costs)


async def main(given: list[str]) -> int:
    """Prints the figures and writes ``build/bench-volume.json``."""
    parser = argparse.ArgumentParser(prog="make bench-volume", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000_000, help="stored in the large database")
    parser.add_argument("--few", type=int, default=10_000, help="stored in the small one")
    parser.add_argument("--admissions", type=int, default=20_000, help="whose cost is measured")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--gallring", action="store_true", help="measure also while content is removed")
    wanted = parser.parse_args(given)
    needed, free = wanted.messages * _KB_EACH / 1e6, shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    if free < needed:
        print(
            f"It needs {needed:.0f} GB in {tempfile.gettempdir()}, where {free:.0f} are free: set TMPDIR, or fewer --messages."
        )
        return 1
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-volume-"))
    found: dict[str, Any] = report.begin() | {"messages": wanted.messages, "few": wanted.few}
    try:
        with Kafka(folder / "kafka") as kafka:
            found["database_mb"] = await stored(kafka, folder, wanted.few, wanted.messages)
            report.say("databases", ", ".join(f"{name} {size} MB" for name, size in found["database_mb"].items()))
            costs = await measured(kafka, folder, wanted.admissions, wanted.rounds, gallring=wanted.gallring)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found |= {f"{name}_us": round(per_message(those)) for name, those in costs.items()}
    if wanted.gallring:
        found["gallring_ratio"] = round(found[f"{BESIDE}_us"] / found["many_us"], 2)
        report.say("cost with gallring beside over without", f"{found['gallring_ratio']}, the removing itself included")
    found["ratio"] = round(found["many_us"] / found["few_us"], 2)
    report.say(
        f"cost with {wanted.messages} stored over {wanted.few}",
        f"{found['ratio']} ({found['many_us']} µs over {found['few_us']} µs); at most {AT_MOST} is promised",
    )
    report.write(found, OUTPUT)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
