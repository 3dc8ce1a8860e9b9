"""Runs the hub's loops under a name each: a loop that ends is restarted, or ends the process. Imports the log, the metrics and
the errors only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

from hub import metrics
from hub.errors import Unavailable, kind_and_place
from hub.log import log
from hub.outages import outages

Work = Callable[[], Awaitable[None]]
"""A loop. It may return only when the hub stops."""

_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 10.0
_WELL_S = 60.0
"""After a loop has run for this long, its earlier ends no longer count, and the next wait is the shortest."""

_ENDS_AT_THE_MOST = 12
"""So many ends in a row (some 80 s) show that restarting does not help: the process ends, and another hub takes over."""


@dataclass(slots=True)
class Loop:
    """The state of one loop, as operations sees it."""

    name: str
    work: Work
    silence_s: float | None = None
    """Seconds without a turn after which the loop counts as stuck; None for a loop that may wait for ever."""
    restarts: int = 0
    in_a_row: int = 0
    error: str = ""
    """The class of the last error. Its text is left out, since it may quote a message (D-10)."""
    ended_at: float = 0.0
    down: bool = False
    turned_at: float = field(default_factory=time.monotonic)

    @property
    def state(self) -> str:
        """``ok`` · ``restarting`` (the loop is down, or has ended several times within the last minute) · ``stuck``."""
        now = time.monotonic()
        if self.down or (self.in_a_row > 1 and now - self.ended_at < _WELL_S):
            return "restarting"
        if self.silence_s is not None and now - self.turned_at > self.silence_s:
            return "stuck"
        return "ok"


_current: ContextVar[Loop | None] = ContextVar("loop", default=None)


def turned() -> None:
    """A loop calls this in each turn, to show that it moves. Outside of a supervised loop it does nothing."""
    if (loop := _current.get()) is not None:
        loop.turned_at = time.monotonic()
        metrics.loop_turned.labels(loop.name).set_to_current_time()


class Supervisor:
    """Keeps the loops running until it is stopped."""

    def __init__(self, *, first_wait_s: float = _FIRST_WAIT_S) -> None:
        self.loops: dict[str, Loop] = {}
        self._first_wait_s = first_wait_s
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._winding_down = False
        self._gave_up = asyncio.Event()

    def keep(self, name: str, work: Work, *, silence_s: float | None = None) -> None:
        """Starts a loop and keeps it running."""
        self.loops[name] = loop = Loop(name, work, silence_s)
        metrics.loop_restarts.labels(name)
        self._keepers[name] = asyncio.create_task(self._keep(loop), name=f"keeper of {name}")

    async def gave_up(self) -> None:
        """Returns when a loop cannot be kept running; then the process must end."""
        await self._gave_up.wait()

    def wind_down(self) -> None:
        """Announces the stop: a loop that ends from now on is not restarted."""
        self._winding_down = True

    async def stop(self) -> None:
        """Ends all loops, the one that was started last first."""
        for keeper in reversed(self._keepers.values()):
            keeper.cancel()
        await asyncio.gather(*self._keepers.values(), return_exceptions=True)

    @property
    def states(self) -> dict[str, str]:
        """Name → state of every loop that is not ``ok``."""
        return {loop.name: loop.state for loop in self.loops.values() if loop.state != "ok"}

    async def _keep(self, loop: Loop) -> None:
        _current.set(loop)
        while True:
            began = loop.turned_at = time.monotonic()
            loop.down = False
            task = asyncio.ensure_future(loop.work())
            try:
                # ``wait`` and not ``await``: a loop that was cancelled from inside must not cancel its keeper.
                await asyncio.wait({task})
            except asyncio.CancelledError:
                task.cancel()
                await asyncio.wait({task})
                raise
            if self._winding_down:
                return
            self._ended(loop, task, time.monotonic() - began)
            if loop.in_a_row >= _ENDS_AT_THE_MOST:
                log.error("loop_given_up", loop=loop.name, ends=loop.in_a_row)
                self._gave_up.set()
                return
            await asyncio.sleep(min(_LONGEST_WAIT_S, self._first_wait_s * 2 ** (loop.in_a_row - 1)))

    def _ended(self, loop: Loop, task: asyncio.Future[None], ran_s: float) -> None:
        error = None if task.cancelled() else task.exception()
        loop.error = "CancelledError" if task.cancelled() else "returned" if error is None else type(error).__name__
        loop.down = True
        loop.restarts += 1
        loop.ended_at = time.monotonic()
        metrics.loop_restarts.labels(loop.name).inc()
        if isinstance(error, Unavailable) and outages.met(error, work=loop.name):
            loop.in_a_row = max(
                loop.in_a_row, 1
            )  # another process would not reach it either, and the other loops have work
            return
        loop.in_a_row = 1 if ran_s > _WELL_S else loop.in_a_row + 1
        log.error("loop_ended", loop=loop.name, error=loop.error, restarts=loop.restarts)


async def every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Runs ``work`` every so many seconds until cancelled. A failure is logged, by its class and place; the next round comes as usual."""
    loop = _current.get()
    name = None if loop is None else loop.name  # and not the work's own, which not all that can be called has
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
            turned()
        except Unavailable as error:
            outages.met(error, work=name)
            turned()  # it goes round, and what it needs is said once
        except Exception as error:  # noqa: BLE001 - a loop of the hub does not end because one round failed
            log.error("round_failed", work=name, error=kind_and_place(error))
