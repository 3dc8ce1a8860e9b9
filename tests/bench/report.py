"""What the benchmark prints and writes: the machine, the commit, one line for each figure, ``build/bench.json``."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import psutil

from tests.bench.measured import Cost


def machine() -> dict[str, str | int | float]:
    """What it ran on, and how busy that was before."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return {
        "cores": os.cpu_count() or 0,
        "cpu": next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), platform.processor()),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "os": platform.system(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def commit() -> str:
    """The commit that was measured."""
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def begin() -> dict[str, Any]:
    """A report with its machine and commit."""
    return {"machine": machine(), "commit": commit()}


def write(found: dict[str, Any], path: Path) -> None:
    """The figures as a file."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    print(f"written to {path}: {found['machine']}")


def say(what: str, figure: object) -> None:
    """One line of the report."""
    print(f"{what:46} {figure}", flush=True)


def milliseconds(found: dict[str, float]) -> str:
    """Percentiles on one line."""
    shown = ", ".join(f"{name} {found[name]:.1f}" for name in ("p50", "p95", "p99"))
    return f"{shown} ms" + (f", {found['cores']:.2f} core" if "cores" in found else "")


def ratios(rates: dict[str, Cost]) -> dict[str, float]:
    """The hub over the bare broker and over each peer, for each size and format; keys as ``hub/fhir/20000``."""
    found = {}
    for name, cost in rates.items():
        who, _, what = name.partition("/")
        if who == "hub":
            for other in ("plain peer", "durable peer"):
                if f"{other}/{what}" in rates:
                    found[f"{what} over {other}"] = round(cost.per_s / rates[f"{other}/{what}"].per_s, 2)
    return found
