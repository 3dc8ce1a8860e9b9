"""The broker and the database of `make chaos`: the sandbox's own, behind wires of ours, and the database on a disk that can be filled.

Imports the embedded servers only: what is killed, stopped and starved must be on this machine.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from hub.sandbox.children import free_port
from tests.engine import EmbeddedKafka, EmbeddedPostgres

DISK_MB = 900
"""Room for the database, its log included; the disk is memory."""


class Broker(EmbeddedKafka):
    """Senders and receivers reach it directly, the hubs by a second listener whose address is the wire's."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.behind = free_port()
        """The port to which the wire leads."""
        self.wire = self.behind

    def _write_properties(self, controller: int) -> Path:
        file = super()._write_properties(controller)
        direct = f"PLAINTEXT://{self.bootstrap}"
        more = {
            "listeners": f"{direct},WIRE://127.0.0.1:{self.behind},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"{direct},WIRE://127.0.0.1:{self.wire}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,WIRE:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
        }
        with file.open("a") as properties:
            properties.writelines(f"{name}={value}\n" for name, value in more.items())
        return file


class Database(EmbeddedPostgres):
    """On a disk of its own, where this user may mount one (``small_disk``)."""

    disk: Path | None = None

    def fill(self) -> None:
        """Takes all that is free on its disk."""
        assert self.disk is not None
        with contextlib.suppress(OSError), (self.disk / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(1024 * 1024))

    def make_room(self) -> None:
        """Gives it back."""
        if self.disk is not None:
            (self.disk / "ballast").unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A disk in memory, mounted for as long as this is entered; None where this user may not mount (only root may)."""
    folder.mkdir(parents=True)
    options = f"size={DISK_MB}m,mode=0755"
    mounted = os.geteuid() == 0 and not _run("mount", "-t", "tmpfs", "-o", options, "none", str(folder))
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            _run("umount", "--lazy", str(folder))


def _run(*command: str) -> int:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode
    except OSError:
        return -1
