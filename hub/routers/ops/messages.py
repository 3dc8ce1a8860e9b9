"""Searching for messages and notices, by what they are and what became of them; metadata only. Imports the operations and the HTTP edge of
operations.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError

from hub import clock
from hub.operations import glass, search
from hub.operations.search import Outcome, SearchHit, SearchQuestion
from hub.routers.cases.question import CODE, Asked, body, in_body
from hub.routers.ops.asking import PROBLEMS, READING_A_BODY, CanSee, CanSeeBodies, TheDirectory, TheStore
from hub.routers.parameters import WrittenTime
from hub.store.found import FoundMessage, FoundNotice
from hub.store.search import Connection
from schemas.directory import Directory
from schemas.identity_types import KnownHsa
from schemas.messages import HUB_SOURCE, MESSAGES, type_of

ROUTES = APIRouter(tags=["messages"], responses=PROBLEMS)

_NAMES: Final = {type_of(name): name for name in MESSAGES}


def _name(text: str) -> str:
    """A message's name, also where its whole CloudEvents type was given."""
    name = _NAMES.get(text, text)
    if name not in MESSAGES:
        raise PydanticCustomError(
            "not_a_type",
            "{en}",
            {"sv": "ange ett meddelandes namn, som kvittens", "en": "give a message's name, as kvittens"},
        )
    return name


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9\-._:/]{0,199}$")]
"""A message's id, or of what could not be read the place at which it came."""
CaseId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Ref = Annotated[str, StringConstraints(pattern=r"^(ref:)?[A-Za-z0-9][A-Za-z0-9\-._:]{0,131}$")]
SystemId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Name = Annotated[str, StringConstraints(max_length=100), AfterValidator(_name)]
Rule = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,59}$")]


class SearchFilters(Asked):
    """What is looked for; everything that is given must hold. Without anything: all messages, the newest first."""

    id: Id | None = Field(default=None, description="The message's id; several senders may use the same.")
    case: CaseId | None = Field(default=None, description="The hub's case id. What was refused belongs to no case.")
    ref: Ref | None = Field(default=None, description="The sender's own reference of its case, with or without `ref:`.")
    system: SystemId | None = Field(
        default=None, description="The system that sent it, or where `outcome` is of notices, that is told."
    )
    from_system: SystemId | None = Field(default=None, description="The system that sent it.")
    from_unit: KnownHsa | None = Field(default=None, description="The unit for which it was sent.")
    to_system: SystemId | None = Field(default=None, description="The system that is told: each row is a notice.")
    to_unit: KnownHsa | None = Field(
        default=None,
        description="The unit that is told, by the system that serves it now (name another in `to_system`): each row is a notice.",
    )
    type: Name | None = Field(default=None, description="The message's name, as `svu.inskrivning`.")
    rule: Rule | None = Field(default=None, description="The rule by which it was refused, as `V-2`.")
    deadline: str | None = Field(
        default=None, pattern=CODE, description="The name of the deadline that a `frist` tells of, as `kallelse_sip`."
    )
    outcome: Outcome | None = Field(
        default=None,
        description=(
            "Of the message: `accepted`, `refused`, `held`. Of its notices, and then each row is a notice: `waiting`, `late` (waiting for"
            " longer than is on time, HUB_ON_TIME_S), `dead`, `sent`, `sent-late` (sent, but not on time; what a replay sent is not)."
        ),
    )
    since: WrittenTime | None = Field(
        default=None, description="Received (a notice: accepted to be told) at this moment or later."
    )
    until: WrittenTime | None = Field(default=None, description="Before this moment.")
    sent_since: WrittenTime | None = Field(
        default=None, description="Sent at this moment or later: each row is a notice."
    )
    after: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None = Field(
        default=None, description="`next` of the page before, with the same question."
    )
    limit: int = Field(default=50, ge=1, le=200, description="The most rows.")


class MessageFound(BaseModel):
    """A message, without what it says."""

    source: str
    id: str
    type: str | None = Field(description="Null where it cannot be read.")
    system: str
    unit: str | None = Field(description="For which it was sent; null of the hub's own, and of what cannot be read.")
    unit_name: str | None
    received_at: datetime
    outcome: str = Field(description="accepted · refused · held")
    rule: str | None
    element: str | None
    case: str | None
    sequence: int | None
    gallrad: bool
    told: dict[str, int] = Field(
        description="State (waiting, sent, dead, skipped) → how many of its notices are in it."
    )


