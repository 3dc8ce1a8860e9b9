"""What operations does with what is held (D-4): release, refuse, edit; a partition that waits goes on. Imports the operations and the HTTP
edge.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from hub.operations import editing, refusing, waiting
from hub.operations.editing import MessageEdit
from hub.routers.cases.question import body, in_body
from hub.routers.ops.acts import Named, Number, WithReason
from hub.routers.ops.asking import PROBLEMS, READING_A_BODY, CanActOnOne, CanSeeBodies, TheStore

ROUTES = APIRouter(tags=["held"], responses=PROBLEMS)
_MOST_BYTES = 6_000_000
"""Of an edit: a message of the largest size, whose characters may all be escaped."""


class Released(BaseModel):
    """Held messages that are tried within a second."""

    messages: list[str]


@ROUTES.post(
    "/held/{number}/release",
    summary="Tries a held message now, and those before it in its case",
    responses=READING_A_BODY,
    openapi_extra=body(WithReason),
)
async def release(
    operator: CanActOnOne, store: TheStore, number: Number, act: Annotated[WithReason, Depends(in_body(WithReason))]
) -> Released:
    done = await waiting.release(store, number, operator.who, act.reason)
    return Released(messages=list(done.messages))


class RefusedMessage(BaseModel):
    """A held message that is refused; its sender gets a receipt."""

    message: str


@ROUTES.post(
    "/held/{number}/refuse",
    summary="Refuses a held message: its sender gets a receipt, and what waits behind it goes on",
    responses=READING_A_BODY,
    openapi_extra=body(WithReason),
)
async def refuse(
    operator: CanActOnOne, store: TheStore, number: Number, act: Annotated[WithReason, Depends(in_body(WithReason))]
) -> RefusedMessage:
    return RefusedMessage(message=(await refusing.refuse(store, number, operator.who, act.reason)).message)


class HeldBody(BaseModel):
    """A held message as it is now, its body included."""

    message: str
    media_type: str
    attributes: dict[str, str] | None = Field(
        description="The CloudEvents attributes that came beside the body; null where they stand in it."
    )
    body: str
    edited: int = Field(description="How often it has been edited; give it with an edit.")


@ROUTES.get("/held/{number}/body", summary="A held message with its body, from behind the glass")
async def held_body(operator: CanSeeBodies, store: TheStore, number: Number) -> HeldBody:
    found = await editing.read(store, number, operator)
    return HeldBody(
        message=found.message,
        media_type=found.media_type,
        attributes=found.attributes,
        body=found.body,
        edited=found.edited,
    )


class ToEdit(WithReason):
    """What is changed of a held message; what is left out stays."""

    edited: int = Field(ge=0, description="How often it had been edited when it was read, as `body` says.")
    body: str | None = Field(default=None, description="The whole body, in place of the one that it has.")
    patch: dict[str, Any] | None = Field(
        default=None, description="A JSON merge patch (RFC 7396) of the body, where that is JSON."
    )
    attributes: dict[str, str | None] | None = Field(
        default=None, description="A merge patch of the CloudEvents attributes, where they came beside the body."
    )


class Edited(BaseModel):
    """What came of an edit."""

    message: str
    outcome: Literal["accepted", "held"] = Field(description="Held: it waits for something still, and is tried again.")
    case: str | None
    sequence: int | None
    changed: list[str] = Field(description="The places that were changed.")


@ROUTES.post(
    "/held/{number}/edit",
    summary="Edits a held message, behind the glass, and has it judged; what it was is kept, and what a rule refuses changes nothing",
    responses=READING_A_BODY,
    openapi_extra=body(ToEdit),
)
async def edit(
    operator: CanActOnOne,
    _: CanSeeBodies,
    store: TheStore,
    number: Number,
    asked: Annotated[ToEdit, Depends(in_body(ToEdit, _MOST_BYTES))],
) -> Edited:
    change = MessageEdit(asked.edited, asked.body, asked.patch, asked.attributes)
    done = await editing.edit(store, number, change, operator, asked.reason)
    return Edited(
        message=done.message, outcome=done.outcome, case=done.case, sequence=done.sequence, changed=list(done.changed)
    )


class Pass(WithReason):
    """Where a partition goes on."""

    to: int | None = Field(default=None, ge=1, lt=2**63, description="The offset; left out: after what it waits at.")


class Passed(BaseModel):
    """A partition that goes on."""

    topic: str
    partition: int
    at: int | None = Field(description="The offset at which it waited; null where it did not.")
    to: int | None = Field(description="Where it goes on; what lies between is not read.")
    gaps: int = Field(description="How many gaps in it are settled.")


@ROUTES.post(
    "/partitions/{topic}/{partition}/pass",
    summary="Lets a partition of Kafka go on past what cannot be read, which stays with the broker; or settles its gaps",
    responses=READING_A_BODY,
    openapi_extra=body(Pass),
)
async def let_pass(
    operator: CanActOnOne,
    store: TheStore,
    topic: Named,
    partition: Annotated[int, Path(ge=0, lt=2**31, description="Its number.")],
    asked: Annotated[Pass, Depends(in_body(Pass))],
) -> Passed:
    done = await waiting.let_pass(store, topic, partition, asked.to, operator.who, asked.reason)
    return Passed(topic=done.topic, partition=done.partition, at=done.at, to=done.to, gaps=done.gaps)
