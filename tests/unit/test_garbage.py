"""What reference counts do not free is collected by hand, in rounds, and by Python itself when much has come between two rounds."""

from __future__ import annotations

import gc
import platform
import resource
import weakref
from pathlib import Path

import pytest

from hub import garbage


class Knot:
    """Refers to itself, as an exception does with the frame that holds it."""

    def __init__(self) -> None:
        self.itself = self


def cut() -> weakref.ref[Knot]:
    return weakref.ref(Knot())


@pytest.fixture
def by_hand():
    before = gc.get_threshold()
    garbage.take_over()
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("by_hand")
async def test_a_round_frees_what_refers_to_itself_and_nothing_else_does_before():
    knot = cut()
    handled = [[number] for number in range(20_000)]  # what is in hand when many messages come
    assert knot() is not None
    await garbage.collect()
    assert knot() is None
    assert len(handled) == 20_000


@pytest.mark.usefixtures("by_hand")
async def test_what_outlived_a_round_is_freed_some_rounds_later():
    one = Knot()
    knot = weakref.ref(one)
    await garbage.collect()
    del one
    for _ in range(garbage.ROUNDS_TO_ALL):
        await garbage.collect()
    assert knot() is None


@pytest.mark.usefixtures("by_hand")
def test_between_rounds_no_more_than_so_much_garbage_is_kept():
    knot = cut()
    in_hand = [[number] for number in range(2 * garbage.MOST_UNSCANNED)]
    assert knot() is None
    assert in_hand


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no malloc_trim")
@pytest.mark.usefixtures("by_hand")
async def test_a_round_gives_the_memory_of_a_burst_back():
    def resident():
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()

    burst = [bytes(5_000) for _ in range(20_000)]
    last = bytes(5_000)  # what lies last keeps the C library from giving back what lies before it
    burst.clear()
    before = resident()
    await garbage.collect()
    assert before - resident() > 50_000_000
    assert last