class NoticeFound(BaseModel):
    """A notice, receipt or announcement, without what it says."""

    id: str
    row: int
    kind: str
    message: str
    system: str
    units: list[str]
    case: str | None
    sequence: int | None
    accepted_at: datetime
    state: str = Field(description="waiting · sent · dead · skipped")
    behind: bool = Field(description="Whether it waits behind a dead one of its case.")
    attempts: int
    answer: str | None
    sent_at: datetime | None
    next_try_at: datetime | None


class SearchRow(BaseModel):
    """A message, and where notices are looked for one notice of it."""

    message: MessageFound | None
    notice: NoticeFound | None


class FoundPage(BaseModel):
    """One page, the newest first. A page looks back for a tenth of a second."""

    rows: list[SearchRow]
    next: str | None = Field(
        description="`after` of the next page; null where there is nothing more. There may be one after no rows."
    )
    looked_back_to: datetime | None = Field(
        description="All since this moment has been looked at, and the next page goes on from it; null where there is nothing more."
    )


@ROUTES.get("/messages", summary="Searches messages and notices, the newest first; metadata only")
async def messages(
    _: CanSee, store: TheStore, in_force: TheDirectory, asked: Annotated[SearchFilters, Query()]
) -> FoundPage:
    async with store.transaction() as connection:
        return await _page(connection, in_force.now(), asked)


class OfAPerson(SearchFilters):
    """Whose messages, and which of them."""

    personnummer: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}[0-9A-Z]{4}$")] = Field(
        description="The whole number; one that the person had before finds them too (C-60)."
    )


@ROUTES.post(
    "/messages/by-person",
    summary="Searches the messages of a person's cases: behind the glass, and each search is in the trail",
    responses=READING_A_BODY,
    openapi_extra=body(OfAPerson),
)
async def by_person(
    operator: CanSeeBodies,
    store: TheStore,
    in_force: TheDirectory,
    asked: Annotated[OfAPerson, Depends(in_body(OfAPerson))],
) -> FoundPage:
    async with store.transaction() as connection:
        await glass.used(connection, operator, "a search by person")
        return await _page(connection, in_force.now(), asked, asked.personnummer)


async def _page(
    connection: Connection, directory: Directory, asked: SearchFilters, personnummer: str | None = None
) -> FoundPage:
    given = asked.model_dump(exclude={"after", "limit", "personnummer", "ref"})
    ref = None if asked.ref is None else asked.ref.removeprefix("ref:")
    question = SearchQuestion(**given, ref=ref, personnummer=personnummer)
    page = await search.ask(connection, question, directory, asked.after, asked.limit)
    return FoundPage(
        rows=[_row(one, directory) for one in page.rows], next=page.next, looked_back_to=page.looked_back_to
    )


def _row(row: SearchHit, directory: Directory) -> SearchRow:
    return SearchRow(
        message=None if row.message is None else _message(row.message, directory),
        notice=None if row.notice is None else _notice(row.notice),
    )


def _message(one: FoundMessage, directory: Directory) -> MessageFound:
    unit = one.source.removeprefix("urn:hsa:") if one.source.startswith("urn:hsa:") else None
    entry = directory.unit_by_hsa.get(unit) if unit is not None else None
    return MessageFound(
        source=one.source,
        id=one.id,
        type=one.name,
        system=one.system,
        unit=unit,
        unit_name="Hubben" if one.source == HUB_SOURCE else None if entry is None else entry.name,
        received_at=one.received_at,
        outcome=one.outcome,
        rule=one.rule,
        element=one.element,
        case=one.case_id,
        sequence=one.sequence,
        gallrad=one.gallrad,
        told=dict(one.told),
    )


def _notice(one: FoundNotice) -> NoticeFound:
    return NoticeFound(
        id=f"out-{one.name}",
        row=one.id,
        kind=one.kind,
        message=one.message,
        system=one.system,
        units=one.units,
        case=one.case_id,
        sequence=one.sequence,
        accepted_at=one.accepted_at,
        state=one.state,
        behind=one.behind,
        attempts=one.attempts,
        answer=one.answer,
        sent_at=one.sent_at,
        next_try_at=one.due_at if one.state == "waiting" and one.attempts and one.due_at > clock.now() else None,
    )
