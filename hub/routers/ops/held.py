"""What is held (D-4): messages that cannot be handled now, and Kafka partitions that wait. Imports the operations, the store and the HTTP
edge.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from hub.catalogue import ids
from hub.catalogue.catalogue import in_short
from hub.intake.arrival import is_case_id
from hub.routers.cases.question import Asked
from hub.routers.ops.asking import PROBLEMS, CanSee, TheStore
from hub.routers.ops.pages import PageAsked
from hub.store import held_list, partitions
from hub.store.held_list import HeldFilter, HeldRow
from schemas.messages import BilingualText

ROUTES = APIRouter(tags=["held"], responses=PROBLEMS)


class HeldMessage(BaseModel):
    """A held message, without its body."""

    number: int = Field(description="By which it is released, edited or refused.")
    message: str = Field(description="The id that it bears.")
    source: str
    system: str = Field(description="The system that sent it; `hub`: the hub itself.")
    name: str | None = Field(description="The message's name; null where it could not be read.")
    case: str | None
    queue: str = Field(description="What it waits in: its case, or, before there is one, its system and reference.")
    reason: str = Field(description="The kind of the reason, as `/held/groups` has it.")
    error: str = Field(description="Its id in the error catalogue.")
    text: BilingualText = Field(description="What it means and what to do.")
    since: datetime
    reason_since: datetime
    next_try: datetime
    tried: int = Field(description="How often it has been tried again with this reason.")
    behind: int = Field(description="How many messages of its case wait behind it.")
    edited: int = Field(description="How often operations has edited it.")


class HeldMessages(BaseModel):
    """A page of what is held."""

    rows: list[HeldMessage]
    next: str | None


class HeldQuery(PageAsked):
    """Which of the held messages."""

    reason: str | None = Field(default=None, max_length=200, description="Of this kind, as `/held/groups` has it.")
    system: str | None = Field(default=None, max_length=40, description="Sent by this system.")
    queue: str | None = Field(default=None, max_length=300, description="Of this case, or this system and reference.")
    message: str | None = Field(default=None, max_length=300, description="With this id.")


@ROUTES.get("/held", summary="The messages that are held, those that came first first")
async def held(_: CanSee, store: TheStore, asked: Annotated[HeldQuery, Query()]) -> HeldMessages:
    wanted = HeldFilter(asked.reason, asked.system, asked.queue, asked.message)
    async with store.transaction() as connection:
        found = await held_list.listed(connection, wanted, asked.above, asked.limit + 1)
    rows, after = asked.cut(found, "number")
    return HeldMessages(rows=[_message(one) for one in rows], next=after)


def _message(one: HeldRow) -> HeldMessage:
    return HeldMessage(
        number=one.number,
        message=one.message,
        source=one.source,
        system=one.system,
        name=one.name,
        case=one.case_key if is_case_id(one.case_key) else None,
        queue=one.case_key,
        reason=one.reason,
        error=ids.of_held(one.reason),
        text=in_short(ids.of_held(one.reason)),
        since=one.since,
        reason_since=one.reason_since,
        next_try=one.due_at,
        tried=one.attempts,
        behind=one.behind,
        edited=one.edited,
    )


class HeldGroup(BaseModel):
    """Messages that are held for the same reason; `/held?reason=…` has them."""

    reason: str
    error: str = Field(description="Its id in the error catalogue.")
    text: BilingualText = Field(description="What it means and what to do.")
    count: int
    cases: int
    oldest: datetime
    again: int = Field(description="How many have been tried again, and are held for the same reason still.")
    most_tried: int
    released: int = Field(description="How often operations has released one of them, and it came back.")
    example: int = Field(description="The number of the oldest.")


class HeldGroups(BaseModel):
    """All that is held, by reason."""

    rows: list[HeldGroup]


@ROUTES.get(
    "/held/groups", summary="What is held by kind of reason, the largest first, with how often the same has come back"
)
async def groups(_: CanSee, store: TheStore) -> HeldGroups:
    async with store.transaction() as connection:
        found = await held_list.groups(connection)
    return HeldGroups(
        rows=[
            HeldGroup(
                reason=one.reason,
                error=ids.of_held(one.reason),
                text=in_short(ids.of_held(one.reason)),
                count=one.count,
                cases=one.cases,
                oldest=one.oldest,
                again=one.again,
                most_tried=one.most_tried,
                released=one.released,
                example=one.example,
            )
            for one in found
        ]
    )


class Partition(BaseModel):
    """A partition of Kafka that waits at what cannot be read, or (`lost`) a gap in it."""

    topic: str
    partition: int
    at: int = Field(description="The offset of the first record concerned.")
    until: int | None = Field(description="The offset after the last record concerned, where it is known.")
    reason: str
    error: str = Field(description="Its id in the error catalogue.")
    since: datetime
    pass_to: int | None = Field(description="Where operations lets it go on.")
    lost: bool


class Partitions(BaseModel):
    """The partitions that wait, and the gaps."""

    rows: list[Partition]


class PartitionsQuery(Asked):
    """Which of them."""

    lost: bool | None = Field(default=None, description="Only the gaps, or only what waits.")


@ROUTES.get("/partitions", summary="The partitions of Kafka that wait at what cannot be read, and the gaps in them")
async def waiting_partitions(_: CanSee, store: TheStore, asked: Annotated[PartitionsQuery, Query()]) -> Partitions:
    async with store.transaction() as connection:
        found = [one for one in await partitions.incidents(connection) if asked.lost in {None, one.lost}]
    return Partitions(
        rows=[
            Partition(
                topic=one.topic,
                partition=one.partition,
                at=one.at,
                until=one.until,
                reason=one.reason,
                error=ids.of_partition(one.reason),
                since=one.since,
                pass_to=one.pass_to,
                lost=one.lost,
            )
            for one in found
        ]
    )
