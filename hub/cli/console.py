"""The console by itself, on another host than the hub. Imports the root; the command imports what it needs when it runs."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from hub.cli.endings import shown
from hub.cli.root import app, web_address


@app.command()
def console(
    ops: Annotated[
        str,
        typer.Option(
            envvar="HUB_OPS_URL", parser=web_address, metavar="URL", help="The hub's operations API, https://…/ops."
        ),
    ],
    host: Annotated[str, typer.Option(envvar="HUB_HTTP_HOST", help="Where it listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8480,
    url: Annotated[
        str | None,
        typer.Option(
            envvar="HUB_CONSOLE_URL",
            parser=web_address,
            metavar="URL",
            help="Its address as browsers see it, where a proxy changes it: https://…/console.",
        ),
    ] = None,
) -> None:
    """Serve the console on another host than the hub: it has no database and no secrets, and asks the operations API alone."""
    import httpx
    import uvicorn

    from hub import listening
    from hub.web.console import alone
    from hub.web.served_files import served_files

    served_files()
    sockets = listening.bound(
        host, port, "the console", "choose another port with --port, or another address with --host"
    )
    client = httpx.AsyncClient(base_url=ops, timeout=30, limits=httpx.Limits(max_connections=None))
    shown(f"the console is at http://{host}:{port}/console, of {ops}")
    pages = alone(client, url)

    class Server(uvicorn.Server):
        """It lets go of the open pages when it stops."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            pages.state.stops.set()
            await super().shutdown(sockets)

    Server(uvicorn.Config(pages, log_config=None, access_log=False)).run(sockets=sockets)
