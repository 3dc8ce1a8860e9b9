"""The base class of the sandbox's servers: start, stop, kill, start again. Imports ``hub.errors`` and ``children`` only; ``kafka`` and
``postgres`` launch each.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from hub.errors import Misconfigured
from hub.sandbox.children import Child, free_port

_LAST_LINES = 12


class DataServer(ABC):
    """One server with one data folder; after a restart it has the same port and data. It ends with this process, however this
    process ends.
    """

    name: ClassVar[str]
    """The server's name; in lower case it is the name of its log in the data folder."""
    look_s: ClassVar[float] = 0.05
    """Seconds between the checks whether the server answers."""

    def __init__(self, data: Path, port: int | None) -> None:
        self.data = data.resolve()
        self.port = port or free_port()
        self._child: Child | None = None

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.data / f"{self.name.lower()}.log"

    @property
    def pid(self) -> int | None:
        """The process id of the server, while it runs."""
        return self._child.pid if self._child else None

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    @abstractmethod
    def _launch(self) -> Child:
        """Prepare the data folder, if it is new, and start the server."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether the server works."""

    def start(self, timeout: float = 60.0) -> Self:
        """Start the server and wait until it works; ``Misconfigured`` when it does not."""
        if self.alive:
            return self
        self._child = self._launch()
        deadline = time.monotonic() + timeout
        while not self._answers():
            if not self.alive or time.monotonic() > deadline:
                self.kill()
                raise Misconfigured(f"{self.name} does not answer; its last words:\n{end_of(self.log)}")
            time.sleep(self.look_s)
        return self

    def stop(self) -> None:
        """Stop the server in order, so that the next start needs no recovery."""
        if self._child:
            self._child.stop()
            self._child = None

    def kill(self) -> None:
        """Send SIGKILL to the server and all its processes, as if the machine had failed."""
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
    """The last lines of a log, each whole."""
    lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    return "\n".join(lines[-_LAST_LINES:]) or "(it wrote nothing)"
