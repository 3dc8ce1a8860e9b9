"""The hub's peer: the route in ``tests/bench/camel``, as ``make bench-peer`` builds it, run beside the same broker and database."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.sandbox.children import Child
from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from tests.bench.measured import OUT, RECEIPTS, Measured

BUILT = Path("build/peer")
_JVM = ("-Xms1g", "-Xmx1g", "-XX:+UseParallelGC")


class Peer(Measured):
    """The route, as a process of its own."""

    def __init__(self, kafka: Kafka, postgres: Postgres, database: str, child: Child, *, durable: bool) -> None:
        super().__init__(kafka, postgres, database, (*OUT, RECEIPTS) if durable else OUT)
        self._child = child

    @property
    def pid(self) -> int:
        return self._child.pid


def built() -> Path | None:
    """The route's own jar, which lies beside the jars that it needs."""
    return next(BUILT.glob("peer-*.jar"), None)


def missing() -> str | None:
    """Why there is no peer on this machine; None where there is one."""
    if shutil.which("java") is None:
        return "no java here: a JDK 17 or later and Maven build the peer (make bench-peer)"
    return None if built() else "not built: make bench-peer"


@asynccontextmanager
async def peer(kafka: Kafka, postgres: Postgres, folder: Path, *, durable: bool) -> AsyncIterator[Peer]:
    """The route on an empty database; ended at the end."""
    kind = "durable" if durable else "plain"
    name = f"peer_{kind}"
    url = postgres.create_database(name)
    access, _, address = url.partition("://")[2].partition("@")
    user, _, password = access.partition(":")
    java, jar = shutil.which("java"), built()
    assert java is not None
    assert jar is not None
    child = Child(
        [java, *_JVM, "-cp", f"{BUILT / 'lib'}/*:{jar}", "peer.Peer", kafka.bootstrap, kind],
        log=folder / f"{name}.log",
        env=os.environ | {"PEER_DATABASE": f"jdbc:postgresql://{address}?user={user}&password={password}"},
    )
    try:
        yield Peer(kafka, postgres, name, child, durable=durable)
    finally:
        await asyncio.to_thread(child.stop)
        postgres.drop_database(name)
