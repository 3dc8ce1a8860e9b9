"""Signing in to operations from the command line, and out. Imports the root and the operations API."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from hub.cli import ops_session, table
from hub.cli.endings import shown
from hub.cli.ops import Ops, at
from hub.cli.root import app, web_address
from hub.errors import Misconfigured, Refused

OpsUrl = Annotated[
    str,
    typer.Option(envvar="HUB_OPS_URL", parser=web_address, metavar="URL", help="The hub's operations API."),
]
AT_HOME = "http://127.0.0.1:8400/ops"


@app.command()
def login(url: OpsUrl = AT_HOME) -> None:
    """Sign in to operations: open the address in any browser, and enter the code. The session is kept in a file of your own, and commands
    with HUB_OPS_URL act in your name.
    """
    with at(url, None) as ops:
        session = _sign_in(ops)
    ops_session.keep(url, ops_session.KeptSession(session["token"], session["who"], session["until"]))
    roles = ", ".join(session["roles"])
    shown(
        f"signed in as {session['who']} ({roles}) until {table.moment(session['until'])}; for the commands: export HUB_OPS_URL={url}"
    )


def _sign_in(ops: Ops) -> dict[str, Any]:
    begun = ops.say("/sign-in/device")
    typer.echo(f"open {begun['verification_uri']} and enter the code {begun['user_code']}")
    if begun["verification_uri_complete"]:
        typer.echo(f"or, with the code in it, {begun['verification_uri_complete']}")
    while True:
        time.sleep(begun["interval"])
        try:
            session: dict[str, Any] = ops.say("/sessions/device", {"device": begun["device"]})
        except Refused as refused:
            if refused.rule != "sign-in-awaited":
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
    with at(url, session.token) as ops:
        try:
            ops.end("/sessions/current")
        except Refused as refused:
            if refused.status != 401:  # it has ended already
                raise
    ops_session.forget(url)
    shown(f"{session.who} is signed out at {url}")
