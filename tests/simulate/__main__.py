"""`make simulate`: plays schedules on all cores, judges each, and writes build/simulate.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.broken import BROKEN
from tests.simulate.runs import caught, play_all

_REPORT = Path("build/simulate.json")
_SHOWN = 20


def _one(seed: int) -> None:
    """Play one schedule and keep its history, to look at."""
    from tests.simulate import schedule, seams

    with seams.simulated():
        outcome = schedule.run(seed)
    file = Path(f"build/simulate-{seed}.json")
    file.parent.mkdir(exist_ok=True)
    outcome.history.write(file)
    print("\n".join(outcome.history.notes))
    print(
        f"{file}: {len(outcome.history.notices)} notices, {outcome.steps} steps, {outcome.seconds:.0f} simulated seconds"
    )
    for violation in outcome.violations:
        print(f"  {violation}")
    sys.exit(bool(outcome.violations))


def _broken(name: str, first: int, most: int) -> None:
    """Play until a hub that is broken on purpose is caught."""
    found = caught(name, first, most)
    if found is None:
        sys.exit(f"{name}: not caught in {most} schedules from seed {first} on")
    kind, text = found["violations"][0]
    print(f"{name}: caught by seed {found['seed']}: {kind}: {text}")
    sys.exit(0)


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def main() -> None:
    words = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    words.add_argument("--schedules", type=int, default=10_000, help="1 or more")
    words.add_argument("--seed", type=int, default=1, help="of the first schedule; the others follow")
    words.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    words.add_argument("--broken", choices=list(BROKEN), help="a hub with this defect; ends when it is caught")
    words.add_argument("--report", type=Path, default=_REPORT)
    asked = words.parse_args()
    if asked.schedules < 1:
        words.error("--schedules: nothing is shown by none")
    if asked.broken is not None:
        _broken(asked.broken, asked.seed, asked.schedules)
    if asked.schedules == 1:
        _one(asked.seed)
    began, cpu = time.monotonic(), os.times()
    faults: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    bad: list[dict[str, Any]] = []
    for one in play_all(asked.seed, asked.schedules, asked.processes):
        totals.update(schedules=1, **{name: one[name] for name in ("steps", "simulated_s", "messages", "notices")})
        faults.update(one["faults"])
        if one["violations"]:
            bad.append(one)
        if totals["schedules"] % 1000 == 0:
            print(f"{totals['schedules']} schedules, {len(bad)} with violations", flush=True)
    used = os.times()
    report = {
        "schedules": totals["schedules"],
        "seeds": [asked.seed, asked.seed + totals["schedules"] - 1],
        "faults": dict(faults.most_common()),
        "messages": totals["messages"],
        "notices": totals["notices"],
        "steps": totals["steps"],
        "simulated_s": round(totals["simulated_s"]),
        "seconds": round(time.monotonic() - began, 1),
        "cpu_s": round(sum(used[:4]) - sum(cpu[:4]), 1),
        "violations": [
            {"seed": one["seed"], "kind": kind, "text": text} for one in bad for kind, text in one["violations"]
        ],
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "commit": _commit(),
    }
    asked.report.parent.mkdir(exist_ok=True)
    asked.report.write_text(json.dumps(report, indent=2) + "\n")
    for one in bad[:_SHOWN]:
        for kind, text in one["violations"][:3]:
            print(f"seed {one['seed']}: {kind}: {text}")
        print(f"  again: make simulate SCHEDULES=1 SEED={one['seed']}")
    print(
        f"{report['schedules']} schedules, {report['steps']} steps, {sum(faults.values())} faults, {report['messages']} messages"
        f" and {report['notices']} notices in {report['seconds']} s: {len(bad)} with violations; see {asked.report}"
    )
    sys.exit(bool(bad))


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order in which Python goes through a set of texts must be the same each time.
        os.execve(
            sys.executable,
            [sys.executable, "-m", "tests.simulate", *sys.argv[1:]],
            os.environ | {"PYTHONHASHSEED": "0"},
        )
    main()
