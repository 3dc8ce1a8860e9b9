"""Runs one hub in this process until it is asked to stop: its signals, its HTTP server, its end. Imports the hub, the ways in and the
workers.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys

from hub import listening
from hub.app import Hub
from hub.errors import Misconfigured
from hub.http_api import api_of
from hub.log import log
from hub.routers import connections, health
from hub.workers import WorkerPlace


async def serve(hub: Hub, place: WorkerPlace | None = None) -> None:
    """Run until SIGTERM or SIGINT; then accept nothing more, finish what was accepted, and end.

    ``place``: where this process stands among several workers; a worker stops too when the process that started it has died.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if place is None:
        sockets = listening.bound(hub.settings.http_host, hub.settings.http_port)
    else:
        sockets = [*place.sockets]
        loop.add_reader(sys.stdin.fileno(), _stop_at_the_end, loop, stop)
    await hub.start()
    if place is not None:
        sockets.append(_own_socket(place))
    workers = health.nobody if place is None else place.all
    server = connections.HttpServer(
        connections.Config(
            api_of(hub, workers),
            request_s=hub.settings.http_request_s,
            connections=hub.settings.http_connections,
            log_config=None,
            access_log=False,
        )
    )
    serving = asyncio.create_task(server.serve(sockets))
    stopping = asyncio.create_task(stop.wait())
    given_up = asyncio.create_task(hub.supervisor.gave_up())
    log.info("hub_started", port=hub.settings.http_port, directory=hub.in_force.version)
    done, _ = await asyncio.wait([serving, stopping, given_up], return_when=asyncio.FIRST_COMPLETED)
    log.info("hub_stops", asked=stopping in done)
    server.should_exit = True
    try:
        async with asyncio.timeout(hub.settings.stop_s):
            await hub.stop()
            await serving
    except TimeoutError:
        log.warning("stop_took_too_long")
    else:
        log.info("hub_stopped")
    if stopping not in done:
        raise Misconfigured("a part of the hub ended by itself; see the log above")


def _own_socket(place: WorkerPlace) -> socket.socket:
    place.own.unlink(missing_ok=True)
    found = socket.socket(socket.AF_UNIX)
    found.bind(str(place.own))
    return found


def _stop_at_the_end(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """The process that started this one writes nothing: what can be read is the end of the pipe, which comes with its death."""
    if not os.read(sys.stdin.fileno(), 1):
        loop.remove_reader(sys.stdin.fileno())
        stop.set()
