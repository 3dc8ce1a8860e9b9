"""The answer to every error over HTTP: a problem, or under ``/fhir`` an OperationOutcome; an empty one where the client is
gone. Imports the HTTP door, the FHIR way in and the store's word for who came second.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hub.errors import Refused, Unavailable
from hub.intake.process_pool import ProcessPool
from hub.outages import DATABASE
from hub.routers import fhir, http, methods, parameters
from hub.routers.bounded import Bounded
from hub.store.transaction import Conflict
from hub.translators import formats, native

_NOT_HERE = {
    404: ("not-found", "Adressen finns inte, se /docs.", "There is no such address, see /docs."),
    405: ("method", "Adressen tar andra metoder, se rubriken Allow.", "The address takes other methods, see the header Allow."),
}  # fmt: skip
_SLASH = (
    "not-found",
    "Adressen finns inte: skriv den utan snedstreck i slutet.",
    "There is no such address: write it without the slash at its end.",
)
_INTERNAL = Refused(
    "internal",
    "Något gick fel i hubben, och felet är loggat. Sänd samma meddelande igen; är det redan mottaget svarar hubben med samma kvittens.",
    "Something went wrong in the hub, and it is logged. Send the same again: what was taken in already gets the same receipt.",
    "/",
    500,
)

_OPERATIONS_AWAY = Refused(
    "unavailable",
    "Hubben kan inte svara just nu. Fråga igen om en stund; gällde det en åtgärd, se först i spåret om den är gjord.",
    "The hub cannot answer right now. Ask again in a while; of an act, look first in the trail whether it is done.",
    "/",
    503,
)


def install(api: FastAPI, process_pool: ProcessPool, answer_s: float | None = None) -> None:
    """Installs the handlers of everything that a route raises, ``HEAD`` and ``OPTIONS`` of every address, and, where there is one,
    the bound for every answer: ``answer_s`` seconds, then 503.
    """
    api.router.redirect_slashes = (
        False  # a redirect would be to the address by which a proxy calls, and some clients drop the token
    )
    api.add_middleware(methods.HeadAsGet)

    async def answer(request: Request, refused: Refused) -> Response:
        if f"{request.url.path}/".startswith(f"{fhir.PATH}/"):
            return await fhir.outcome(request, refused, process_pool)
        claimed = formats.claimed_id(native.JSON, {"id": request.headers.get("ce-id")}, b"")
        return http.problem(refused, claimed)

    async def too_late(request: Request) -> Response:
        return await _unavailable(request, Unavailable(DATABASE), answer)

    if answer_s is not None:
        api.add_middleware(Bounded, seconds=answer_s, answer=too_late)

    @api.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return await answer(request, error)

    @api.exception_handler(Unavailable)
    async def unavailable(request: Request, error: Unavailable) -> Response:
        return await _unavailable(request, error, answer)

    @api.exception_handler(Conflict)
    async def met(request: Request, _: Conflict) -> Response:
        return await _unavailable(request, Unavailable(DATABASE), answer)  # nothing is done: the same is asked again

    @api.exception_handler(HTTPException)
    async def not_here(request: Request, error: HTTPException) -> Response:
        allowed = {"Allow": methods.allowed(request)} if error.status_code == 405 else {}
        if allowed and request.method == "OPTIONS":
            return Response(status_code=204, headers=allowed)
        reason = HTTPStatus(error.status_code)
        rule, sv, en = _NOT_HERE.get(error.status_code, ("http", reason.phrase, reason.phrase))
        if error.status_code == 404 and request.url.path.endswith("/") and request.url.path != "/":
            rule, sv, en = _SLASH
        found = await answer(request, Refused(rule, sv, en, "/", error.status_code))
        found.headers.update({**(error.headers or {}), **allowed})
        return found

    @api.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return await answer(request, parameters.refusal(error.errors()))

    @api.exception_handler(Exception)
    async def broken(request: Request, _: Exception) -> Response:
        return await answer(request, replace(_INTERNAL))  # the framework then raises it again, for the log

    api.add_exception_handler(ClientDisconnect, gone)


async def gone(_: Request, __: Exception) -> Response:
    """The answer to a client that has gone before its request was read: nobody reads it, and no log tells of an error of ours."""
    return Response(status_code=400)


async def _unavailable(
    request: Request, error: Unavailable, answer: Callable[[Request, Refused], Awaitable[Response]]
) -> Response:
    is_operations = request.url.path.startswith("/ops/")
    found = await answer(request, replace(_OPERATIONS_AWAY) if is_operations else http.unavailable())
    found.headers["Retry-After"] = str(int(error.retry_after or http.RETRY_AFTER_S))
    return found
