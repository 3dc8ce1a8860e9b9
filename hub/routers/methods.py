"""The methods of an address: which there are (``Allow``), and ``HEAD`` wherever there is ``GET`` (RFC 9110, 9.1). Imports Starlette
only.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ASKED: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


def allowed(request: Request) -> str:
    """The value of ``Allow`` for the address that was asked for: the methods of all its routes."""

    def answers(method: str) -> bool:
        asked = {**request.scope, "method": method}
        return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)

    found = [method for method in _ASKED if answers(method)]
    return ", ".join([*found, *(["HEAD"] if "GET" in found else []), "OPTIONS"])


class HeadAsGet:
    """Answers ``HEAD`` as ``GET`` without its body: FastAPI's own routes have no ``HEAD``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, without_body)
