"""The error catalogue over HTTP, for whoever meets an error: no token is needed, and nothing in it is about anybody. Imports the catalogue
and the HTTP edge.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from hub.catalogue.catalogue import catalogue, search
from hub.catalogue.entry import CatalogueEntry, Kind, Line
from hub.catalogue.remedy import Who
from hub.errors import Refused
from hub.routers import openapi
from hub.routers.cases.question import Asked

ROUTES = APIRouter(tags=["errors"], responses=openapi.OF_THE_CATALOGUE)

ErrorId = Annotated[
    str,
    Path(
        description="The rule of a refusal, or the id that operations sees beside what waits.",
        json_schema_extra={"pattern": "^[A-Za-z][A-Za-z0-9._-]{0,63}$"},
    ),
]


class WhichErrors(Asked):
    """Which entries of the catalogue."""

    kind: Kind | None = Field(default=None, description="Of this kind.")
    who: Who | None = Field(default=None, description="That these must act on.")
    text: str | None = Field(
        default=None,
        min_length=1,
        max_length=60,
        pattern=r"^\S.*$",
        description="With these words, in either language.",
    )


class ErrorLines(BaseModel):
    """Entries of the catalogue; ``next`` is always null, since the list is whole."""

    rows: list[Line]
    next: None = None


@ROUTES.get("/errors", summary="The error catalogue: every rule that refuses, every reason to wait, every warning")
async def listed(which: Annotated[WhichErrors, Query()]) -> ErrorLines:
    return lines(which)


@ROUTES.get(
    "/errors/{error}",
    summary="One error: what it means, its cause, what to do, who must act; `type` of a problem leads here",
)
async def one(error: ErrorId) -> CatalogueEntry:
    return entry(error)


def lines(which: WhichErrors) -> ErrorLines:
    """The entries that are asked for."""
    found = [
        Line.model_validate(each.model_dump(include=set(Line.model_fields)))
        for each in search(which.text or "")
        if which.kind in {None, each.kind} and (which.who is None or which.who in each.who)
    ]
    return ErrorLines(rows=found)


def entry(id_: str) -> CatalogueEntry:
    """One entry. Raises ``Refused`` 404."""
    found = catalogue().get(id_)
    if found is None:
        raise Refused(
            "not-found",
            "Felkatalogen har inget sådant id. Se listan (GET /errors).",
            "The error catalogue has no such id. See the list (GET /errors).",
            "/id",
            404,
        )
    return found
