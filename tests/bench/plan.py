"""What message 5 000 of a SIP costs beside message 50: two units write a plan of up to 450 elements, assess and talk.

``python -m tests.bench.plan [--messages 5000]``. The messages go through the intake in this process, each in a transaction of its
own on a real PostgreSQL with fsync on. Takes about two minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.app import Hub
from hub.intake.hub_messages import own_message
from hub.sandbox.postgres import Postgres
from hub.settings import Settings
from hub.store import directory as directories
from hub.store.migrating import migrate
from tests.bench.views import Bench, directory, timed
from tests.desk import FOUND
from tests.stack import CENTRE, KOMMUN

ELEMENTS = 450
AT_MOST = 2.0
"""Message 5 000 over message 50."""
OUTPUT = Path("build/bench-plan.json")
_OPENING = {
    "patient": {"personnummer": "191212121212", "name": "Tolvan Tolvansson"},
    "information": {"given": True},
    "samtycke": {"outcome": "given"},
}


def writings(messages: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and data of each message: of ten, seven write in the plan, two are said beside it, one assesses."""
    versions: list[int] = []
    turn = 0
    for number in range(messages):
        if number % 10 in {3, 6}:
            yield "meddelande", {"text": f"Meddelande {number}", "kvittera": []}
        elif number % 10 == 9:
            yield "sip.kartlaggning", {"fields": {"halsa.fysisk": {"text": f"Bedömning {number}"}}}
        elif len(versions) < ELEMENTS:
            edit = {"element": f"delmal/d{len(versions)}", "change": "tillagd", "set": {"text": f"Delmål {number}"}}
            versions.append(1)
            yield "sip.plan", {"edits": [edit]}
        else:
            one, turn = turn % ELEMENTS, turn + 1
            edit = {"element": f"delmal/d{one}", "change": "andrad", "version": versions[one]}
            versions[one] += 1
            yield "sip.plan", {"edits": [{**edit, "set": {"text": f"Delmål {number}"}}]}


async def long_sip(bench: Bench, messages: int) -> dict[str, Any]:
    """The cost of a message late in a SIP, over its cost when there were few; and what reading costs."""
    case = await bench.say(f"ref:plan-{bench.count}", "sip.initiativ", _OPENING, KOMMUN)
    await bench.hub.intake.submit([own_message(case, f"own-{case}", "adressering", FOUND, datetime.now(UTC))])
    taken = []
    for number, (name, data) in enumerate(writings(messages)):
        started = time.perf_counter()
        await bench.say(case, name, data, KOMMUN if number % 2 else CENTRE)
        taken.append(time.perf_counter() - started)
    around = min(50, messages // 4)
    early, late = statistics.median(taken[around - 25 : around + 25]), statistics.median(taken[-50:])
    return {
        "message_50_ms": round(early * 1000, 2),
        f"message_{messages}_ms": round(late * 1000, 2),
        "ratio": round(late / early, 2),
        "at_most": AT_MOST,
        "the case, read": await timed(lambda: bench.ask(f"/cases/{case}", KOMMUN), 20),
    }


async def main() -> dict[str, Any]:
    """Fills and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000)
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-plan-"))
    try:
        with Postgres(folder / "postgres") as postgres:
            url = postgres.create_database("plan")
            await migrate(url)
            hub = Hub(Settings(database_url=url, kafka_bootstrap="127.0.0.1:1"))
            hub._directory = directory()
            await directories.apply(hub.store, hub.directory())
            running = asyncio.create_task(hub.intake.run())
            found = await long_sip(Bench(hub), wanted.messages)
            hub.intake.stop()
            await running
            await hub.store.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found | {"cores": os.cpu_count(), "load": os.getloadavg()[0]}


if __name__ == "__main__":
    figures = asyncio.run(main())
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(figures, ensure_ascii=False, indent=1))
