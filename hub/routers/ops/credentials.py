"""The credentials of a system: listed without their values, rotated, ended. Imports the operations and the HTTP edge of operations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from hub.operations import credentials
from hub.routers.cases.question import body, in_body
from hub.routers.ops.acts import SystemId, WithReason
from hub.routers.ops.asking import PROBLEMS, READING_A_BODY, CanChangeTheDirectory, CanSee, TheStore

ROUTES = APIRouter(tags=["credentials"], responses=PROBLEMS)
CredentialKind = Literal["token", "secret", "bearer"]


class CredentialRow(BaseModel):
    """A credential that is valid, or will be, without its value."""

    kind: CredentialKind
    known_as: str = Field(description="The first characters of its SHA-256, by which it is ended.")
    since: datetime
    until: datetime | None = Field(description="When it ends; null where it does not.")
    who: str | None = Field(description="Who made it; null of the directory's own.")


class CredentialRows(BaseModel):
    """The credentials of a system."""

    rows: list[CredentialRow]
    next: None = None


@ROUTES.get(
    "/systems/{system}/credentials", summary="A system's tokens and secrets: their age and end, never their values"
)
async def listed(_: CanSee, store: TheStore, system: SystemId) -> CredentialRows:
    found = await credentials.of_systems(store, system)
    rows = [
        CredentialRow(kind=one.kind, known_as=one.known_as, since=one.since, until=one.until, who=one.who)
        for one in found
    ]
    return CredentialRows(rows=rows)


class ToRotate(WithReason):
    """Which kind is rotated."""

    kind: CredentialKind
    old_for_s: float = Field(
        default=7 * 86_400.0, ge=0, le=90 * 86_400.0, description="Seconds for which the old one is valid too."
    )


class MadeCredential(BaseModel):
    """A new credential; its value is shown this once."""

    kind: CredentialKind
    value: str
    since: datetime
    old_until: datetime


@ROUTES.post(
    "/systems/{system}/credentials/rotate",
    summary="Makes a new token or secret, shown this once; the old one stays valid for a time",
    responses=READING_A_BODY,
    openapi_extra=body(ToRotate),
)
async def rotate(
    operator: CanChangeTheDirectory,
    store: TheStore,
    system: SystemId,
    act: Annotated[ToRotate, Depends(in_body(ToRotate))],
) -> MadeCredential:
    done = await credentials.rotate_by_hand(store, system, act.kind, act.old_for_s, operator.who, act.reason)
    return MadeCredential(kind=done.kind, value=done.value, since=done.since, old_until=done.old_until)


class ToEnd(WithReason):
    """Which credential ends."""

    known_as: str = Field(min_length=8, max_length=64, pattern="^[0-9a-f]+$")


class EndedNow(BaseModel):
    """A credential that has ended."""

    kind: CredentialKind
    known_as: str


@ROUTES.post(
    "/systems/{system}/credentials/end",
    summary="Ends one token or secret now, as when it has leaked; the last of its kind cannot be ended",
    responses=READING_A_BODY,
    openapi_extra=body(ToEnd),
)
async def end(
    operator: CanChangeTheDirectory, store: TheStore, system: SystemId, act: Annotated[ToEnd, Depends(in_body(ToEnd))]
) -> EndedNow:
    done = await credentials.end_by_hand(store, system, act.known_as, operator.who, act.reason)
    return EndedNow(kind=done.kind, known_as=done.known_as)
