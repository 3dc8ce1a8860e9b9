"""Many schedules, in several processes of the machine. Imports the simulation where it plays."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator
from typing import Any

_CHUNK = 50


def play(seeds: Iterable[int]) -> list[dict[str, Any]]:
    """Play some schedules; what is said of each is plain."""
    from tests.simulate import schedule, seams

    found = []
    with seams.simulated():
        for seed in seeds:
            outcome = schedule.run(seed)
            found.append(
                {
                    "seed": seed,
                    "violations": [(one.kind, one.text) for one in outcome.violations],
                    "faults": dict(outcome.faults),
                    "steps": outcome.steps,
                    "simulated_s": outcome.seconds,
                    "messages": len(outcome.history.sent),
                    "notices": len(outcome.history.notices),
                }
            )
    return found


def _break(name: str | None) -> None:
    """Break the hub of this process as ``tests.broken`` says."""
    if name is not None:
        from tests import broken
        from tests.simulate import seams

        seams.AFTERWARDS.append(broken.BROKEN[name].break_it)


def play_all(first: int, count: int, processes: int, broken: str | None) -> Iterator[dict[str, Any]]:
    chunks = [range(at, min(at + _CHUNK, first + count)) for at in range(first, first + count, _CHUNK)]
    if processes == 1 or len(chunks) == 1:
        _break(broken)
        for chunk in chunks:
            yield from play(chunk)
        return
    with multiprocessing.get_context("spawn").Pool(processes, _break, (broken,)) as pool:
        for found in pool.imap(play, chunks):
            yield from found
