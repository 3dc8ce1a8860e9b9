"""Reconciliation, for a connected system by its own token: ``/reconciliation`` (delivery.md §4). Imports the operations and the HTTP edge.

Everything is of the system behind the token: an id of another's is answered as one that nobody has.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from hub.operations import reconciliation
from hub.operations.reconciliation import Books, Compared, OwnMessage
from hub.routers import openapi
from hub.routers.cases.question import Asked, answer, body, in_body
from hub.routers.dependencies import ConnectedSystem
from hub.routers.parameters import WrittenTime
from hub.routers.self_service import TheStore
from hub.store.reconciliation import BookedMessage, BookedNotice

ROUTES = APIRouter(
    tags=["reconciliation"], prefix="/reconciliation", responses={**openapi.READING, **openapi.OF_A_SYSTEM}
)
_MOST_BYTES: Final = 4_000_000
MessageIdListed = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9\-._:/]{0,199}$")]
Source = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9\-._:/]*$")]


class ReconciledSpan(Asked):
    """Of which time: at most seven days, and ten thousand messages and notices."""

    since: WrittenTime = Field(description="What the hub received, or accepted to be told, since this moment.")
    until: WrittenTime | None = Field(default=None, description="Before this moment; left out: up to now.")


@ROUTES.get(
    "", summary="What the system has sent and was told in a time: counts by hour, and the ids with their outcome"
)
async def books(system: ConnectedSystem, store: TheStore, asked: Annotated[ReconciledSpan, Query()]) -> Response:
    since, until = reconciliation.spanned(asked.since, asked.until)
    async with store.transaction() as connection:
        found = await reconciliation.books(connection, system.id, since, until)
    return answer(
        {
            **_span(found),
            "windows": windows(found),
            "sent": [_message(one) for one in found.sent],
            "told": [_notice(one) for one in found.told],
        }
    )


def _span(found: Any) -> dict[str, Any]:
    return {"since": found.since, "until": found.until, "settled_until": found.settled_until}


def windows(found: Books) -> list[dict[str, Any]]:
    """The hours, as they are answered with."""
    return [
        {"since": one.since, "until": one.until, "open": one.open, "sent": one.sent, "told": one.told}
        for one in found.windows
    ]


def _message(one: BookedMessage) -> dict[str, Any]:
    return {
        "id": one.id,
        "source": one.source,
        "message": one.name,
        "received_at": one.received_at,
        "outcome": one.outcome,
        "rule": one.rule,
        "case": one.case_id,
    }


def _notice(one: BookedNotice) -> dict[str, Any]:
    return {
        "id": f"out-{one.name}",
        "kind": one.kind,
        "message": one.message,
        "case": one.case_id,
        "sequence": one.sequence,
        "accepted_at": one.accepted_at,
        "state": one.state,
        "sent_at": one.sent_at,
    }


class SentListed(Asked):
    """A message that the system has sent."""

    id: MessageIdListed
    source: Source | None = Field(default=None, description="Left out: of any of the system's units.")
    outcome: Literal["accepted", "refused", "held"] | None = Field(
        default=None, description="How its receipt answered it, as the system has it; left out: not compared."
    )


class TakenListed(Asked):
    """A notice that the system has taken in."""

    id: Annotated[str, StringConstraints(pattern=r"^out-[1-9][0-9]{0,17}$")] = Field(description="Its `webhook-id`.")


class OwnList(ReconciledSpan):
    """The system's own list of a time."""

    sent: list[SentListed] = Field(default=[], max_length=reconciliation.MOST)
    taken: list[TakenListed] = Field(default=[], max_length=reconciliation.MOST)
    expected: int | None = Field(
        default=None,
        ge=0,
        description="`replay.count` of a comparison before: that many are sent again, marked `replay`. Left out: nothing is.",
    )


@ROUTES.post(
    "",
    summary="Compares the system's own list with the hub's books, names what is missing on either side, and sends it again when asked to",
    responses=openapi.READING_A_BODY,
    openapi_extra=body(OwnList),
)
async def compare(
    system: ConnectedSystem, store: TheStore, asked: Annotated[OwnList, Depends(in_body(OwnList, _MOST_BYTES))]
) -> Response:
    span = reconciliation.spanned(asked.since, asked.until)
    sent = [OwnMessage(one.id, one.source, one.outcome) for one in asked.sent]
    taken = [int(one.id.removeprefix("out-")) for one in asked.taken]
    async with store.transaction() as connection:
        found = await reconciliation.compare(connection, system, span, sent, taken, asked.expected)
    return answer(
        {
            **_span(found),
            "sent": _side(found.sent) | {"missing_there": [_message(one) for one in found.sent.missing_there]},
            "taken": _side(found.taken) | {"missing_there": [_notice(one) for one in found.taken.missing_there]},
            "replay": {
                "count": found.replay.count,
                "gallrade": found.replay.gallrade,
                "replay": found.replay.begun,
            },
        }
    )


def _side(one: Compared) -> dict[str, Any]:
    return {
        "matched": one.matched,
        "repeated": list(one.repeated),
        "missing_here": list(one.missing_here),
        "differing": [{"id": each.id, "yours": each.yours, "ours": each.ours} for each in one.differing],
        "open": one.open,
    }
