"""The simulated registers folkbokföring, listing and HSA: SOAP over HTTP on 127.0.0.1, with faults on demand. Imports starlette,
uvicorn and ``simulation``; never loaded in production.
"""

from __future__ import annotations

import asyncio
import socket
from types import TracebackType
from typing import Any, Self

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.routers.connections import HttpServer
from hub.routers.errors import gone
from hub.sandbox.register_contents import Contents
from hub.sandbox.simulation import REGISTERS, Control, Simulation, Trouble

__all__ = ["Control", "SimulatedRegisters", "Simulation", "Trouble", "app"]


class SimulatedRegisters:
    """The simulation on a port. ``async with SimulatedRegisters(contents) as registers: registers.url("listing")``."""

    def __init__(self, contents: Contents | None = None, port: int = 0) -> None:
        self.simulation = Simulation(contents or Contents.load())
        self._port = port
        self._server: HttpServer | None = None
        self._task: asyncio.Task[None] | None = None

    def url(self, register: str) -> str:
        """The URL of a register: folkbokforing, listing or hsa; or of ``control``."""
        return f"http://127.0.0.1:{self._port}/{register}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; port 0 means a free one. Raises ``OSError`` when the port is taken."""
        listener = socket.create_server(("127.0.0.1", self._port))
        # asyncio sets TCP_NODELAY only on sockets that name TCP, and these do not: each answer would wait 40 ms for an ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(app(self.simulation), log_config=None, access_log=False, lifespan="off", ws="none")
        self._server = HttpServer(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Stop listening and close open connections without waiting for slow calls."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = self._server.force_exit = True
            await self._task
            self._server = self._task = None


def app(simulation: Simulation) -> ASGIApp:
    """The ASGI application: a path per register, and ``/control``."""

    async def ask(request: Request) -> Response:
        answer = await simulation.respond(request.url.path.strip("/"), await request.body())
        if answer is None:
            request.scope["hub.hang_up"]()
            return Response()
        return Response(answer[1], answer[0], media_type="text/xml; charset=utf-8")

    async def control(request: Request) -> Response:
        if request.method == "POST":
            try:
                simulation.control(Control.model_validate_json(await request.body()))
            except (ValidationError, KeyError) as error:
                return JSONResponse({"detail": _reason(error)}, 400)
        elif request.method == "DELETE":
            simulation.control(Control())
            simulation.calls.clear()
        return JSONResponse(simulation.state())

    routes = [Route("/control", control, methods=["GET", "POST", "DELETE"])]
    routes += [Route(f"/{register}", ask, methods=["POST"]) for register in REGISTERS]
    return _HangUp(Starlette(routes=routes, exception_handlers={ClientDisconnect: gone}))


class _HangUp:
    """Lets the endpoints close the connection, for which ASGI has no way; it uses uvicorn's request cycle."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle: Any = getattr(send, "__self__", None)
        scope["hub.hang_up"] = None if cycle is None else cycle.transport.abort
        await self._inner(scope, receive, send)


def _reason(error: ValidationError | KeyError) -> str:
    """The places of the errors, without values, which may be personal."""
    if isinstance(error, KeyError):
        return f"no such contract: {error.args[0]}"
    return "; ".join(f"{'/'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
