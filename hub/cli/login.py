"""Signing in to operations from the command line, and out. Imports the root; each command imports what it needs when it runs."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from hub.cli import ops_session
from hub.cli.endings import shown
from hub.cli.root import app, web_address
from hub.errors import Misconfigured, Refused, Unavailable

OpsUrl = Annotated[
    str,
    typer.Option(envvar="HUB_OPS_URL", parser=web_address, metavar="URL", help="The hub's operations API."),
]
AT_HOME = "http://127.0.0.1:8400/ops"


@app.command()
def login(url: OpsUrl = AT_HOME) -> None:
    """Sign in to operations: open the address in any browser, and enter the code. The session is kept in a file of your own."""
    begun = _asked("POST", url, "/sign-in/device")
    typer.echo(f"open {begun['verification_uri']} and enter the code {begun['user_code']}")
    if begun["verification_uri_complete"]:
        typer.echo(f"or, with the code in it, {begun['verification_uri_complete']}")
    while True:
        time.sleep(begun["interval"])
        try:
            session = _asked("POST", url, "/sessions/device", {"device": begun["device"]})
        except Refused as refused:
            if refused.rule != "sign-in-awaited":
                raise
            begun["interval"] += 1.0 if refused.status == 429 else 0.0
            continue
        break
    ops_session.keep(url, ops_session.KeptSession(session["token"], session["who"], session["until"]))
    shown(f"signed in as {session['who']} ({', '.join(session['roles'])}) until {session['until']}")


@app.command()
def logout(url: OpsUrl = AT_HOME) -> None:
    """Sign out of operations, and forget the session."""
    session = ops_session.of(url)
    if session is None:
        raise Misconfigured(f"you are not signed in at {url}")
    try:
        _asked("DELETE", url, "/sessions/current", token=session.token)
    except Refused as refused:
        if refused.status != 401:  # it has ended already
            raise
    ops_session.forget(url)
    shown(f"{session.who} is signed out at {url}")


def _asked(
    method: str, url: str, path: str, body: dict[str, Any] | None = None, token: str | None = None
) -> dict[str, Any]:
    """What the operations API answers. Raises ``Refused`` as it refuses, ``Unavailable`` where no hub answers."""
    import httpx

    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    try:
        answer = httpx.request(method, url.rstrip("/") + path, json=body, headers=headers, timeout=60)
        found: Any = answer.json()
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise Misconfigured("--url is no address; give the operations API's as http://host:port/ops") from None
    except httpx.HTTPError as error:
        raise Unavailable(
            f"no hub answers at {url} ({type(error).__name__}): is it running, and is --url (HUB_OPS_URL) right?"
        ) from None
    except ValueError:
        found = None
    if not isinstance(found, dict) or (not answer.is_success and "rule" not in found):
        raise Unavailable(
            f"what answers at {url} is no operations API (HTTP {answer.status_code}): give --url or HUB_OPS_URL"
        )
    if not answer.is_success:
        text = found.get("text") or {}
        raise Refused(found["rule"], text.get("sv", ""), text.get("en", ""), found.get("element"), answer.status_code)
    return found
