"""Signing in and out of operations: in a browser, from a device, and by the provider's word. Imports the sign-in and the HTTP edge of
operations.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from hub.errors import Refused
from hub.operations.rights import Right
from hub.routers import http
from hub.routers.cases.question import Asked, body, in_body
from hub.routers.ops.asking import PROBLEMS, READING_A_BODY, TheOperator, TheStore, parts_of
from hub.sign_in import browser, device, sign_out
from hub.sign_in.sign_in import SignedIn, SignIn
from hub.store import operator_log, operator_sessions

ROUTES = APIRouter(tags=["sign-in"], responses={**PROBLEMS, **READING_A_BODY})
_WRONG: Final = {"sign-in-unknown", "sign-in-refused", "logout-token"}
"""Refusals of something that was made up, or shown again."""
_MOST_BYTES: Final = 40_000


async def _sign_in(request: Request) -> SignIn:
    parts = parts_of(request)
    parts.guesses.check(request)
    return parts.sign_in


TheSignIn = Annotated[SignIn, Depends(_sign_in)]
Text = Annotated[str, Field(min_length=1, max_length=2_000)]


@asynccontextmanager
async def _counted(request: Request) -> AsyncIterator[None]:
    """Counts what was made up."""
    try:
        yield
    except Refused as refused:
        if refused.rule in _WRONG:
            parts_of(request).guesses.wrong(request)
        raise


class ToSignIn(Asked):
    """Where somebody comes from who signs in."""

    redirect_uri: Text = Field(
        description="Where the provider sends the browser back: one of HUB_OPENID__REDIRECT_URIS."
    )
    next: Text = Field(default="/", description="The page of the same host that the browser goes to in the end.")


class Begun(BaseModel):
    """A sign-in that has begun."""

    authorization_url: str = Field(description="Where the browser goes.")
    state: str = Field(description="Comes back with the browser, in its address.")
    proof: str = Field(
        description="Stays with the browser that began, in an HttpOnly cookie, and in no address: without it no session begins."
    )
    until: datetime


@ROUTES.post("/sign-in", summary="Begins a sign-in in a browser", openapi_extra=body(ToSignIn))
async def begin(request: Request, sign_in: TheSignIn, asked: Annotated[ToSignIn, Depends(in_body(ToSignIn))]) -> Begun:
    parts_of(request).guesses.begins(request)
    begun = await browser.begin(sign_in, asked.redirect_uri, asked.next)
    return Begun(authorization_url=begun.authorization_url, state=begun.state, proof=begun.proof, until=begun.until)


class CameBack(Asked):
    """What the browser came back with, and what it kept."""

    state: Text
    proof: Text
    code: Text


class SessionBegun(BaseModel):
    """A session that has begun."""

    token: str = Field(description="The bearer of every call; shown this once.")
    who: str
    roles: list[str]
    rights: list[Right]
    until: datetime
    next: str = Field(description="As it was given when the sign-in began.")


def _session(request: Request, found: SignedIn) -> SessionBegun:
    parts_of(request).guesses.right(found.token)
    return SessionBegun(
        token=found.token,
        who=found.who,
        roles=found.roles,
        rights=sorted(found.rights),
        until=found.until,
        next=found.next,
    )


@ROUTES.post(
    "/sessions", summary="Begins a session by the code that the browser came back with", openapi_extra=body(CameBack)
)
async def complete(
    request: Request, sign_in: TheSignIn, asked: Annotated[CameBack, Depends(in_body(CameBack))]
) -> SessionBegun:
    async with _counted(request):
        return _session(request, await browser.complete(sign_in, asked.state, asked.proof, asked.code))


class DeviceBegun(BaseModel):
    """A device's sign-in that has begun: its owner opens the address in any browser, and enters the code."""

    device: str = Field(description="The device's secret, by which it asks whether somebody has signed in.")
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    interval: float = Field(description="Seconds between its questions.")
    until: datetime


@ROUTES.post(
    "/sign-in/device", summary="Begins a sign-in of a device, as the command line: somebody signs in in a browser"
)
async def begin_device(request: Request, sign_in: TheSignIn) -> DeviceBegun:
    parts_of(request).guesses.begins(request)
    begun = await device.begin(sign_in)
    return DeviceBegun(
        device=begun.device,
        user_code=begun.user_code,
        verification_uri=begun.verification_uri,
        verification_uri_complete=begun.verification_uri_complete,
        interval=begun.interval_s,
        until=begun.until,
    )


class OfDevice(Asked):
    """Which device asks."""

    device: Text


@ROUTES.post(
    "/sessions/device",
    summary="Begins a device's session when somebody has signed in; 409 `sign-in-awaited` until then",
    openapi_extra=body(OfDevice),
)
async def complete_device(
    request: Request, sign_in: TheSignIn, asked: Annotated[OfDevice, Depends(in_body(OfDevice))]
) -> SessionBegun:
    async with _counted(request):
        return _session(request, await device.complete(sign_in, asked.device))


# --- its end ----------------------------------------------------------------------------------------------------------


class SignedOut(BaseModel):
    """A session that has ended."""

    end_session_url: str | None = Field(
        description="Where the browser goes to sign out at the provider too; null where there is no such place."
    )


@ROUTES.delete("/sessions/current", summary="Signs out")
async def sign_out_here(request: Request, operator: TheOperator, store: TheStore) -> SignedOut:
    async with store.transaction() as connection:
        if operator.session is not None and await operator_sessions.end(connection, operator.session, "signed out"):
            await operator_log.record(
                connection, operator.who, "sign out", f"session {operator.session}", "by themselves"
            )
    return SignedOut(end_session_url=await sign_out.end_session_url(parts_of(request).sign_in))


def _form(most: int) -> Callable[[Request], Any]:
    async def read(request: Request) -> str:
        raw = await http.body_of(request, most)
        try:
            given = [
                value for name, value in parse_qsl(raw.decode("ascii"), max_num_fields=20) if name == "logout_token"
            ]
        except ValueError:
            given = []
        return given[0] if len(given) == 1 else ""

    return read


_LOGOUT: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["logout_token"],
                    "properties": {"logout_token": {"type": "string"}},
                }
            }
        },
    }
}


@ROUTES.post(
    "/backchannel-logout",
    summary="The provider says that somebody's session there has ended (OpenID Connect Back-Channel Logout 1.0)",
    openapi_extra=_LOGOUT,
    status_code=204,
)
async def backchannel_logout(
    request: Request, sign_in: TheSignIn, logout_token: Annotated[str, Depends(_form(_MOST_BYTES))]
) -> Response:
    async with _counted(request):
        await sign_out.ended_at_provider(sign_in, logout_token)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})
