"""Puts the model in the place of the hub's store, and the simulation's time and chance in the place of the machine's."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import structlog
import uuid_utils

import hub.clock
import hub.intake.case_messages
import hub.intake.deadline_timer
import hub.intake.queue
from hub.delivery import relay
from hub.store import advisory_locks
from tests.simulate import model_of_messages, model_of_operations, model_of_rows, model_of_shards
from tests.simulate.clock import Time, WallClock, wall
from tests.simulate.statements import INSTEAD
from tests.simulate.store import connect

USED = (
    hub.intake.case_messages,
    hub.intake.deadline_timer,
    hub.intake.queue,
    relay,
    model_of_messages,
    model_of_operations,
    model_of_rows,
)
"""What must be loaded before its time is replaced."""

DRAWN = Random(0)
"""Draws the ids of new cases."""


def _uuid7() -> str:
    return str(UUID(int=(DRAWN.getrandbits(128) & ~(0xF << 76)) | (7 << 76)))


async def _connect(store: Any, options: str = "") -> Any:
    from tests.simulate.loop import current

    return connect(store.server, current(), advisory_locks._SILENCE_S if "idle_session_timeout" in options else None)


@contextmanager
def simulated() -> Iterator[None]:
    """While it lasts, the hub's modules call the model, and the clock is the simulation's."""
    before: list[tuple[Any, str, Any]] = []

    def put(where: Any, name: str, value: Any) -> None:
        before.append((where, name, getattr(where, name)))
        setattr(where, name, value)

    for (module, name), stand_in in INSTEAD.items():
        put(module, name, stand_in)
    for name, stand_in in model_of_shards.OWNERSHIP.items():
        put(advisory_locks.Ownership, name, stand_in)
    put(advisory_locks, "connect", _connect)
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] != "hub":
            continue
        for attribute, value in list(vars(module).items()):
            if value is datetime:
                put(module, attribute, WallClock)
            elif value is time:
                put(module, attribute, Time())
            elif value is uuid_utils.uuid7:
                put(module, attribute, _uuid7)
            elif (replaced := _stand_in_of(value)) is not None:
                put(module, attribute, replaced)
    logged, unraisable = structlog.get_config(), sys.unraisablehook
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=False
    )
    sys.unraisablehook = lambda _: None  # a coroutine of a dead process that was let go of
    try:
        yield
    finally:
        sys.unraisablehook = unraisable
        structlog.configure(**logged)
        for where, name, value in reversed(before):
            setattr(where, name, value)


_ORIGINALS: dict[int, Any] = {}


def _stand_in_of(value: Any) -> Any:
    """The stand-in of a function that a module imported by its name."""
    return _ORIGINALS.get(id(value))


INSTEAD[hub.clock, "now"] = wall
for (_module, _name), _stand_in in INSTEAD.items():
    _ORIGINALS[id(getattr(_module, _name))] = _stand_in
_ORIGINALS[id(advisory_locks.connect)] = _connect
