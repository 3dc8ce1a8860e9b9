"""The sandboxes that run now, for ``hub sandbox env`` and ``mend``: each keeps a file about itself while it is up. Imports httpx, psutil,
the parties' tokens and the cache.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from hub.errors import Misconfigured
from hub.sandbox.kafka_jars import cache
from hub.sandbox.mine import token
from hub.sandbox.services import Services, register_settings


def _folder() -> Path:
    return cache() / "running"


@contextmanager
def noted(services: Services) -> Iterator[None]:
    """Keep the addresses and tokens of a sandbox where ``environment`` finds them, until it ends. For its own user only: the
    database's password is among them.
    """
    variables = {
        "HUB_URL": services.hub_url,
        "HUB_OPS_URL": services.ops_url,
        "HUB_DATABASE_URL": services.database_url,
        "HUB_KAFKA_BOOTSTRAP": services.bootstrap,
        "HUB_PRODUCTION": "false",  # so that `hub directory apply` takes the demo's directory
        **register_settings(services.registers_url),  # so that `hub run` is one more of the same hub
        **{f"HUB_TOKEN_{_name(system.id)}": token(system.id) for system in services.directory.systems},
    }
    began = psutil.Process().create_time()
    note = {
        "process": os.getpid(),
        "began": began,
        "port": services.hub_port,
        "folder": str(Path.cwd()),
        "receivers": f"http://127.0.0.1:{services.webhook_port}",
        "variables": variables,
    }
    path = _folder() / f"{os.getpid()}.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partly = path.with_suffix(".part")
    with open(partly, "w", opener=lambda name, flags: os.open(name, flags, 0o600), encoding="utf-8") as file:
        json.dump(note, file)
    partly.rename(path)  # whoever looks finds a whole file
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def environment(port: int | None, *, signs_in: bool = False) -> dict[str, str | None]:
    """The variables of a sandbox for a shell; for one who signs in as a person of operations, those by which the commands ask the running
    hub instead of the database. None: it is to be unset. Raises ``Misconfigured`` as ``_chosen``.
    """
    variables: dict[str, str] = _chosen(port)["variables"]
    left_out = "HUB_DATABASE_URL" if signs_in else "HUB_OPS_URL"
    return {name: None if name == left_out else value for name, value in variables.items()}


def mend(system: str, port: int | None) -> str:
    """Mend the receiver of a system that a sandbox has broken on purpose; what the sandbox says of it. Raises ``Misconfigured``."""
    running = _chosen(port)
    try:
        answer = httpx.post(f"{running['receivers']}/{system}/mend", timeout=30, trust_env=False)
    except httpx.HTTPError:
        raise Misconfigured(f"the sandbox of port {running['port']} does not answer") from None
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise Misconfigured(f"no receiver of a system {system} is broken in the sandbox of port {running['port']}")
    return f"the receiver of {system} {answer.text}"


def _chosen(port: int | None) -> dict[str, Any]:
    """The sandbox whose hub has this port; without a port the one that was started in this folder.

    Raises ``Misconfigured``, which lists those that run, when none fits or several do: whoever steers a hub must never steer that of
    somebody else by chance. Files that a kill -9 left are removed.
    """
    running = sorted(_running(), key=lambda note: note["port"])
    if not running:
        raise Misconfigured(
            "no sandbox of yours runs; start one with `make run` or `hub sandbox`, and wait until everything is up"
        )
    here = str(Path.cwd())
    fitting = [note for note in running if (note["folder"] == here if port is None else note["port"] == port)]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(f"port {note['port']} (of {note['folder']})" for note in fitting or running)
    if port is not None:
        raise Misconfigured(f"no sandbox of yours has port {port}; those that run: {listed}")
    wrong = "several sandboxes run in this folder" if fitting else f"no sandbox runs in this folder ({here})"
    raise Misconfigured(f"{wrong}; choose with hub sandbox env --port PORT, of those that run: {listed}")


def _running() -> Iterator[dict[str, Any]]:
    for path in _folder().glob("*.json"):
        with contextlib.suppress(FileNotFoundError):  # it ended while we looked
            note = json.loads(path.read_text(encoding="utf-8"))
            if _lives(note):
                yield note
            else:
                path.unlink()


def _lives(note: dict[str, Any]) -> bool:
    try:
        process = psutil.Process(note["process"])
        return process.create_time() == note["began"] and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _name(system: str) -> str:
    return system.upper().replace("-", "_")
