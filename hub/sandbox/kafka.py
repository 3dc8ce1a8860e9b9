"""A real Apache Kafka for the sandbox and the tests: one node that is both controller and broker (KRaft).

Imports ``hub.errors``, ``children``, ``server``, ``kafka_jars`` and aiokafka; never loaded in production.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from hub.errors import Misconfigured
from hub.sandbox.children import Child, free_port
from hub.sandbox.kafka_jars import fetch, java
from hub.sandbox.server import DataServer

JVM: Final = (
    # Only the fast compiler: the port is open after 1.5 s instead of 2.7, with half the CPU time, on two cores.
    "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
)  # fmt: skip

LOG4J: Final = """\
status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
"""

SETTINGS: Final[Mapping[str, str]] = {
    "message.max.bytes": str(21 * 1024 * 1024),  # the largest message that must be carried, 20 MB, with its headers
    "replica.fetch.max.bytes": str(21 * 1024 * 1024),
    "auto.create.topics.enable": "false",  # a misspelt topic must be an error
    "num.partitions": "6",
    "offsets.topic.num.partitions": "8",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",  # a single consumer need not wait 3 s for others
    # How long after a kill the controller accepts the broker again.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Less memory: by default the log cleaner takes 128 MB, and 500 requests of 21 MB may be queued.
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    "queued.max.request.bytes": str(64 * 1024 * 1024),
    "socket.request.max.bytes": str(32 * 1024 * 1024),
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
}


class Kafka(DataServer):
    """One broker; after a restart it has the same records.

    ``settings``: broker settings on top of ``SETTINGS``. ``heap``: as Java writes it. The broker's log, warnings and
    worse, is ``kafka.log`` in the data folder.
    """

    name = "Kafka"

    def __init__(
        self, data: Path, *, settings: Mapping[str, str] | None = None, heap: str = "384m", port: int | None = None
    ) -> None:
        super().__init__(data, port)
        self.settings = {**SETTINGS, **(settings or {})}
        self.heap = heap

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _launch(self) -> Child:
        jars = fetch()
        _format(self.data, jars)
        properties = self._write_properties(free_port())
        (self.data / "log4j2.properties").write_text(LOG4J)
        options = (f"-Xmx{self.heap}", *JVM, f"-Dlog4j2.configurationFile={self.data / 'log4j2.properties'}")
        return Child(java("kafka.Kafka", jars, options=options, arguments=[properties]), log=self.log)

    def _answers(self) -> bool:
        """Whether the broker answers; the port is tried first, because aiokafka logs an error when it is closed."""
        return listens(self.port) and takes_work(self.bootstrap)

    def _write_properties(self, controller: int) -> Path:
        ours = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "log.dirs": str(self.data / "records"),
        }
        file = self.data / "server.properties"
        file.write_text("".join(f"{name}={value}\n" for name, value in {**self.settings, **ours}.items()))
        return file


# --- The storage -----------------------------------------------------------------------------------------------------


def _format(data: Path, jars: list[Path]) -> None:
    """Format a new data folder like Kafka's format command, without starting a second Java each time.

    The command runs once per cache, for the file with the features of the version; the other file has four lines and is
    written here.
    """
    records = data / "records"
    if (records / "meta.properties").exists():
        return
    records.mkdir(parents=True, exist_ok=True)
    checkpoint = jars[0].parent / "bootstrap.checkpoint"
    if not checkpoint.exists():
        first = data / "format"
        first.mkdir()
        properties = first / "server.properties"
        properties.write_text(
            "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n"
            f"controller.quorum.voters=1@127.0.0.1:1\nlisteners=PLAINTEXT://:2,CONTROLLER://:1\nlog.dirs={first}\n"
        )
        arguments: list[str | Path] = ["format", "--cluster-id", _new_id(), "--config", properties]
        command = java("kafka.tools.StorageTool", jars, options=JVM, arguments=arguments)
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own Java
        if done.returncode:
            raise Misconfigured(f"Kafka could not lay out its storage: {done.stderr}")
        whole = checkpoint.with_name(f"checkpoint.{os.getpid()}")
        shutil.copyfile(first / "bootstrap.checkpoint", whole)
        whole.rename(checkpoint)
        shutil.rmtree(first)
    shutil.copyfile(checkpoint, records / "bootstrap.checkpoint")
    identity = {"version": "1", "cluster.id": _new_id(), "node.id": "1", "directory.id": _new_id()}
    (records / "meta.properties").write_text("".join(f"{name}={value}\n" for name, value in identity.items()))


def _new_id() -> str:
    """A UUID in Kafka's form: URL-safe base64 without padding, and without a "-" at the start, which would be an option."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")


# --- does it work? ----------------------------------------------------------------------------------------------------


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a port accepts connections."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0


def takes_work(bootstrap: str) -> bool:
    """As ``_ask``, in a thread of its own, because the caller may have a running event loop."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(lambda: asyncio.run(_ask(bootstrap))).result()


async def _ask(bootstrap: str) -> bool:
    """Whether the broker is registered and leads partitions."""
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.errors import KafkaError

    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    try:
        await client.start()
        return bool((await client.describe_cluster())["brokers"])
    except (KafkaError, OSError):
        return False
    finally:
        await client.close()
