"""Every answer shows its staff by name too, where HSA has said it (C-60). Imports the intake's protocol and FastAPI only."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic_core import to_json

from hub.intake.hub_messages import WhatRegistersSaid
from hub.routers import openapi

_HSA = re.compile(rb'"([A-Z]{2,6}[0-9]{10,12}-[A-Z0-9]{1,18})"')
_JSON = "application/json"


def with_names(body: bytes, known: WhatRegistersSaid) -> bytes:
    """A JSON object with ``names`` beside its content: HSA-id → name of everybody in it whose name is known."""
    if not body.startswith(b"{") or body == b"{}":
        return body
    persons = {found.decode() for found in _HSA.findall(body)}
    names = {person: name for person in sorted(persons) if (name := known.name(person)) is not None}
    return body if not names else body[:-1] + b',"names":' + to_json(names) + b"}"


class Named(APIRoute):
    """A route whose JSON answers do so."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            response = await handle(request)
            if response.media_type == _JSON and response.status_code < 300:
                response.body = with_names(bytes(response.body), request.app.state.desk.known)
                response.headers["content-length"] = str(len(response.body))
            return response

        return answer


def views() -> APIRouter:
    """A router for views of cases."""
    return APIRouter(tags=["cases"], route_class=Named, responses=openapi.READING)
