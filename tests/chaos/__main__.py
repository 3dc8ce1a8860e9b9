"""``python -m tests.chaos``: rounds of faults on the real stack, each judged from outside; the report is ``build/chaos.json``.

Ends with 1 when a promise was broken; a round that failed is printed with its seed, and its history is kept beside the report.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import logging
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.broken import BROKEN
from tests.chaos import broken_hubs, faults, rounds
from tests.chaos.rig import Ways, running, servers

BUILD = Path(__file__).parents[2] / "build"
_HARMS = ("violations", "cases_that_nobody_opened", "cases_that_are_not_their_history")
PROCESSES = ((2, 1), (1, 2), (3, 1), (1, 1))
"""(hubs, workers of each), by turns."""
WAYS: list[Ways] = [
    ("kafka", "webhook"),
    ("inbox", "fhir"),
    ("webhook", "subscription"),
    ("fhir", "inbox"),
    ("subscription", "kafka"),
]
"""By turns; as their number is odd, each meets all of ``PROCESSES``."""


async def run(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Plays what is asked for, and reports it."""
    kinds = asked.only.split(",") if asked.only else list(faults.KINDS)
    outcomes: list[rounds.Outcome] = []
    began, left_out, unknown, not_folded, gave_up = time.monotonic(), {}, [], [], 0
    for number in itertools.count():
        if len(outcomes) >= asked.rounds:
            break
        hubs, workers = (asked.hubs, asked.workers) if asked.hubs else PROCESSES[number % len(PROCESSES)]
        some = min(asked.anew, asked.rounds - len(outcomes))
        ways = tuple(asked.ways.split(",")) if asked.ways else WAYS[number % len(WAYS)]
        place = folder / f"rig-{number}"
        async with servers(place, asked.nodes) as parts, running(parts, place, "chaos", hubs, ways, workers) as rig:
            possible = [kind for kind in kinds if kind != "full-disk" or rig.database.disk is not None]
            left_out = dict.fromkeys(set(kinds) - set(possible), "a disk cannot be mounted by this user")
            plan = rounds.Plan(possible, BUILD, asked.admissions, asked.over)
            for _ in range(some):
                outcomes.append(await rounds.play(rig, asked.seed + len(outcomes), plan))
                say(outcomes[-1], f"{hubs} hubs of {workers}, by {' '.join(ways)}")
                if outcomes[-1].violations:
                    break  # what is left of it would be held against the next
            unknown += rig.traffic.unknown
            not_folded += await rig.cases_that_are_not_their_history()
            gave_up += len(rig.gave_up)
    return {
        "rounds": len(outcomes),
        "seconds": round(time.monotonic() - began),
        "messages": sum(one.messages for one in outcomes),
        "notices": sum(one.notices for one in outcomes),
        "faults": dict(Counter(kind for one in outcomes for kind in one.kinds).most_common()),
        "left_out": left_out,
        "violations": [
            {"seed": one.seed, "found": [str(each) for each in one.violations[:20]], "history": str(one.history)}
            for one in outcomes
            if one.violations
        ],
        "cases_that_nobody_opened": unknown,
        "cases_that_are_not_their_history": not_folded,
        "hubs_that_gave_up": gave_up,
        "seeds": [asked.seed, asked.seed + len(outcomes) - 1],
        "machine": f"{os.cpu_count()} cores, {platform.platform()}",
        "commit": _commit(),
    }


async def caught(asked: argparse.Namespace, folder: Path) -> int:
    """Plays rounds on broken hubs; 0 when each defect was caught within so many rounds."""
    missed = 0
    async with servers(folder) as parts:
        for name in list(BROKEN) if asked.broken == "all" else [asked.broken]:
            shown = await broken_hubs.shown(parts, folder, name, asked.seed, asked.rounds)
            missed += shown is None
            print(
                f"{name}: " + ("NOT caught" if shown is None else f"caught with seed {shown[0]}: {shown[1]}"),
                flush=True,
            )
    return min(missed, 1)


def say(outcome: rounds.Outcome, rig: str) -> None:
    """One line of a round, and more of one that failed."""
    kinds = " ".join(outcome.kinds)
    print(
        f"seed {outcome.seed}: {rig}, {outcome.messages} messages, {outcome.notices} notices, {outcome.seconds:.1f} s: {kinds}",
        flush=True,
    )
    for found in outcome.violations[:10]:
        print(f"  VIOLATION {found}", flush=True)
    if outcome.violations:
        print(f"  again with SEED={outcome.seed} ROUNDS=1; its history: {outcome.history}", flush=True)


def _commit() -> str:
    found = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--broken",
        choices=["all", *BROKEN],
        help="that hubs with this defect are caught, or with all of them: " + " ".join(BROKEN),
    )
    parser.add_argument("--hubs", type=int, help="1 to 3; without it some, of one worker or of two, by turns")
    parser.add_argument("--workers", type=int, default=1, help="of each of the --hubs")
    parser.add_argument("--nodes", type=int, default=1, choices=(1, 3), help="of the broker")
    parser.add_argument(
        "--anew", type=int, default=50, help="new hubs, broker and database after so many rounds, told by other ways"
    )
    parser.add_argument("--admissions", type=int, default=25, help="in each round")
    parser.add_argument(
        "--over", type=float, default=2.0, help="seconds over which a round's admissions and faults are spread"
    )
    parser.add_argument(
        "--ways",
        help="how the health centre and the municipality are told: two of kafka, webhook, fhir, subscription, inbox with a comma"
        " between; without it by turns",
    )
    parser.add_argument("--only", help="kinds of faults with commas between: " + " ".join(faults.KINDS))
    asked = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every second of an outage
    BUILD.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    if asked.broken:
        return asyncio.run(caught(asked, folder))
    report = asyncio.run(run(asked, folder))
    (BUILD / "chaos.json").write_text(json.dumps(report, indent=2) + "\n")
    print(f"{report['rounds']} rounds, {len(report['violations'])} with violations; build/chaos.json, logs in {folder}")
    return 1 if any(report[name] for name in _HARMS) else 0


if __name__ == "__main__":
    sys.exit(main())
