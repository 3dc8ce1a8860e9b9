"""What a connected system sees and does of itself, by its own token: ``/self`` (delivery.md §4, D-7). Imports the operations, the store and
the HTTP edge.

Everything is of the system behind the token; no parameter names another, so nothing of another can be asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, cast

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import Response
from pydantic import Field

from hub.catalogue import ids
from hub.operations import credentials, self_service
from hub.routers import openapi
from hub.routers.cases.question import Asked, answer, body, in_body
from hub.routers.dependencies import ConnectedSystem
from hub.routers.parameters import WrittenTime
from hub.routers.rate import Rate
from hub.store import backlog, of_system, paused_systems, replays
from hub.store.of_system import SentMessage, ToldRow
from hub.store.replays import Replay
from hub.store.transaction import Store
from schemas.directory import Directory, System

_CALLS_A_SECOND: Final = 20
ROUTES = APIRouter(tags=["self"], prefix="/self", responses={**openapi.READING, **openapi.OF_A_SYSTEM})


def wire(api: FastAPI, store: Store, applied: Callable[[], Directory]) -> None:
    """Gives the routes of ``api`` the store, and the directory as it was applied: what it names, rotation may end."""
    api.state.self_store = store
    api.state.self_applied = applied
    api.state.self_rate = Rate(_CALLS_A_SECOND)


async def _store(request: Request, system: ConnectedSystem) -> Store:
    await cast("Rate", request.app.state.self_rate).count(system.id)
    return cast("Store", request.app.state.self_store)


async def _applied(request: Request, system: ConnectedSystem) -> System:
    return cast("Callable[[], Directory]", request.app.state.self_applied)().system_by_id[system.id]


TheStore = Annotated[Store, Depends(_store)]
AsApplied = Annotated[System, Depends(_applied)]
"""The calling system as the directory was applied, without what rotation has changed."""


@ROUTES.get("", summary="The system's entry in the directory, without secrets; its credentials' age; what waits for it")
async def entry(system: AsApplied, store: TheStore) -> Response:
    async with store.transaction() as connection:
        known = await credentials.listed(connection, system)
        waiting = [one for one in await backlog.backlog(connection) if one.system == system.id]
        is_paused = await paused_systems.pauses(connection, system.id)
    shown = system.model_dump(mode="json", exclude={"token_sha256": True, "out": {"secrets", "token"}})
    numbers = waiting[0] if waiting else backlog.Backlog(system.id, 0, 0, None)
    return answer(
        {
            "system": shown,
            "credentials": [
                {"kind": one.kind, "known_as": one.known_as, "since": one.since, "until": one.until} for one in known
            ],
            "waiting": numbers.waiting,
            "dead": numbers.dead,
            "oldest": numbers.oldest,
            "paused": is_paused,
        }
    )


class Page(Asked):
    """How much of a list."""

    limit: int = Field(default=50, ge=1, le=200, description="The most rows.")


class Messages(Page):
    """Which of the messages."""

    before: WrittenTime | None = Field(
        default=None, description="Those received before this moment: `next` of the page before."
    )


@ROUTES.get("/messages", summary="What the system sent last, the newest first, each with its receipt; without content")
async def messages(system: ConnectedSystem, store: TheStore, asked: Annotated[Messages, Query()]) -> Response:
    async with store.transaction() as connection:
        found = await of_system.messages(connection, system.id, asked.before, asked.limit)
    rest = {"next": found[-1].received_at} if len(found) == asked.limit else {}
    return answer({"messages": [_message(one) for one in found]} | rest)


def _message(one: SentMessage) -> dict[str, Any]:
    outcome = "held" if one.receipt is None else "accepted" if one.receipt["code"] == "ok" else "refused"
    return {
        "id": one.id,
        "source": one.source,
        "message": one.name,
        "received_at": one.received_at,
        "outcome": outcome,
        "case": one.case_id,
        "sequence": one.sequence,
        "receipt": one.receipt,
    }


class Notices(Page):
    """Which of the notices."""

    before: int | None = Field(default=None, ge=1, description="`next` of the page before.")


@ROUTES.get(
    "/notices", summary="What the system was told last, or waits to be told, each with its state, attempts and answers"
)
async def notices(system: ConnectedSystem, store: TheStore, asked: Annotated[Notices, Query()]) -> Response:
    async with store.transaction() as connection:
        found = await of_system.told(connection, system.id, asked.before, asked.limit)
    rest = {"next": found[-1].id} if len(found) == asked.limit else {}
    return answer({"notices": [_notice(one) for one in found]} | rest)


def _notice(one: ToldRow) -> dict[str, Any]:
    return {
        "id": f"out-{one.name}",
        "kind": one.kind,
        "message": one.message,
        "case": one.case_id,
        "sequence": one.sequence,
        "accepted_at": one.accepted_at,
        "state": "behind a dead one" if one.behind else one.state,
        "attempts": one.attempts,
        "answer": one.answer,
        "error": ids.of_delivery(one.answer) if one.answer and one.state in {"waiting", "dead"} else None,
        "said": one.said,
        "failures": [{"at": at, "answer": said} for at, said in one.failures or ()],
        "sent_at": one.sent_at,
        "due_at": one.due_at if one.state == "waiting" else None,
        "gallrad": one.gallrad,
    }


@ROUTES.post(
    "/test", summary="Sends the system a test notice by its whole way out: an announcement that is marked as a test"
)
async def test(system: ConnectedSystem, store: TheStore) -> Response:
    async with store.transaction() as connection:
        id_ = await self_service.send_test(connection, system, system.id, "asked for by the system itself")
    return answer({"id": id_})


class ReplaySince(Asked):
    """What to send again."""

    since: WrittenTime = Field(
        description="What was sent since this moment; also what was accepted up to 72 h before it and sent since."
    )
    until: WrittenTime | None = Field(
        default=None, description="The moment up to which it goes, as a dry run gave it. Left out: now."
    )
    expected: int | None = Field(
        default=None, ge=0, description="The number that a dry run gave. Left out: a dry run, which only counts."
    )


@ROUTES.post(
    "/replay",
    summary="Sends the system again what it was told since a moment, marked `replay`; a dry run with its count comes first (D-7)",
    responses=openapi.READING_A_BODY,
    openapi_extra=body(ReplaySince),
)
async def replay(
    system: ConnectedSystem, store: TheStore, asked: Annotated[ReplaySince, Depends(in_body(ReplaySince))]
) -> Response:
    async with store.transaction() as connection:
        found = await self_service.replay(connection, system, asked.since, asked.until, asked.expected)
    return answer(
        {
            "replay": found.replay,
            "count": found.count,
            "cases": found.cases,
            "begun": asked.expected is not None,
            "gallrade": found.gallrade,
            "until": found.until,
        }
    )


class Replays(Page):
    """Which of the replays."""

    before: int | None = Field(default=None, ge=1, description="`next` of the page before.")


@ROUTES.get(
    "/replays",
    summary="The replays that the system asked for itself, the newest first, and how many notices came to what",
)
async def own_replays(system: ConnectedSystem, store: TheStore, asked: Annotated[Replays, Query()]) -> Response:
    async with store.transaction() as connection:
        found = await replays.listed(connection, own_of=system.id, before=asked.before, limit=asked.limit)
    rest = {"next": found[-1].id} if len(found) == asked.limit else {}
    return answer({"replays": [_replay(one) for one in found]} | rest)


def _replay(one: Replay) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at,
        "since": one.wanted["since"],
        "until": one.wanted["until"],
        "state": one.state,
        "ended_at": one.ended_at,
        "ended": None if one.state == "undone" else one.ended,  # operations' own words are not for others
        "count": one.total,
        "sent": one.sent,
        "failed": one.failed,
        "passed_over": one.passed_over,
        "put_back": one.put_back,
        "left": one.open,
    }


class Rotation(Asked):
    """Which credential is to be made anew."""

    kind: Literal["token", "secret", "bearer"]
    old_for_s: float = Field(
        default=credentials.OLD_FOR.total_seconds(),
        ge=0,
        le=90 * 86_400,
        description="Seconds for which the old one is valid too.",
    )


@ROUTES.post(
    "/rotate",
    summary="Makes a new token or secret for the system and shows it this once; the old one stays valid for a time",
    responses=openapi.READING_A_BODY,
    openapi_extra=body(Rotation),
)
async def rotate(
    system: AsApplied, store: TheStore, asked: Annotated[Rotation, Depends(in_body(Rotation))]
) -> Response:
    old_for = timedelta(seconds=asked.old_for_s)
    async with store.transaction() as connection:
        made = await credentials.rotate(connection, system, asked.kind, old_for, system.id, "by the system itself")
    return answer({"kind": made.kind, "value": made.value, "since": made.since, "old_until": made.old_until})
