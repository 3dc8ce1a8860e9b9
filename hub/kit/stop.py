"""SIGINT and SIGTERM while a run is played: what has been played by then is kept. Imports the record only."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, Final, Self

from hub.kit.record import Run

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """From the beginning of the play until the block ends, the first signal stops the play. A second ends the process at once."""

    def __init__(self) -> None:
        self._came: signal.Signals | None = None
        self._playing: asyncio.Task[Run] | None = None

    def __enter__(self) -> Self:
        """Nothing is watched yet: before the play a signal ends the process, as everywhere."""
        return self

    def __exit__(self, *_: object) -> None:
        """Watches no more."""
        if self._playing is not None:
            self._release()

    async def play(self, run: Coroutine[Any, Any, Run]) -> Run:
        """The run; when it was stopped, with the signal that did it."""
        self._playing = asyncio.create_task(run)
        for each in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(each, self._stop, each)
        found = await self._playing
        return replace(found, stopped_by=self._came) if found.interrupted else found

    def _stop(self, which: signal.Signals) -> None:
        self._came = which
        self._release()
        assert self._playing is not None
        self._playing.cancel()

    def _release(self) -> None:
        for each in _SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(each)
