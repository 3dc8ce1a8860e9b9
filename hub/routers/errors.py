"""The answer to every error over HTTP: a problem, or under ``/fhir`` an OperationOutcome; an empty one where the client is
gone. Imports the HTTP door and the FHIR way in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hub.errors import Refused, Unavailable
from hub.intake.process_pool import ProcessPool
from hub.routers import fhir, http, parameters

_NOT_HERE = {
    404: ("not-found", "Adressen finns inte, se /docs.", "There is no such address, see /docs."),
    405: ("method", "Adressen tar andra metoder, se rubriken Allow.", "The address takes other methods, see the header Allow."),
}  # fmt: skip


def install(api: FastAPI, process_pool: ProcessPool) -> None:
    """Installs the handlers of everything that a route raises."""

    async def answer(request: Request, refused: Refused) -> Response:
        if f"{request.url.path}/".startswith(f"{fhir.PATH}/"):
            return await fhir.outcome(request, refused, process_pool)
        return http.problem(refused)

    @api.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return await answer(request, error)

    @api.exception_handler(Unavailable)
    async def unavailable(request: Request, error: Unavailable) -> Response:
        return await _unavailable(request, error, answer)

    @api.exception_handler(HTTPException)
    async def not_here(request: Request, error: HTTPException) -> Response:
        reason = HTTPStatus(error.status_code)
        rule, sv, en = _NOT_HERE.get(error.status_code, ("http", reason.phrase, reason.phrase))
        found = await answer(request, Refused(rule, sv, en, "/", error.status_code))
        found.headers.update(error.headers or {})
        return found

    @api.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return await answer(request, parameters.refusal(error.errors()))

    @api.exception_handler(ClientDisconnect)
    async def gone(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody reads it


async def _unavailable(
    request: Request, error: Unavailable, answer: Callable[[Request, Refused], Awaitable[Response]]
) -> Response:
    found = await answer(request, http.unavailable())
    found.headers["Retry-After"] = str(int(error.retry_after or http.RETRY_AFTER_S))
    return found
