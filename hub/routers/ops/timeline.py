"""What happened to a message or a case: lanes, entries, the law's clock, how each notice stands; as JSON and as FHIR AuditEvents. Imports
the operations, the translators and the HTTP edge of operations.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from hub.operations.timeline import pages, whole
from hub.operations.timeline.entry import KINDS
from hub.routers.cases.question import PRIVATE, Asked
from hub.routers.ops.asking import PROBLEMS, CanSee, TheDirectory, TheStore
from hub.translators.fhir import delivery_status

ROUTES = APIRouter(tags=["messages"], responses=PROBLEMS)
_FHIR: Final = "application/fhir+json"
_PLACE: Final = r"^-?[0-9]{1,20}(\.-?[0-9]{1,20}){1,5}$"
_MOST: Final = 1_000
_OF_KIND: Final = "; ".join(f"`{kind}`: {said}" for kind, said in KINDS.items())


class Shown(BaseModel):
    """What is made of the operations' own values by their names."""

    model_config = ConfigDict(from_attributes=True)


class InBoth(Shown):
    """A sentence in both languages."""

    sv: str
    en: str


class LaneShown(InBoth):
    """Who did what stands on it."""

    id: str
    kind: str = Field(description="hub · registers · law · operations · system · unit")
    parties: list[str] = Field(description="Of a system or a unit: slutenvard, oppenvard, kommun.")


class EntryShown(InBoth):
    """One thing that happened."""

    at: datetime
    lane: str
    kind: str = Field(description=_OF_KIND)
    message: str | None
    source: str | None
    type: str | None
    case: str | None
    sequence: int | None
    system: str | None
    units: list[str]
    row: int | None
    outcome: str | None = Field(
        description="accepted · refused · held; what a register or HSA answered; what was done by hand; late: of what was sent long after"
        " it was written; of the hub's own message to a case: ok, or the rule that refused or holds it."
    )
    rule: str | None = Field(description="By which it was refused.")
    rules: list[str] = Field(description="Which the row that accepted it obeys.")
    error: str | None = Field(description="Its id in the error catalogue, where something went wrong or waits.")
    element: str | None
    answer: str | None = Field(description="The receiver's answer; of a kvittens the message that it acknowledges.")
    who: str | None
    reason: str | None
    deadline: str | None
    due: datetime | None
    went: Literal["good", "bad", "slow", "plain"] = Field(description="slow: it waits, or is tried again.")


class DeadlineShown(Shown):
    """A deadline that the case has or had."""

    key: str
    name: str
    about: str | None = Field(description="A step, a meeting, an element, a kind of consent.")
    due: datetime
    set_at: datetime
    set_by: str = Field(description="The message that brought it.")
    state: Literal["open", "passed", "missed", "met", "lapsed"] = Field(
        description="passed: its time has come and nobody is told yet; lapsed: moved, or fallen away with the case."
    )
    ended_at: datetime | None = Field(
        description="When what was due was done, in time or late, or the deadline fell away."
    )
    ended_by: str | None = Field(description="The message that ended it.")
    told_at: datetime | None


class ClockShown(Shown):
    """The law's clock of a case, and its deadlines."""

    case: str
    process: str
    status: str
    law: dict[str, Any] | None = Field(
        description="Who is liable, from which day or for want of what (lag 2017:612): starts, unmet, municipality, days, klar …"
    )
    deadlines: list[DeadlineShown]


class NoticeShown(Shown):
    """How a notice stands: the furthest that it has come."""

    row: int
    name: int = Field(description="The number in its id: out-<name>.")
    message: str
    case: str | None
    sequence: int | None
    system: str
    units: list[str]
    state: str = Field(
        description="kvittens · read · acknowledged · sent · waiting · behind (a dead one) · dead · skipped"
    )
    since: datetime
    by: list[str] = Field(description="The units whose kvittens it has.")
    awaits: dict[str, str] = Field(description="unit → the act that was asked of it.")
    attempts: int
    answer: str | None
    why: InBoth | None = Field(description="Why it waits.")
    next_try_at: datetime | None
    reached: bool = Field(description="It has reached its receiver, and is not to be told again.")


class TimelineShown(Shown):
    """A timeline, oldest first; nothing of the person, and nothing that messages say."""

    wanted: str
    lanes: list[LaneShown]
    entries: list[EntryShown]
    clocks: list[ClockShown] = Field(
        description="Of each case; a message's id may be used by several senders. Of a page, the deadlines that ran in its time."
    )
    notices: list[NoticeShown] = Field(
        description="What is dead, what waits, what waits behind what is dead, what was given up, what has reached its receiver; of each"
        " the newest first."
    )
    well: list[int] = Field(description="The rows of the outbox, of these entries, that ended well in the end.")
    sources: list[str] = Field(description="The senders of messages with this id.")
    count: int = Field(description="Of all entries.")
    notices_count: int
    next: str | None = Field(description="Of a page: the `before` of the page before it.")
    notices_next: str | None = Field(description="The `notices_after` of the next notices.")


class How(Asked):
    """In which form, and how much of it."""

    format: Literal["json", "fhir"] | None = Field(
        default=None, description="fhir: a Bundle of AuditEvents (FHIR R4). Left out: as Accept says."
    )
    limit: int | None = Field(
        default=None,
        ge=1,
        le=_MOST,
        description=f"The most entries, and notices. Left out: all, or {_MOST} where a later page is asked for.",
    )
    before: str | None = Field(
        default=None, pattern=_PLACE, description="`next` of a page. Left out: the newest entries."
    )
    notices_after: str | None = Field(
        default=None, pattern=_PLACE, description="`notices_next` of a page. Left out: the first notices."
    )

    @property
    def most(self) -> int | None:
        """How many entries and notices a page has; None where the whole is asked for."""
        is_later = self.before is not None or self.notices_after is not None
        return _MOST if self.limit is None and is_later else self.limit


WantedId = Annotated[
    str,
    Path(
        alias="id",
        pattern=r"^[^\x00]*$",
        description="A message's id, or a case's.",
        json_schema_extra={"pattern": r"^[A-Za-z0-9][A-Za-z0-9\-._:/]{0,199}$"},
    ),
]


@ROUTES.get(
    "/timeline/{id:path}",  # noqa: FAST003 - by its alias; the id of what could not be read is a place, with slashes
    summary="What happened to a message or a case; with Accept: application/fhir+json as a Bundle of AuditEvents",
    response_model=TimelineShown,
    responses={200: {"content": {_FHIR: {}}}},
)
async def timeline(
    request: Request,
    _: CanSee,
    store: TheStore,
    in_force: TheDirectory,
    id_: WantedId,
    asked: Annotated[How, Query()],
) -> TimelineShown | Response:
    async with store.transaction() as connection:
        found = await whole.of(connection, id_, in_force.now())
    if (most := asked.most) is not None:
        found = pages.of(found, most, asked.before, asked.notices_after)
    accepted = request.headers.get("accept", "")
    if asked.format == "fhir" or (asked.format is None and _FHIR in accepted):
        return Response(delivery_status.write(id_, found.entries), 200, PRIVATE, _FHIR)
    return TimelineShown.model_validate(found)
