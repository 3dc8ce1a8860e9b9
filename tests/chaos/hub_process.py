"""``python -m tests.chaos.hub_process run``: the hub, on a clock that can be set, and deliberately broken where it is asked to be.

``CHAOS_CLOCK`` names a file with the seconds by which the clock is wrong; it may change at any time. ``CHAOS_BROKEN`` names
what is broken (``tests.broken``). The clock of waiting (``time.monotonic``) stays right, as it does on a machine whose time is set.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine

_LOOK_S = 0.05


def _set_the_clock(file: Path) -> None:
    wrong_by, travel = 0.0, None
    while True:
        wanted = float(file.read_text() or 0)
        if wanted != wrong_by:
            if travel is not None:
                travel.stop()
                travel = None
            if wanted:
                travel = time_machine.travel(datetime.now(UTC) + timedelta(seconds=wanted), tick=True)
                travel.start()
            wrong_by = wanted
        time.sleep(_LOOK_S)


def _workers_alike() -> None:
    """A worker that this process starts is on the same clock, and broken in the same way."""
    start = asyncio.create_subprocess_exec

    def alike(*command: str, **how: Any) -> Any:
        return start(*("tests.chaos.hub_process" if part == "hub.cli" else part for part in command), **how)

    asyncio.create_subprocess_exec = alike  # type: ignore[assignment]


if __name__ == "__main__":
    _workers_alike()
    if clock := os.environ.get("CHAOS_CLOCK"):
        threading.Thread(target=_set_the_clock, args=(Path(clock),), daemon=True).start()
    if name := os.environ.get("CHAOS_BROKEN"):
        from tests.broken import BROKEN

        BROKEN[name].break_it()
    from hub.cli import main

    main()
