"""Many schedules, in several processes of the machine. Imports the simulation where it plays."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator
from typing import Any

_CHUNK = 50


def each(seeds: Iterable[int], broken: str | None = None) -> Iterator[dict[str, Any]]:
    """Play schedules one by one; what is said of each is plain. ``broken``: a defect of ``tests.broken``."""
    from tests.simulate import schedule, seams

    with seams.simulated():
        repeats = 0.1
        if broken is not None:
            from tests.broken import BROKEN

            BROKEN[broken].break_it()
            repeats = BROKEN[broken].repeats
        for seed in seeds:
            outcome = schedule.run(seed, repeats)
            yield {
                "seed": seed,
                "violations": [(one.kind, one.text) for one in outcome.violations],
                "faults": dict(outcome.faults),
                "steps": outcome.steps,
                "simulated_s": outcome.seconds,
                "messages": len(outcome.history.sent),
                "notices": len(outcome.history.notices),
            }


def play_all(first: int, count: int, processes: int) -> Iterator[dict[str, Any]]:
    """Play so many schedules from a seed on, some at once."""
    chunks = [range(at, min(at + _CHUNK, first + count)) for at in range(first, first + count, _CHUNK)]
    if processes == 1 or len(chunks) == 1:
        yield from each(range(first, first + count))
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for found in pool.imap(_chunk, chunks):
            yield from found


def _chunk(seeds: Iterable[int]) -> list[dict[str, Any]]:
    return list(each(seeds))


def caught(broken: str, first: int, most: int) -> dict[str, Any] | None:
    """The first of ``most`` schedules that shows a defect of ``tests.broken`` as what it is; None where none does."""
    from tests.broken import BROKEN

    shown_as = BROKEN[broken].shown_as
    for one in each(range(first, first + most), broken):
        if any(kind in shown_as for kind, _ in one["violations"]):
            return one
    return None
