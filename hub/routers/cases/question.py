"""What was asked, read so that nothing of it is repeated, and the answer as it goes out (D-10). Imports the errors and the
HTTP edge only.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from hub.errors import Refused
from hub.routers import http
from hub.translators import json_text

M = TypeVar("M", bound=BaseModel)
_MOST_BYTES = 16_000

PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def answer(content: Any) -> Response:
    """JSON that no cache keeps."""
    return Response(to_json(content), 200, PRIVATE, "application/json")


def only(request: Request, *allowed: str) -> None:
    """A misspelt filter must not give another list than was meant; and nothing about a person stands in a URL (D-10)."""
    unknown = set(request.query_params) - {*allowed, "unit"}
    if unknown & {"name", "personnummer", "person", "q", "namn"}:
        raise Refused(
            "D-10",
            "Namn och personnummer får inte stå i adressen. Sänd dem i innehållet med POST.",
            "Names and person numbers must not stand in the URL. Send them in the body with POST.",
            "/query",
            400,
        )
    if unknown:
        raise bad("query", "en okänd parameter", "an unknown parameter")


def bad(where: str, sv: str, en: str) -> Refused:
    """400: something asked for cannot be read; its value is not repeated (D-10)."""
    return Refused("bad-query", f"Rätta {where}: {sv}.", f"Correct {where}: {en}.", f"/{where}", 400)


_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-._:]{0,127}")


def plain(text: str) -> bool:
    """Whether a part of the path can be the name or the id of anything of ours."""
    return _PLAIN.fullmatch(text) is not None


_NUMBER = re.compile(r"[0-9]{1,9}")


def number(request: Request, name: str, default: int, most: int) -> int:
    """A whole number of the query, 1 to ``most``."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= most:
        raise bad(name, f"ett heltal 1 till {most}", f"a whole number 1 to {most}")
    return int(text)


def within(sizes: Collection[int], limit: int, budget: int = 8_000_000) -> int:
    """How many of these (bytes each) one answer holds: no more than the limit, and of large ones fewer, but one."""
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if count == limit or (count and total > budget):
            return count
    return len(sizes)


def now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


MOMENT = "%Y%m%dT%H%M%S.%fZ"


def moment(at: datetime) -> str:
    """A time as a cursor holds it."""
    return at.astimezone(UTC).strftime(MOMENT)


def of_moment(text: str) -> datetime | None:
    """The inverse of ``moment``; None for what is no time."""
    try:
        return datetime.strptime(text, MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


async def of_body(request: Request, model: type[M]) -> M:
    """What a body asks for, by its model; raises ``Refused`` 400 without repeating anything of it."""
    raw = await http.body_of(request, _MOST_BYTES)
    try:
        return model.model_validate(json_text.read(raw))
    except ValidationError as error:
        raise unreadable(error, model.model_fields) from None


def unreadable(error: ValidationError, names: Collection[str]) -> Refused:
    """What is wrong with what was asked, by the name of the field where it is one of ours."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = str(first["loc"][0]) if first["loc"] and str(first["loc"][0]) in names else "body"
    if first["type"] == "missing":
        return bad(where, "fältet saknas", "the field is missing")
    return bad(where, "värdet är inte tillåtet", "the value is not allowed")
