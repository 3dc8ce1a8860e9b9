"""The kit's HTTP door: the hub's own ways in, in front of the hub in memory. Imports the routers and the recording.

The routes, the reading, the status codes and the answers to errors are the hub's. What a hub reads of its cases is not here.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Protocol, cast

from fastapi import FastAPI

from hub.errors import Misconfigured
from hub.intake.arrival import Arrival
from hub.intake.process_pool import ProcessPool
from hub.intake.queue import Intake
from hub.kit.faults.door import BreakableConnection, FaultyDoor
from hub.kit.faults.fault import KitFault
from hub.kit.recording import RecordedCalls, Wire
from hub.routers import connections, dependencies, errors, fhir, messages
from schemas.directory import Directory
from schemas.messages import Receipt

_REQUEST_S = 30.0
"""Seconds in which a request of the vendor's system must come whole."""
_CLOSES_S = 3
"""Seconds that a call has for its answer when the run is over."""
_TAKEN: ContextVar[bool] = ContextVar("taken")
"""Whether the present call has become a message."""


class Behind(Protocol):
    """What is behind the door."""

    def take(self, arrival: Arrival) -> Receipt:
        """Answers a message of the vendor's system; raises ``Unavailable`` between two scenarios."""
        ...

    def call_refused(self, request: str, status: int | None, en: str, sv: str) -> None:
        """A call was answered with an error before it became a message, for a reason in both languages; with None it broke off."""
        ...

    def fault(self) -> KitFault | None:
        """The fault that is made on purpose now."""
        ...

    def directory(self) -> Directory:
        """In force towards the vendor's system."""
        ...


class _KitIntake:
    """What the routes ask of the hub's intake."""

    full = False

    def __init__(self, behind: Behind) -> None:
        self.process_pool = ProcessPool()
        self._behind = behind

    async def submit(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """The receipts of messages, in their order."""
        _TAKEN.set(True)
        return [self._behind.take(arrival) for arrival in arrivals]


class Door:
    """Listens for the vendor's system."""

    def __init__(self, behind: Behind, wire: Wire) -> None:
        self._behind = behind
        self._intake = _KitIntake(behind)
        self.api = FastAPI(title="Samverkan hub, the vendor kit", docs_url=None, redoc_url=None)
        dependencies.wire(self.api, cast("Intake", self._intake), behind.directory)
        for routes in (messages.ROUTES, fhir.ROUTES):
            self.api.include_router(routes)
        errors.install(self.api, self._intake.process_pool)
        self._app = RecordedCalls(FaultyDoor(self.api, behind.fault), wire, self._answered)
        self._server: connections.HttpServer | None = None
        self._serving: asyncio.Task[None] | None = None

    def _answered(self, request: str, status: int | None, answer: bytes) -> None:
        """Tells of a call that did not become a message."""
        taken = _TAKEN.get(False)
        _TAKEN.set(False)
        if taken or (status is not None and status < 400):
            return
        try:
            text = json.loads(answer)["text"]
            self._behind.call_refused(request, status, text["en"], text["sv"])
        except (ValueError, KeyError, TypeError):
            self._behind.call_refused(request, status, "", "")

    async def open(self, host: str, port: int) -> int:
        """Listens, and answers the port that it got. Raises ``Misconfigured`` where the port is taken."""
        try:
            listening = socket.create_server((host, port))
        except OSError as error:
            raise Misconfigured(
                f"--listen {port}: the kit cannot listen there ({error.strerror}); name another port"
            ) from None
        config = connections.Config(
            self._app,
            request_s=_REQUEST_S,
            connections=100,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_CLOSES_S,
        )
        config.http = BreakableConnection
        self._server = connections.HttpServer(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        while not self._server.started:
            await asyncio.sleep(0.01)
        return int(listening.getsockname()[1])

    async def close(self) -> None:
        """Stops listening."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        await self._intake.process_pool.close()
