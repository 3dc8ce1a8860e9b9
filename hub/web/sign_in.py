"""Signing in and out: the hub itself is the client of the OpenID provider; the console carries the browser there and keeps the session's
token in a cookie. Imports the visit.
"""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.web.look import switched
from hub.web.visit import COOKIE, Visit, stranger


async def sign_in(request: Request) -> Response:
    """``/sign-in``: who one is, and where to go on."""
    return switched(request) or stranger(request).show("sign_in.html", to=_inside(request.query_params.get("to")))


async def sign_out(visit: Visit, _: FormData) -> Response:
    """Ends the session."""
    answer = RedirectResponse(visit.link("/sign-in"), 303)
    answer.delete_cookie(COOKIE, path=visit.link("") or "/")
    return answer


def _inside(path: str | None) -> str:
    """An address inside the console; the first page for anything else."""
    return path if path and path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
