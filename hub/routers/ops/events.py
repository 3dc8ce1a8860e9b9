"""What is live: server-sent events for the console's open pages. Imports the HTTP edge of operations."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from hub.routers.cases.question import PRIVATE, Asked
from hub.routers.ops.asking import PROBLEMS, CanSee, TheLive

ROUTES = APIRouter(tags=["overview"])
_EVENTS: Final = "text/event-stream"
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    **PROBLEMS,
    200: {"description": "Events, until the session ends.", "content": {_EVENTS: {"schema": {"type": "string"}}}},
}


class EventsAsked(Asked):
    """What is to be heard."""

    only: Literal["lists"] | None = Field(
        default=None,
        description="Nothing but which lists have changed, `overview` among them: at most every two seconds, and later where many listen"
        " so. For a page that asks for itself again whenever it hears something.",
    )


@ROUTES.get(
    "/events",
    summary="Server-sent events: the overview when it has changed, at most every second, and which lists have changed",
    description="`overview`: the overview as `GET /overview` has it, at once and whenever it has changed. `lists`:"
    " `{changed: [dead, held …]}`. `end`: `{why: signed-out}` or `{why: hub-stops}` or `{why: too-many}`, after which"
    " nothing follows: too many are open, and of the session with the most the one that was open longest ends.",
    responses=_ANSWERS,
    response_class=StreamingResponse,
)
async def events(operator: CanSee, live: TheLive, asked: Annotated[EventsAsked, Query()]) -> StreamingResponse:
    headers = {**PRIVATE, "X-Accel-Buffering": "no"}
    return StreamingResponse(
        live.listen(operator.session, is_page=asked.only == "lists"), media_type=_EVENTS, headers=headers
    )
