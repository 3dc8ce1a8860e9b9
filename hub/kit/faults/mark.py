"""Which fault the kit makes in the call that is under way, for whoever records it. Imports nothing of the hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MADE: ContextVar[str | None] = ContextVar("MADE", default=None)


@contextmanager
def marked(fault: str) -> Iterator[None]:
    """Whatever is called in this block is recorded with the fault."""
    before = MADE.set(fault)
    try:
        yield
    finally:
        MADE.reset(before)
