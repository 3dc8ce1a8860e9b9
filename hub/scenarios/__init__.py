"""Scenarios (messages.md §6): a rule in its executable form, played in memory by ``check``.

Imports the intake, the rules and the views. ``ScenarioFile`` reads a scenario, ``play`` plays it in memory, ``Play`` is
what another runner builds on (the stack, a vendor's system).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

from hub.scenarios.actions import StepOutcome, StoredCase, ToldNotice
from hub.scenarios.file import ScenarioFile
from hub.scenarios.memory import play
from hub.scenarios.model import Scenario
from hub.scenarios.play import Play
from hub.scenarios.reading import Unusable
from hub.scenarios.report import Difference, Report
from hub.scenarios.world import World, load, world_of


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The scenario files among what is named: a folder stands for every YAML file in it."""
    return [file for path in paths for file in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]


def check(files: list[Path]) -> int:
    """Plays every file in memory and prints what each came to. 0: all as written; 1: something differed."""
    began = time.perf_counter()
    scenarios = files_in(files)
    failed = 0
    for path in scenarios:
        try:
            report = play(ScenarioFile(path))
        except Unusable as unusable:
            failed += 1
            faults = "\n".join(f"  {fault}" for fault in unusable.faults)
            sys.stdout.write(f"FAIL {path.name} cannot be played:\n{faults}\n")
            continue
        failed += not report.ok
        sys.stdout.write(f"{report}\n")
    took = (time.perf_counter() - began) * 1000
    sys.stdout.write(f"{len(scenarios) - failed} of {len(scenarios)} scenarios as written, in {took:.0f} ms\n")
    return 1 if failed or not scenarios else 0


__all__ = [
    "Difference",
    "Play",
    "Report",
    "Scenario",
    "ScenarioFile",
    "StepOutcome",
    "StoredCase",
    "ToldNotice",
    "Unusable",
    "World",
    "check",
    "files_in",
    "load",
    "play",
    "world_of",
]
