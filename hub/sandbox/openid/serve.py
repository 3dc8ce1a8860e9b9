"""The provider over HTTP on 127.0.0.1; a process of its own by ``python -m hub.sandbox.openid.serve PORT HUB-PORT``. Imports starlette,
uvicorn and the provider; never loaded in production.
"""

from __future__ import annotations

import base64
import binascii
import sys
from typing import Final
from urllib.parse import unquote, urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hub.sandbox.openid import pages
from hub.sandbox.openid.provider import Client, DemoProvider, WrongRequest

CLIENT_ID: Final = "samverkan-hub"
SECRET: Final = "sandbox"  # noqa: S105 - a demo's, that everybody may know
RETURN: Final = "/console/signed-in"
"""Where the browser comes back to on the hub's console."""
SIGNED_OUT: Final = "/console/sign-in"
_COOKIE: Final = "provider_session"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_ASKED: Final = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)


def app(provider: DemoProvider) -> Starlette:
    """The provider's pages and endpoints."""

    async def metadata(_: Request) -> Response:
        return JSONResponse(provider.metadata())

    async def keys(_: Request) -> Response:
        return JSONResponse(provider.keys())

    async def authorize(request: Request) -> Response:
        given = request.query_params if request.method == "GET" else await request.form()
        asked = {name: str(given[name]) for name in _ASKED if name in given}
        try:
            if request.method == "GET":
                provider.check(asked)
                return _page(pages.choose(provider.people.values(), f"{provider.issuer}/authorize", asked))
            code, session = provider.code(asked, str(given.get("person", "")))
        except WrongRequest as wrong:
            return _page(pages.told("Inloggningen går inte att börja", f"Anropet är fel: {wrong}."), 400)
        back = {"code": code, "state": asked.get("state", ""), "iss": provider.issuer}
        found = RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 303, _HEADERS)
        found.set_cookie(_COOKIE, session, httponly=True, samesite="lax")
        return found

    async def token(request: Request) -> Response:
        try:
            return JSONResponse(provider.tokens(_client(request), _texts(await request.form())), headers=_HEADERS)
        except WrongRequest as wrong:
            return JSONResponse({"error": str(wrong)}, 401 if str(wrong) == "invalid_client" else 400, _HEADERS)

    async def device_authorization(request: Request) -> Response:
        try:
            provider.authenticate(_client(request))
        except WrongRequest as wrong:
            return JSONResponse({"error": str(wrong)}, 401, _HEADERS)
        return JSONResponse(provider.device(), headers=_HEADERS)

    async def device(request: Request) -> Response:
        form = _texts(await request.form()) if request.method == "POST" else dict(request.query_params)
        user_code = form.get("user_code", "")
        if not provider.waits(user_code):
            return _page(pages.enter_code(f"{provider.issuer}/device", bool(user_code)), 400 if user_code else 200)
        if request.method == "GET":
            hidden = {"user_code": user_code}
            return _page(pages.choose(provider.people.values(), f"{provider.issuer}/device", hidden))
        try:
            session = provider.sign_device_in(user_code, form.get("person", ""))
        except WrongRequest as wrong:
            return _page(pages.told("Inloggningen gick inte", f"Anropet är fel: {wrong}."), 400)
        found = _page(pages.told("Klart", "Programmet är inloggat. Du kan stänga sidan."))
        found.set_cookie(_COOKIE, session, httponly=True, samesite="lax")
        return found

    async def end_session(request: Request) -> Response:
        await provider.end(request.cookies.get(_COOKIE, ""))
        wanted = request.query_params.get("post_logout_redirect_uri", "")
        found: Response = _page(pages.told("Utloggad", "Du är utloggad."))
        if wanted in provider.client.after_sign_out:
            found = RedirectResponse(wanted, 303, _HEADERS)
        found.delete_cookie(_COOKIE)
        return found

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", metadata),
            Route("/jwks", keys),
            Route("/authorize", authorize, methods=["GET", "POST"]),
            Route("/token", token, methods=["POST"]),
            Route("/device_authorization", device_authorization, methods=["POST"]),
            Route("/device", device, methods=["GET", "POST"]),
            Route("/end_session", end_session),
        ]
    )


def of_sandbox(port: int, hub_port: int) -> DemoProvider:
    """The provider beside a sandbox's hub."""
    hosts = [f"http://{host}:{hub_port}" for host in ("127.0.0.1", "localhost")]
    client = Client(
        CLIENT_ID,
        SECRET,
        tuple(f"{host}{RETURN}" for host in hosts),
        tuple(f"{host}{SIGNED_OUT}" for host in hosts),
        f"{hosts[0]}/ops/backchannel-logout",
    )
    return DemoProvider(f"http://127.0.0.1:{port}", client)


def settings(provider: DemoProvider) -> dict[str, str]:
    """What the hub is told of the provider."""
    return {
        "HUB_OPENID__ISSUER": provider.issuer,
        "HUB_OPENID__CLIENT_ID": provider.client.id,
        "HUB_OPENID__CLIENT_SECRET": provider.client.secret,
        "HUB_OPENID__REDIRECT_URIS": ",".join(provider.client.redirect_uris),
        "HUB_OPENID__AFTER_SIGN_OUT": provider.client.after_sign_out[0],
    }


def _page(text: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(text, status, _HEADERS)


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _client(request: Request) -> tuple[str, str] | None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (unquote(name), unquote(secret)) if colon else None


if __name__ == "__main__":
    uvicorn.run(
        app(of_sandbox(int(sys.argv[1]), int(sys.argv[2]))),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
    )
