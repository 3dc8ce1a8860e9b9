"""What the routes are given through FastAPI's ``Depends``: the parts that ``app.py`` wires, and the system that calls.
Imports the intake, the HTTP edge and FastAPI.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, cast, get_origin

from fastapi import Depends, FastAPI, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from hub.intake.queue import Intake
from hub.routers import http, parameters
from schemas.directory import Directory, System

_BEARER = HTTPBearer(
    auto_error=False, scheme_name="bearer", description="The system's token; its hash is in the directory."
)


def wire(api: FastAPI, intake: Intake, directory: Callable[[], Directory]) -> None:
    """Gives the routes of ``api`` the intake and the directory in force."""
    api.state.intake = intake
    api.state.directory = directory


async def _intake(request: Request) -> Intake:
    return cast("Intake", request.app.state.intake)


async def _directory(request: Request) -> Directory:
    return cast("Directory", request.app.state.directory())


def _names(dependant: Dependant) -> dict[str, bool]:
    """The names of a route's parameters in the query, and whether each may stand several times."""
    found: dict[str, bool] = {}
    for each in dependant.dependencies:
        found |= _names(each)
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= dict.fromkeys(kind.model_fields, False)
        else:
            found[field.alias] = get_origin(kind) is list
    return found


TheIntake = Annotated[Intake, Depends(_intake)]
DirectoryInForce = Annotated[Directory, Depends(_directory)]


async def _system(
    request: Request,
    directory: DirectoryInForce,
    _: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],  # for the documentation
) -> System:
    system = http.authenticate(http.authorization(request), directory)
    parameters.once(request.query_params, lambda: _names(request.scope["route"].dependant))
    return system


CallingSystem = Annotated[System, Depends(_system)]
"""The system behind the bearer token; refused 401 or 403 before anything else of the request is read."""


async def _connected(
    request: Request,
    directory: DirectoryInForce,
    _: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],  # for the documentation
) -> System:
    system = http.authenticate_connected(http.authorization(request), directory)
    parameters.once(request.query_params, lambda: _names(request.scope["route"].dependant))
    return system


ConnectedSystem = Annotated[System, Depends(_connected)]
"""The system behind the bearer token, whichever ways in it has; refused 401 before anything else of the request is read."""
