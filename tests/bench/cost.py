"""``python -m tests.bench.cost``: what one admission costs, as CPU time of each process: hub, PostgreSQL, broker.

CPU time says the same while others use the machine; rates do not. The hub is the whole hub, with every promise on and fsync on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from tests.bench.measured import fresh_topics
from tests.bench.whole_hub import hub
from tests.stack import registers


async def main(arguments: list[str]) -> int:
    """Prints what an admission costs, native and FHIR."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cost", description=__doc__)
    parser.add_argument("--admissions", type=int, default=10_000, help="of each kind and round")
    parser.add_argument("--rounds", type=int, default=1, help="of both kinds, on the same database")
    parser.add_argument("--json", type=Path, help="a file for the figures as well")
    wanted = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="hub-cost-"))
    found: list[dict[str, object]] = []
    try:
        async with registers() as registered:
            with Kafka(folder / "kafka") as kafka, Postgres(folder / "postgres") as postgres:
                await fresh_topics(kafka.bootstrap)
                async with hub(kafka, postgres, registered, "cost", folder) as measured:
                    for _ in range(wanted.rounds):
                        for kind in ("native", "fhir"):
                            cost = await measured.cost(kind, wanted.admissions)
                            print(f"{kind:7} {cost}", flush=True)
                            found.append({"kind": kind} | asdict(cost))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if wanted.json is not None:
        wanted.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
