"""The pull inbox over HTTP: ``GET /inbox`` waits for notices, ``POST /inbox/ack`` acknowledges them (delivery.md §3). Imports the
delivery's inbox and the HTTP edge.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import Response
from pydantic import Field
from pydantic_core import to_json

from hub.delivery.acks import Ack
from hub.delivery.pull_inbox import Fetched, PullInbox
from hub.errors import Refused
from hub.routers import openapi
from hub.routers.cases.question import PRIVATE, Asked, answer, body, in_body
from hub.routers.dependencies import ConnectedSystem
from hub.routers.rate import Rate
from hub.translators import native
from schemas.ways_out import InboxOut

MOST_AT_ONCE: Final = 500
_CALLS_A_SECOND: Final = 50
ROUTES = APIRouter(tags=["inbox"], responses={**openapi.READING, **openapi.OF_THE_INBOX})


def wire(api: FastAPI, inbox: PullInbox) -> None:
    """Gives the routes of ``api`` the inbox."""
    api.state.pull_inbox = inbox
    api.state.inbox_rate = Rate(_CALLS_A_SECOND)


async def _inbox(request: Request, system: ConnectedSystem) -> PullInbox:
    await cast("Rate", request.app.state.inbox_rate).count(system.id)
    return cast("PullInbox", request.app.state.pull_inbox)


TheInbox = Annotated[PullInbox, Depends(_inbox)]


class Fetch(Asked):
    """What a reader asks for."""

    after: UUID | None = Field(
        default=None,
        description="`next` of the reader's former answer: what it has fetched and not acknowledged stays in its hands, for its"
        " full time again. It hides nothing: a notice that is written late is given too.",
    )
    wait: int = Field(default=0, ge=0, le=60, description="Seconds to wait for a notice where there is none.")
    limit: int = Field(default=100, ge=1, le=MOST_AT_ONCE, description="The most notices.")


@ROUTES.get(
    "/inbox",
    summary="The system's notices that are not acknowledged: in order per case, each in one reader's hands at a time",
)
async def fetch(
    request: Request, system: ConnectedSystem, inbox: TheInbox, asked: Annotated[Fetch, Query()]
) -> Response:
    if not isinstance(system.out, InboxOut):
        raise replace(NO_INBOX)
    async with _gone(request) as gone:
        found = await inbox.fetch(
            system, None if asked.after is None else str(asked.after), asked.limit, asked.wait, gone
        )
    return Response(_written(found), 200, PRIVATE, native.JSON)


@asynccontextmanager
async def _gone(request: Request) -> AsyncIterator[asyncio.Future[Any]]:
    """Done when the client is gone: what nobody would read is given to nobody. While it is awaited, ``Bounded`` counts the call as
    one that reads, so a reader may wait longer than an answer may take.
    """
    gone = asyncio.ensure_future(_until_gone(request))
    try:
        yield gone
    finally:
        gone.cancel()


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _written(found: Fetched) -> bytes:
    notices = b",".join(
        to_json({"id": one.outgoing.id, "again": one.again})[:-1]
        + b',"event":'
        + native.structured(one.outgoing.encoded.attributes, one.outgoing.encoded.body)
        + b"}"
        for one in found.notices
    )
    return b'{"notices":[' + notices + b"]," + to_json({"next": found.reader, "until": found.until})[1:]


class Acknowledged(Asked):
    """What is said of one notice."""

    id: str = Field(
        max_length=40, description="The notice's `id`, as it was fetched; of another way out its `webhook-id`."
    )
    outcome: Literal["taken", "read", "refused"] = Field(
        default="taken",
        description="`read`: somebody has read it, too, now or after it was taken. `refused`: the system cannot handle it; operations sees"
        " to it, and the case's later notices wait.",
    )
    reason: str = Field(
        default="", max_length=500, description="Why it is refused, for operations; nothing about a person."
    )


class Acks(Asked):
    """Acknowledgements of notices."""

    acks: list[Acknowledged] = Field(min_length=1, max_length=MOST_AT_ONCE)


@ROUTES.post(
    "/inbox/ack",
    summary="Acknowledges notices; one that cannot be is answered by its status, several by 200 with a status each. What was said before"
    " may be said again",
    responses=openapi.READING_A_BODY,
    openapi_extra=body(Acks),
)
async def acknowledge(
    system: ConnectedSystem, inbox: TheInbox, asked: Annotated[Acks, Depends(in_body(Acks, 256_000))]
) -> Response:
    said = [Ack(one.id, one.outcome, one.reason) for one in asked.acks]
    faults = await inbox.acknowledge(system, said)
    if len(said) == 1 and faults[0] is not None:
        raise replace(faults[0])
    return answer({"acks": [_told(ack, fault) for ack, fault in zip(said, faults, strict=True)]})


def _told(ack: Ack, fault: Refused | None) -> dict[str, Any]:
    """What became of one of several."""
    if fault is None:
        return {"id": ack.id, "status": 200}
    return {"id": ack.id, "status": fault.status, "rule": fault.rule, "text": {"sv": fault.sv, "en": fault.en}}


NO_INBOX: Final = Refused(
    "no-inbox",
    "Systemet hämtar inte sina underrättelser: katalogen anger en annan väg ut (out.way).",
    "The system does not fetch its notices: the directory says another way out (out.way).",
    "/authorization",
    404,
)
