"""Signing in to operations from the command line, and out. Imports the root; each command imports what it needs when it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from hub.cli import ops_session
from hub.cli.endings import shown
from hub.cli.root import app, web_address
from hub.errors import Misconfigured, Refused, Unavailable

T = TypeVar("T")
OpsUrl = Annotated[
    str,
    typer.Option(envvar="HUB_OPS_URL", parser=web_address, metavar="URL", help="The hub's operations API."),
]
AT_HOME = "http://127.0.0.1:8400/ops"
_AWAITED = "sign-in-awaited"


@app.command()
def login(url: OpsUrl = AT_HOME) -> None:
    """Sign in to operations: open the address in any browser, and enter the code. The session is kept in a file of your own."""
    session = with_ops(url, None, _sign_in)
    ops_session.keep(url, ops_session.KeptSession(session["token"], session["who"], session["until"]))
    shown(f"signed in as {session['who']} ({', '.join(session['roles'])}) until {session['until']}")


async def _sign_in(ops: Any) -> dict[str, Any]:
    from hub.ops_client.client import OpsRefused

    begun: dict[str, Any] = await ops.say("/sign-in/device")
    typer.echo(f"open {begun['verification_uri']} and enter the code {begun['user_code']}")
    if begun["verification_uri_complete"]:
        typer.echo(f"or, with the code in it, {begun['verification_uri_complete']}")
    while True:
        await asyncio.sleep(begun["interval"])
        try:
            session: dict[str, Any] = await ops.say("/sessions/device", {"device": begun["device"]})
        except OpsRefused as refused:
            if refused.rule != _AWAITED:
                raise
            begun["interval"] += 1.0 if refused.status == 429 else 0.0
        else:
            return session


@app.command()
def logout(url: OpsUrl = AT_HOME) -> None:
    """Sign out of operations, and forget the session."""
    session = ops_session.of(url)
    if session is None:
        raise Misconfigured(f"you are not signed in at {url}")
    with_ops(url, session.token, _sign_out)
    ops_session.forget(url)
    shown(f"{session.who} is signed out at {url}")


async def _sign_out(ops: Any) -> None:
    from hub.ops_client.client import OpsRefused

    try:
        await ops.end("/sessions/current")
    except OpsRefused as refused:
        if refused.status != 401:  # it has ended already
            raise


def with_ops(url: str, token: str | None, work: Callable[[Any], Awaitable[T]]) -> T:
    """Run ``work`` on a client of the operations API at an address. Raises ``Refused`` as the API refuses, ``Unavailable`` where none
    answers, ``Misconfigured`` where the address is none.
    """
    import httpx

    from hub.ops_client.client import OpsAway, OpsClient, OpsRefused

    async def go() -> T:
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            return await work(OpsClient(http, token))

    try:
        return asyncio.run(go())
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise Misconfigured("--url is no address; give the operations API's as http://host:port/ops") from None
    except OpsRefused as refused:
        sv, en = (refused.text.get(language, "") for language in ("sv", "en"))
        raise Refused(refused.rule, sv, en, refused.element, refused.status) from None
    except OpsAway as away:
        raise Unavailable(
            away.text.get("en")
            or f"no operations API answers at {url} ({away.why}): is the hub running, and is --url (HUB_OPS_URL) right?"
        ) from None
