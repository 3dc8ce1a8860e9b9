"""Signing in and out: the hub itself is the client of the OpenID provider; the console carries the browser there and back, and keeps the
session's token in a cookie. Imports the visit.
"""

from __future__ import annotations

import contextlib
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hub.ops_client.client import OpsAway, OpsRefused
from hub.web.look import switched
from hub.web.visit import COOKIE, Visit, act, inside, root_of, stranger

_PROOF: Final = "hub-proof"
_BACK_S: Final = 900
"""Seconds that a browser keeps what proves that it began a sign-in."""


async def _door(request: Request) -> Response:
    """``/sign-in``: who may enter, and where they go on to."""
    return switched(request) or stranger(request).show("sign_in.html", to=inside(request.query_params.get("to")))


async def _begin(request: Request) -> Response:
    """``/sign-in/begin``: to the provider."""
    visit = stranger(request)
    back = f"{request.url.scheme}://{request.url.netloc}{root_of(request)}/signed-in"
    asked = {"redirect_uri": back, "next": inside(request.query_params.get("to"))}
    try:
        begun = await visit.ops.say("/sign-in", asked)
    except (OpsRefused, OpsAway) as error:
        return _not_in(visit, error)
    answer = RedirectResponse(begun["authorization_url"], 303)
    _keep(request, answer, _PROOF, begun["proof"], _BACK_S)
    return answer


async def _signed_in(request: Request) -> Response:
    """``/signed-in``: back from the provider."""
    visit = stranger(request)
    given = {name: request.query_params.get(name, "") for name in ("state", "code")}
    try:
        session = await visit.ops.say("/sessions", {**given, "proof": request.cookies.get(_PROOF, "")})
    except (OpsRefused, OpsAway) as error:
        return _not_in(visit, error)
    answer = RedirectResponse(root_of(request) + inside(session["next"]), 303)
    _keep(request, answer, COOKIE, session["token"])
    answer.delete_cookie(_PROOF, path=root_of(request) or "/")
    return answer


async def _sign_out(visit: Visit, _: FormData) -> Response:
    """Ends the session, and, where the provider has a place for it, the one there."""
    ended = {}
    with contextlib.suppress(OpsRefused):  # it has ended already
        ended = await visit.ops.end("/sessions/current")
    answer = stranger(visit.request).show("signed_out.html", elsewhere=ended.get("end_session_url"))
    answer.delete_cookie(COOKIE, path=root_of(visit.request) or "/")
    return answer


def _not_in(visit: Visit, error: Exception) -> Response:
    if isinstance(error, OpsRefused):
        said = visit.t.of(error.text) or visit.t("refused.unknown")
        return visit.show("sign_in.html", error.status, to="/", said=said)
    return visit.show("away.html", 503)


def _keep(request: Request, answer: Response, name: str, value: str, seconds: int | None = None) -> None:
    """In a cookie that no script reads; ``Lax``, since the browser comes with it from the provider."""
    secure = request.url.scheme == "https"
    path = root_of(request) or "/"
    answer.set_cookie(name, value, max_age=seconds, path=path, secure=secure, httponly=True, samesite="lax")


ROUTES = (
    Route("/sign-in", _door),
    Route("/sign-in/begin", _begin),
    Route("/signed-in", _signed_in),
    act("/sign-out", _sign_out),
)
