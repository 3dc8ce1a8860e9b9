"""Collects by hand what Python's reference counts do not free. Imports the standard library only.

Messages form no reference cycles, so nearly all that the collector would scan is what is in hand at the moment: left to itself it
scans that for every batch, and finds nothing. Cycles are rare (an exception with its frames, a task with its callback), and
wait for the next round. What is free goes back to the machine in each round: the C library keeps what a burst has taken.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from itertools import count

MOST_UNSCANNED = 250_000
"""Objects that may come and stay between two rounds. Beyond it Python collects by itself, so that what is garbage takes some
10 MB at the most, whatever happens.
"""
ROUNDS_TO_ALL = 6
"""Every so many rounds all objects are scanned; in the others those that are younger than the last round."""

_rounds = count(1)
_give_back: Callable[[int], object] = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)
"""Of glibc; other C libraries have none."""


def take_over() -> None:
    """From now on garbage is collected by ``collect``; what there is at the start is never scanned again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(MOST_UNSCANNED, 1_000, 1_000)


async def collect() -> None:
    """One round; a loop of the supervisor calls it every few seconds."""
    gc.collect(2 if next(_rounds) % ROUNDS_TO_ALL == 0 else 1)
    _give_back(0)
