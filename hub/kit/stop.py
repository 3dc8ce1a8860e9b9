"""SIGINT, SIGTERM and SIGHUP while a run is played: what has been played by then is kept. Imports the record only.

The first signal stops the play; those that come after it are let pass until the report has been written and the command has
ended, which is a matter of seconds. ``nohup`` is respected: a SIGHUP that is ignored when the run begins stays ignored.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
from collections.abc import Coroutine
from dataclasses import replace
from types import FrameType
from typing import Any, Final, Self

from hub.kit.record import Run

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STDOUT, _STDERR = 1, 2


class Stop:
    """From entering the block until it ends, in which what was played is written, no signal ends the process once it plays."""

    def __init__(self, *, reports: bool) -> None:
        """``reports``: whether a report will be written."""
        self._says = "stopping; the report of what was played is being written" if reports else "stopping"
        self._came: signal.Signals | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._playing: asyncio.Task[Run] | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Watches. Before the play a signal ends the command at once, since nothing has been played."""
        for each in _SIGNALS:
            if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:
                self._before[each] = signal.signal(each, self._signalled)
        return self

    def __exit__(self, *_: object) -> None:
        """Watches no more; where a signal came, the command ends now, and others are let pass until it has."""
        if self._came is None:
            for each, handler in self._before.items():
                signal.signal(each, handler)

    async def play(self, run: Coroutine[Any, Any, Run]) -> Run:
        """The run; when it was stopped, with the signal that did it."""
        self._loop = asyncio.get_running_loop()
        self._playing = asyncio.create_task(run)
        found = await self._playing
        return replace(found, stopped_by=self._came) if found.interrupted else found

    def _signalled(self, number: int, _: FrameType | None) -> None:
        if self._came is not None:
            return
        self._came = signal.Signals(number)
        if number == signal.SIGHUP:
            _leave_a_terminal_that_is_gone()
        if self._loop is None or self._playing is None:
            _say("stopped before anything was played: no report is written")
            raise SystemExit(128 + number)
        _say(self._says)
        if not self._playing.done():
            self._loop.call_soon_threadsafe(self._playing.cancel)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # nobody may be there to read it
        os.write(_STDERR, f"hub: {text}\n".encode())


def _leave_a_terminal_that_is_gone() -> None:
    """What is still printed would end the command with an error before the report is written."""
    for stream in (_STDOUT, _STDERR):
        with contextlib.suppress(OSError):
            if stat.S_ISCHR(os.fstat(stream).st_mode) and not os.isatty(stream):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream)
                os.close(nowhere)
