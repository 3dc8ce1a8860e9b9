"""Who asks the operations API, and what the routes are given: the store, the directory, somebody with a right. Imports the operations,
the store and the HTTP edge.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hub.directory_in_force import DirectoryInForce
from hub.errors import Refused
from hub.operations.known import no_directory
from hub.operations.live import Live
from hub.operations.rights import Operator, Right, rights_of
from hub.operations.watch import Watch
from hub.routers import http
from hub.routers.ops.guesses import Guesses
from hub.sign_in.sign_in import SignIn
from hub.store import operator_log, operator_sessions
from hub.store.transaction import Store

_BEARER = HTTPBearer(auto_error=False, scheme_name="session", description="The token of a session of operations.")
BY_ITSELF = "X-By-Itself"
"""A header of calls that a page makes by itself, as to show what is new: the session's idle time goes on."""
_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class OpsParts:
    """What ``/ops`` is made of."""

    store: Store
    in_force: DirectoryInForce
    sign_in: SignIn
    at_the_machine: Operator | None = None
    """Who asks without a token: the command line on the database itself. None over the network."""
    live: Live | None = None
    """The hub's own, which it ends when it stops; None: the application makes one."""
    guesses: Guesses = field(default_factory=Guesses)


def parts_of(request: Request) -> OpsParts:
    """The parts that this application was made of."""
    return cast("OpsParts", request.app.state.parts)


async def _store(request: Request) -> Store:
    return parts_of(request).store


async def _in_force(request: Request) -> DirectoryInForce:
    """Raises ``Refused`` where no directory was ever applied: no hub runs then, but the command line asks."""
    found = parts_of(request).in_force
    if not found.is_there:
        raise no_directory()
    return found


async def _operator(
    request: Request,
    _: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],  # for the documentation
) -> Operator:
    parts = parts_of(request)
    if parts.at_the_machine is not None:
        return parts.at_the_machine
    scheme, blank, token = (http.authorization(request) or "").strip().partition(" ")
    token = token.strip()
    if not blank or scheme.lower() != "bearer" or _TOKEN.fullmatch(token) is None:
        raise _signed_out()
    parts.guesses.check(request, token)
    asks = operator_sessions.looked_at if request.headers.get(BY_ITSELF) else operator_sessions.used
    async with parts.store.transaction() as connection:
        session = await asks(connection, token)
    if session is None:
        parts.guesses.wrong(request)
        raise _signed_out()
    parts.guesses.right(token)
    rights = rights_of(frozenset(session.roles))
    return Operator(session.who, rights, session.id, session.until, session.kind == "program")


def _signed_out() -> Refused:
    return Refused(
        "signed-out",
        "Du är inte inloggad, eller så har inloggningen gått ut. Logga in igen.",
        "You are not signed in, or your session has ended. Sign in again.",
        "/authorization",
        401,
    )


async def _live(request: Request) -> Live:
    return cast("Live", request.app.state.live)


async def _watch(request: Request, _: TheDirectory) -> Watch:
    return (await _live(request)).watch


TheLive = Annotated[Live, Depends(_live)]
"""What tells the open pages of what has changed."""

TheWatch = Annotated[Watch, Depends(_watch)]
"""How everything is, read once for all who ask at the same time."""
TheStore = Annotated[Store, Depends(_store)]
TheDirectory = Annotated[DirectoryInForce, Depends(_in_force)]
TheOperator = Annotated[Operator, Depends(_operator)]
"""Whoever is signed in, whatever they may do."""


_RIGHTS: Final[dict[Callable[..., Any], Right]] = {}
"""The dependency of a route → the right that it asks for."""


async def must_have(right: Right, request: Request, operator: Operator, store: Store) -> None:
    """Raises ``Refused`` 403 where who asks has not the right; that they asked stands in the trail."""
    try:
        operator.needs(right)
    except Refused:
        # The address as it is documented: nothing of what was asked for.
        asked = f"{request.method} {request.scope['route'].path_format}"
        async with store.transaction() as connection:
            await operator_log.record_refusal(connection, operator.who, asked, f"without the right {right}")
        raise


def needs(right: Right) -> Callable[..., Awaitable[Operator]]:
    """The dependency of a route that needs a right: who asks. Refused 401 or 403 before anything else of the request is read."""

    async def check(request: Request, operator: TheOperator, store: TheStore) -> Operator:
        await must_have(right, request, operator, store)
        return operator

    _RIGHTS[check] = right
    return check


def rights_of_route(dependant: Dependant) -> frozenset[Right]:
    """The rights that a route needs, all of them."""
    found: frozenset[Right] = frozenset()
    for each in dependant.dependencies:
        own = _RIGHTS.get(each.call) if each.call is not None else None
        found |= rights_of_route(each) | (frozenset() if own is None else frozenset({own}))
    return found


CanSee = Annotated[Operator, Depends(needs(Right.SEE))]
CanSeeBodies = Annotated[Operator, Depends(needs(Right.SEE_BODIES))]
CanActOnOne = Annotated[Operator, Depends(needs(Right.ACT_ON_ONE))]
CanActOnMany = Annotated[Operator, Depends(needs(Right.ACT_ON_MANY))]
CanChangeTheDirectory = Annotated[Operator, Depends(needs(Right.DIRECTORY))]
CanAudit = Annotated[Operator, Depends(needs(Right.AUDIT))]

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "content": {http.PROBLEM: {}}}
    for status, said in {
        400: "It cannot be read; the element and what to do are named.",
        401: "Not signed in.",
        403: "Without the right.",
        404: "There is no such thing.",
        409: "Refused by a rule, which is named.",
        429: "Too often, or too many wrong attempts: wait.",
        503: "The database does not answer: ask again.",
    }.items()
}
"""The refusals of every route."""

READING_A_BODY: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "content": {http.PROBLEM: {}}}
    for status, said in {
        413: "The body is too large.",
        415: "The body is packed in a way that is not read.",
    }.items()
}
"""The further refusals of a route that reads a body."""
