"""What may be asked in the query and the body of a view, and the answer as it goes out (D-10). Imports the errors and the
HTTP edge only.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, get_args

from fastapi import Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError, to_json

from hub import clock
from hub.routers import http, parameters
from hub.translators import json_text
from schemas.identity_types import KnownHsa

M = TypeVar("M", bound=BaseModel)
_MOST_BYTES = 16_000

PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

CODE = r"^[a-z0-9][a-z0-9_.\-]{0,59}$"
_PLAIN = r"[A-Za-z0-9][A-Za-z0-9\-._:]{0,127}"
_UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class Asked(BaseModel):
    """What a view may be asked: an unknown name is refused, since a misspelt filter must not give another list than was
    meant.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _plain_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        """A number is written in digits: pydantic by itself reads ``1_0`` as 10 and ``true`` as 1. No text holds a NUL."""
        if isinstance(value, str) and "\0" in value:  # no text of the database's holds it
            raise PydanticCustomError("string_unicode", "a NUL")
        field = cls.model_fields[str(info.field_name)].annotation
        if {int, float}.isdisjoint((field, *get_args(field))):
            return value
        return parameters.plain_number(value)


class InQuery(Asked):
    """The query of a view that has no parameters of its own."""

    unit: KnownHsa | None = Field(default=None, description="The reading unit, in place of the header X-Unit.")


NoQuery = Annotated[InQuery, Query()]

# The form of a path's parts is documented and not enforced: a path that names nothing of ours is answered 404 by its
# route, which says what there is.
CaseId = Annotated[str, Path(alias="id", description="The hub's case id.", json_schema_extra={"pattern": _UUID})]
PlainPart = Annotated[str, Path(json_schema_extra={"pattern": f"^{_PLAIN}$"})]
VersionPart = Annotated[str, Path(json_schema_extra={"pattern": "^[1-9][0-9]{0,8}$"})]
CodePart = Annotated[str, Path(json_schema_extra={"pattern": CODE})]


def answer(content: Any) -> Response:
    """JSON that no cache keeps."""
    return Response(to_json(content), 200, PRIVATE, "application/json")


def plain(text: str) -> bool:
    """Whether a part of the path can be the name or the id of anything of ours."""
    return re.fullmatch(_PLAIN, text) is not None


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
    return clock.now()


MOMENT = "%Y%m%dT%H%M%S.%fZ"


def moment(at: datetime) -> str:
    """A time as a cursor holds it."""
    return at.astimezone(UTC).strftime(MOMENT)


def of_moment(text: str) -> datetime | None:
    """The inverse of ``moment``; None when the text is no time."""
    try:
        return datetime.strptime(text, MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


# --- bodies -----------------------------------------------------------------------------------------------------------


def body(model: type[BaseModel]) -> dict[str, Any]:
    """What the documentation says of a body that ``in_body`` reads."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


def in_body(model: type[M], most: int = _MOST_BYTES) -> Callable[[Request], Awaitable[M]]:
    """The dependency that reads a body of at most ``most`` bytes by its model; raises ``Refused`` 400 without repeating anything of it.

    FastAPI's own body parameters are not used: FastAPI reads and parses the body before the dependencies, so a caller
    without a token could send any amount, and it neither unpacks gzip nor refuses a member that stands twice.
    """

    async def read(request: Request) -> M:
        raw = await http.body_of(request, most)
        try:
            return model.model_validate(json_text.read(raw))
        except ValidationError as error:
            faults = error.errors(include_input=False, include_url=False)
            raise parameters.refusal([{**fault, "loc": ("body", *fault["loc"])} for fault in faults]) from None

    return read
