"""What a message and a notice say, behind the glass; no cache keeps it. Imports the operations and the HTTP edge of operations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field, StringConstraints

from hub.operations import bodies
from hub.operations.bodies import Spoken
from hub.routers.cases.question import PRIVATE, Asked
from hub.routers.ops.acts import Number
from hub.routers.ops.asking import PROBLEMS, CanSeeBodies, TheDirectory, TheStore
from hub.routers.ops.messages import Id

ROUTES = APIRouter(
    tags=["bodies"], responses={**PROBLEMS, 410: {"description": "It was removed by the region's rule of gallring."}}
)


class WhyUnreadable(BaseModel):
    """Why something cannot be read."""

    rule: str
    sv: str
    en: str
    element: str | None


class ReadForm(BaseModel):
    """A message as the hub reads it, whatever format it came in."""

    type: str
    subject: str | None = None
    time: datetime | None = None
    unit: str | None = None
    actor: str | None = None
    role: str | None = None
    data: dict[str, Any]
    told: dict[str, Any] | None = Field(default=None, description="Of a notice: what the hub adds for its receiver.")


class BodyShown(BaseModel):
    """What something says: the bytes, and as they are read."""

    media_type: str
    attributes: dict[str, str] = Field(description="The CloudEvents attributes beside the body.")
    text: str | None = Field(description="The bytes as text; null where they are none.")
    base64: str | None = Field(description="The bytes, where they are no text.")
    read: ReadForm | None
    unreadable: WhyUnreadable | None


class WhichMessage(Asked):
    """Of which message."""

    source: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9\-._:/]{0,199}$")] = Field(
        description="As a search shows it: `urn:hsa:` and the unit."
    )
    id: Id


@ROUTES.get("/messages/body", summary="What a message says, as it came and as it is read; each reading is in the trail")
async def of_message(
    operator: CanSeeBodies, store: TheStore, asked: Annotated[WhichMessage, Query()], response: Response
) -> BodyShown:
    async with store.transaction() as connection:
        found = await bodies.of_message(connection, operator, asked.source, asked.id)
    response.headers.update(PRIVATE)
    return _shown(found)


@ROUTES.get(
    "/notices/{row}/body",
    summary="What a notice tells its receiver, in the receiver's format; each reading is in the trail",
)
async def of_notice(
    operator: CanSeeBodies, store: TheStore, in_force: TheDirectory, row: Number, response: Response
) -> BodyShown:
    async with store.transaction() as connection:
        found = await bodies.of_notice(connection, operator, row, in_force.now())
    response.headers.update(PRIVATE)
    return _shown(found)


def _shown(one: Spoken) -> BodyShown:
    why = one.unreadable
    return BodyShown(
        media_type=one.media_type,
        attributes=dict(one.attributes),
        text=one.text,
        base64=one.base64,
        read=None if one.read is None else ReadForm.model_validate(one.read),
        unreadable=None if why is None else WhyUnreadable(rule=why.rule, sv=why.sv, en=why.en, element=why.element),
    )
