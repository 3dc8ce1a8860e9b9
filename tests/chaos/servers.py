"""The broker and the database of `make chaos`: the sandbox's own, behind wires of ours, and the database on a disk that can be filled.

Imports the embedded servers only: what is killed, stopped and starved must be on this machine.
"""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from hub.sandbox.children import free_port
from tests.engine import EmbeddedKafka, EmbeddedPostgres

DISK_MB = 900
"""Room for the database, its log included; the disk is memory."""


class Broker(EmbeddedKafka):
    """One node. Senders and receivers reach it directly, the hubs by a second listener whose address is the wire's."""

    def __init__(self, folder: Path, node: int = 1, controllers: Sequence[int] = (), cluster: str = "") -> None:
        """``controllers``: the ports of all nodes' controllers, of whom this is number ``node``; none: it is alone."""
        super().__init__(folder, settings=_REPLICATED if controllers else None)
        self.behind = free_port()
        """The port to which the wire leads."""
        self.wire = self.behind
        self._node, self._controllers, self._cluster = node, controllers, cluster

    def _write_properties(self, controller: int) -> Path:
        mine = self._controllers[self._node - 1] if self._controllers else controller
        file = super()._write_properties(mine)
        direct = f"PLAINTEXT://{self.bootstrap}"
        more = {
            "listeners": f"{direct},WIRE://127.0.0.1:{self.behind},CONTROLLER://127.0.0.1:{mine}",
            "advertised.listeners": f"{direct},WIRE://127.0.0.1:{self.wire}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,WIRE:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
        }
        if self._controllers:
            voters = (f"{node}@127.0.0.1:{port}" for node, port in enumerate(self._controllers, 1))
            more |= {"node.id": str(self._node), "controller.quorum.voters": ",".join(voters)}
            self._join()
        with file.open("a") as properties:
            properties.writelines(f"{name}={value}\n" for name, value in more.items())
        return file

    def _join(self) -> None:
        """The storage, which was laid out for a node that is alone, is this node's of the cluster."""
        file = self.data / "records" / "meta.properties"
        known = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
        known |= {"node.id": str(self._node), "cluster.id": self._cluster}
        file.write_text("".join(f"{name}={value}\n" for name, value in known.items()))


_REPLICATED = {
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
}


def brokers(folder: Path, count: int) -> list[Broker]:
    """One node, or three that are a cluster; none is started."""
    if count == 1:
        return [Broker(folder / "kafka")]
    ports = [free_port() for _ in range(count)]
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
    return [Broker(folder / f"kafka-{node}", node, ports, cluster) for node in range(1, count + 1)]


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

    def go_on(self) -> None:
        """Returns when it answers: where it could not even write its log it ends, perhaps only in a moment, and is started again."""
        while not (self.alive and self._answers()):
            if not self.alive:
                self.kill()
                self.start()
            time.sleep(self.look_s)


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
