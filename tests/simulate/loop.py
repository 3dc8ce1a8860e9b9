"""An event loop with a clock of its own that runs several processes at once, in an order that a seed decides.

Every callback belongs to a process, by the context in which it was made. Within a process callbacks run first come, first
served, as asyncio promises; which process runs next is drawn. A process that is stopped runs nothing until it goes on; one that
is dead never runs again. When nothing can run, the clock moves to the next timer: a minute takes no time.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any


class Process:
    """What runs by itself: a process of the hub, the database server, or the world outside."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ready: deque[asyncio.Handle] = deque()
        self.dead = False
        self.stopped_until: float | None = None
        self.context = copy_context()
        self.context.run(_PROCESS.set, self)

    @property
    def runs(self) -> bool:
        return not self.dead and self.stopped_until is None


_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


def current() -> Process | None:
    """The process whose callback is running."""
    return _PROCESS.get()


class StuckError(Exception):
    """Nothing can run, and no timer will change that; or something runs for ever while no time passes."""


MOST_STEPS = 150_000
"""Some ten times what the longest schedule takes."""


class Loop(asyncio.BaseEventLoop):
    """``choose`` decides which process runs next."""

    def __init__(self, choose: Random) -> None:
        super().__init__()
        self.choose = choose
        self.now = 0.0
        self.steps = 0
        self.outside = Process("outside")
        self.processes = [self.outside]
        self.failure: BaseException | None = None
        """A fault of the simulation itself, which ends it."""
        self.before_step: Callable[[], None] = lambda: None
        self._timers: list[tuple[float, float, int, asyncio.TimerHandle]] = []
        self._count = 0
        self._made: list[asyncio.Task[Any]] = []
        self.set_task_factory(self._make_task)
        self.set_exception_handler(lambda _, __: None)

    def process(self, name: str) -> Process:
        """A new process."""
        made = Process(name)
        self.processes.append(made)
        return made

    def start(self, process: Process, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begin a task in a process."""
        return process.context.run(self.create_task, work)

    def stop_process(self, process: Process, seconds: float) -> None:
        """As SIGSTOP, and SIGCONT after some seconds."""
        process.stopped_until = self.now + seconds
        self.call_later(seconds, self._go_on, process, context=self.outside.context)

    def _go_on(self, process: Process) -> None:
        if process.stopped_until is not None and process.stopped_until <= self.now:
            process.stopped_until = None

    def kill(self, process: Process) -> None:
        """As SIGKILL: none of its callbacks runs any more."""
        process.dead = True
        process.ready.clear()
        self.processes.remove(process)

    # --- what asyncio asks of a loop ------------------------------------------------------------------------------------

    def time(self) -> float:
        return self.now

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._queue(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._count += 1
        heapq.heappush(self._timers, (when, self.choose.random(), self._count, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""

    def _queue(self, handle: asyncio.Handle) -> None:
        process = handle._context.get(_PROCESS) or self.outside
        if not process.dead:
            process.ready.append(handle)

    def _run_once(self) -> None:
        if self.failure is not None:
            raise self.failure
        can = [process for process in self.processes if process.ready and process.stopped_until is None]
        while not can:
            if not self._timers:
                raise StuckError(self.now, [(p.name, len(p.ready), p.stopped_until) for p in self.processes])
            self.now = max(self.now, self._timers[0][0])
            while self._timers and self._timers[0][0] <= self.now:
                handle = heapq.heappop(self._timers)[3]
                if not handle.cancelled():
                    self._queue(handle)
            can = [process for process in self.processes if process.ready and process.stopped_until is None]
        process = can[0] if len(can) == 1 else can[int(self.choose.random() * len(can))]
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise StuckError(f"{process.name} runs and runs at {self.now}")
        handle = process.ready.popleft()
        if not handle.cancelled():
            handle._run()
            self.before_step()

    def _make_task(self, loop: asyncio.AbstractEventLoop, work: Any, context: Context | None = None) -> Any:
        task = asyncio.Task(work, loop=loop) if context is None else asyncio.Task(work, loop=loop, context=context)
        self._made.append(task)
        return task

    def end(self) -> None:
        """Let go of everything that the killed processes have left in the middle."""
        for task in self._made:
            if not task.done():
                task._log_destroy_pending = False
                with suppress(BaseException):  # whatever an abandoned coroutine does on its way out concerns nobody
                    task.get_coro().close()
            elif not task.cancelled():
                task.exception()  # asked for, so that nobody complains that it was not
        self._made.clear()
        self._timers.clear()
        for process in self.processes:
            process.ready.clear()
        self.close()
