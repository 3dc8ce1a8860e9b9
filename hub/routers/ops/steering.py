"""How operations steers the delivery: a system is paused, resumed, sent a test notice, tried now; all are told something. Imports the
operations, the store and the HTTP edge.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from hub.errors import Refused
from hub.operations import delivery, self_service, trying
from hub.operations.known import no_such_system
from hub.operations.reason import given
from hub.routers.cases.question import body, in_body
from hub.routers.ops.acts import SystemId, WithReason
from hub.routers.ops.asking import PROBLEMS, READING_A_BODY, CanActOnMany, CanActOnOne, CanSee, TheDirectory, TheStore
from hub.store import announcements

ROUTES = APIRouter(tags=["steering"], responses=PROBLEMS)
TheAct = Annotated[WithReason, Depends(in_body(WithReason))]


class PausedSystem(BaseModel):
    """A system that is paused now, or no longer."""

    system: str
    paused: bool


@ROUTES.post(
    "/systems/{system}/pause",
    summary="Sends nothing to a system until it is resumed; in force in under a second",
    responses=READING_A_BODY,
    openapi_extra=body(WithReason),
)
async def pause(
    operator: CanActOnOne,
    store: TheStore,
    system: SystemId,
    act: TheAct,
) -> PausedSystem:
    done = await delivery.pause(store, system, operator.who, act.reason)
    return PausedSystem(system=done.system, paused=done.paused)


@ROUTES.post(
    "/systems/{system}/resume",
    summary="Sends to a paused system again",
    responses=READING_A_BODY,
    openapi_extra=body(WithReason),
)
async def resume(
    operator: CanActOnOne,
    store: TheStore,
    system: SystemId,
    act: TheAct,
) -> PausedSystem:
    done = await delivery.resume(store, system, operator.who, act.reason)
    return PausedSystem(system=done.system, paused=done.paused)


class TestNotice(BaseModel):
    """A test notice that is on its way."""

    id: str = Field(description="Its id; its timeline says how it goes.")


@ROUTES.post(
    "/systems/{system}/test-notice",
    summary="Sends a system a test notice by its whole way out: it holds nothing of anybody",
    responses=READING_A_BODY,
    openapi_extra=body(WithReason),
)
async def test_notice(
    operator: CanActOnOne,
    store: TheStore,
    known: TheDirectory,
    system: SystemId,
    act: TheAct,
) -> TestNotice:
    reason = given(act.reason)
    if (found := known.applied().system_by_id.get(system)) is None:
        raise no_such_system(system)
    async with store.transaction() as connection:
        return TestNotice(id=await self_service.send_test(connection, found, operator.who, reason))


class Try(WithReason):
    """What is to be tried now: one of the three."""

    notice: int | None = Field(
        default=None, ge=1, lt=2**63, description="A row that waits, after those before it in its case."
    )
    case: str | None = Field(default=None, max_length=36, description="The look-ups of a case that wait.")
    system: str | None = Field(default=None, max_length=40, description="All that waits for a system.")


class Tried(BaseModel):
    """What is tried now."""

    what: Literal["notice", "case", "system"]
    which: str
    count: int = Field(description="How many rows; of a notice with those of its case that go before it.")


@ROUTES.post(
    "/tries",
    summary="Tries now what waits, in its order and in under a second: a notice, a case's look-ups, all of a system",
    responses=READING_A_BODY,
    openapi_extra=body(Try),
)
async def tries(operator: CanActOnOne, store: TheStore, asked: Annotated[Try, Depends(in_body(Try))]) -> Tried:
    if [asked.notice, asked.case, asked.system].count(None) != 2:
        raise Refused(
            "invalid-value",
            "Ange en av notice, case och system: det som ska försökas nu.",
            "Give one of notice, case and system: what is to be tried now.",
            "/notice",
            400,
        )
    if asked.notice is not None:
        done, what = await trying.notice(store, asked.notice, operator.who, asked.reason), "notice"
    elif asked.case is not None:
        done, what = await trying.lookup(store, asked.case, operator.who, asked.reason), "case"
    else:
        done, what = await trying.system(store, asked.system or "", operator.who, asked.reason), "system"
    return Tried.model_validate({"what": what, "which": done.what, "count": done.count})


class ToAnnounce(WithReason):
    """What all are told."""

    text_sv: str = Field(max_length=2_000, description="In Swedish; nothing about a person.")
    text_en: str = Field(max_length=2_000, description="The same in English.")


class Announced(BaseModel):
    """An announcement that is on its way."""

    id: str
    systems: int


@ROUTES.post(
    "/announcements",
    summary="Tells every connected system something, tied to no case: maintenance, trouble, a new version (C-34)",
    responses=READING_A_BODY,
    openapi_extra=body(ToAnnounce),
)
async def announce(
    operator: CanActOnMany, store: TheStore, asked: Annotated[ToAnnounce, Depends(in_body(ToAnnounce))]
) -> Announced:
    done = await delivery.announce(store, asked.text_sv, asked.text_en, operator.who, asked.reason)
    return Announced(id=done.id, systems=done.systems)


class AnnouncementRow(BaseModel):
    """An announcement, and to how many systems it has gone."""

    id: str
    at: datetime
    text_sv: str
    text_en: str
    systems: int
    sent: int
    dead: int


class Announcements(BaseModel):
    """The latest announcements, the newest first."""

    rows: list[AnnouncementRow]


@ROUTES.get("/announcements", summary="What was announced, the newest first, and to how many systems it has gone")
async def announced(_: CanSee, store: TheStore) -> Announcements:
    async with store.transaction() as connection:
        found = await announcements.listed(connection)
    return Announcements(
        rows=[
            AnnouncementRow(
                id=one.message,
                at=one.at,
                text_sv=one.sv,
                text_en=one.en,
                systems=one.systems,
                sent=one.sent,
                dead=one.dead,
            )
            for one in found
        ]
    )
