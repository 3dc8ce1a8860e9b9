"""What the sandbox's servers have in common: started until they answer, stopped in order, killed, started again.

May import ``hub.errors`` and ``hub.sandbox.children`` only; ``kafka`` and ``postgres`` say how each is launched.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from hub.errors import Misconfigured
from hub.sandbox.children import Child, free_port


class DataServer(ABC):
    """One server over one data folder; started again it has the same port and data. It ends with this process, however
    this process ends.
    """

    name: ClassVar[str]
    """As people call it; in lower case it names the log in the data folder."""
    look_s: ClassVar[float] = 0.05
    """Between the questions whether it answers."""

    def __init__(self, data: Path, port: int | None) -> None:
        self.data = data.resolve()
        self.port = port or free_port()
        self._child: Child | None = None

    @property
    def log(self) -> Path:
        """What it writes."""
        return self.data / f"{self.name.lower()}.log"

    @property
    def pid(self) -> int | None:
        """Of the server's first process, while it has been started."""
        return self._child.pid if self._child else None

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    @abstractmethod
    def _launch(self) -> Child:
        """Lays out what is not there yet, and starts it."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it takes work."""

    def start(self, timeout: float = 60.0) -> Self:
        """Returns when the server has answered a question; ``Misconfigured`` if it does not."""
        if self.alive:
            return self
        self._child = self._launch()
        deadline = time.monotonic() + timeout
        while not self._answers():
            if not self.alive or time.monotonic() > deadline:
                self.kill()
                raise Misconfigured(f"{self.name} does not answer:\n{end_of(self.log)}")
            time.sleep(self.look_s)
        return self

    def stop(self) -> None:
        """In order: everything is written and closed, so that the next start need not recover."""
        if self._child:
            self._child.stop()
            self._child = None

    def kill(self) -> None:
        """As if the machine had taken it: SIGKILL for the server and all its processes."""
        if self._child:
            self._child.kill()
            self._child = None

    def restart(self) -> Self:
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def end_of(file: Path) -> str:
    """The last that a log says."""
    return file.read_text(errors="replace")[-2000:] if file.exists() else "(it wrote nothing)"
