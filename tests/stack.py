"""A whole hub on real parts, for the integration tests and the benchmark: broker, database, registers, the hub as a child process."""

from __future__ import annotations

import asyncio
import os
import sys
import urllib.request
from pathlib import Path

import yaml

from hub.sandbox.children import Child, free_port
from hub.store import directory as directories
from hub.store.transaction import Store, migrate
from schemas.directory import Directory

WARD, CENTRE, KOMMUN = "SE2321000255-AVD12", "SE2321000255-VC01", "SE2120001132-K01"
TOKEN = "bench-token"  # noqa: S105 - of a stack that lives for minutes on this machine
DIRECTORY = f"""
regions: [{{id: skane, name: Region Skåne (fiktiv), county: "12"}}]
organisations:
  - {{orgnr: "2321000255", name: Regionen, region: skane}}
  - {{orgnr: "2120001132", name: Lunds kommun, region: skane}}
befattningar: {{"201010": lakare, "206010": sjukskoterska}}
units:
  - {{hsa: {WARD}, name: Avdelning 12, party: slutenvard, organisation: "2321000255", roles: {{sjukskoterska: {{}}}}}}
  - hsa: {CENTRE}
    name: Vårdcentralen
    party: oppenvard
    organisation: "2321000255"
    roles: {{sjukskoterska: {{inskrivning: [kvittera], tid: [kvittera]}}}}
  - hsa: {KOMMUN}
    name: Kommunens mottagning
    party: kommun
    organisation: "2120001132"
    municipality: "1281"
    roles: {{bistandshandlaggare: {{inskrivning: [kvittera], tid: [kvittera]}}}}
systems:
  - id: ehr
    name: Journal
    organisation: "2321000255"
    units: [{WARD}]
    token_sha256: ["{{token}}"]
    out: {{way: kafka}}
  - {{id: centre, name: Vårdcentralens, organisation: "2321000255", units: [{CENTRE}], ways_in: [kafka], out: {{way: kafka}}}}
  - {{id: kommun, name: Kommunens, organisation: "2120001132", units: [{KOMMUN}], ways_in: [kafka], out: {{way: kafka}}}}
"""


def directory(**changes: object) -> Directory:
    """The stack's directory; ``changes`` are put into the systems by id."""
    import hashlib

    content = yaml.safe_load(DIRECTORY.replace("{token}", hashlib.sha256(TOKEN.encode()).hexdigest()))
    for system in content["systems"]:
        system.update(changes.get(system["id"], {}))
    found = Directory.model_validate(content)
    assert not found.faults(), found.faults()
    return found


def environment(database: str, bootstrap: str, registers: str, port: int, **more: str) -> dict[str, str]:
    """The HUB_ variables of a hub on these parts."""
    found = {
        "HUB_DATABASE_URL": database,
        "HUB_KAFKA_BOOTSTRAP": bootstrap,
        "HUB_HTTP_PORT": str(port),
        "HUB_PRODUCTION": "false",
        "HUB_LOG_LEVEL": "info",
    }
    for name in ("folkbokforing", "listing", "hsa"):
        found[f"HUB_REGISTERS__{name.upper()}__URL"] = registers.replace("{}", name)
        found[f"HUB_REGISTERS__{name.upper()}__RATE"] = "1000"
    return found | more


class Stack:
    """The hub as a child process beside its broker, database and registers."""

    def __init__(self, database: str, bootstrap: str, registers: str, log: Path) -> None:
        self.database, self.bootstrap, self.registers, self.log = database, bootstrap, registers, log
        self.port = free_port()
        self.hub: Child | None = None

    async def prepare(self, found: Directory | None = None) -> None:
        """Migrates and applies the directory."""
        await migrate(self.database)
        store = Store(self.database, pool=1)
        await directories.apply(store, found or directory())
        await store.close()

    def start(self, **more: str) -> None:
        """Starts the hub."""
        self.hub = Child(
            [sys.executable, "-m", "hub.cli", "run"],
            log=self.log,
            env={**os.environ, **environment(self.database, self.bootstrap, self.registers, self.port, **more)},
        )

    async def ready(self, timeout_s: float = 30) -> None:
        """Until the hub says that it is ready."""
        assert self.hub is not None
        async with asyncio.timeout(timeout_s):
            while True:
                if not self.hub.alive:
                    raise AssertionError(f"the hub ended: {self.log.read_text()[-2000:]}")
                try:
                    await asyncio.to_thread(self.get, "/health/ready")
                except OSError:
                    await asyncio.sleep(0.1)
                else:
                    return

    def get(self, path: str) -> str:
        """One answer of the hub's HTTP side."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:  # noqa: S310
            return str(answer.read().decode())
