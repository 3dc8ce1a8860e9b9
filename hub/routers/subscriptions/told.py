"""How a system's Subscriptions stand, the events that it asks for, and the notices to which they refer (fhir.md "Subscriptions"). Imports
the delivery, the HTTP edge and the store.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, cast, get_args

from fastapi import APIRouter, Query
from fastapi.responses import Response

from hub.delivery import told_notices
from hub.delivery.exits.subscription import event_of, state_of
from hub.processes.engine.decide import is_gallrat
from hub.routers import openapi, parameters
from hub.routers.fhir import FhirId
from hub.routers.subscriptions.parts import ONE, Asking, OfStatus, OfText, TheAsking, any_of, unknown
from hub.store import gallring, subscriptions
from hub.store.subscriptions import SubscriptionRow
from hub.translators import fhir
from schemas.directory import System
from schemas.swedish_time import local_day

_EVENTS: Final = 100
"""Events in one answer; who wants more asks again from the next number."""
_LARGEST: Final = 2**63 - 1

ROUTES = APIRouter()
Number = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")]
Level = Literal["empty", "id-only", "full-resource"]


@ROUTES.get(
    "/Subscription/$status",
    summary="How the system's own Subscriptions stand: a Bundle of Parameters, one for each",
    responses=openapi.FOUND,
    response_class=Response,
)
async def statuses(
    asking: TheAsking,
    id_: Annotated[OfText, Query(alias="id", description="These alone.")] = [],  # noqa: B006
    status: OfStatus = [],  # noqa: B006
) -> Response:
    rows = await asking.own([row.id for row in await asking.own()])
    chosen = [
        row for row in rows if (not id_ or row.id in any_of(id_)) and (not status or row.status in any_of(status))
    ]
    return await _told_statuses(asking, chosen)


async def _status(asking: TheAsking, id_: FhirId) -> Response:
    await asking.one(id_)
    return await _told_statuses(asking, await asking.own([id_]))


async def _events(
    asking: TheAsking,
    id_: FhirId,
    since: Annotated[Number, Query(alias="eventsSinceNumber", description="From this number.")] = None,
    until: Annotated[Number, Query(alias="eventsUntilNumber", description="To this number.")] = None,
    content: Annotated[Level | None, Query(description="How much; unset: as the Subscription says.")] = None,
) -> Response:
    media = asking.wanted()
    if asking.request.method == "POST":
        since, until, content = await _in_parameters(asking)
    await asking.one(id_)
    (row,) = await asking.own([id_])
    level = content or fhir.channel_of(row.content).content
    async with asking.store.transaction() as connection:
        numbered = await subscriptions.events(connection, id_, int(since or 0), int(until or _LARGEST), _EVENTS)
        told = await told_notices.told(connection, _in_fhir(asking.system), [notice for _, notice in numbered])
    events = []
    for number, notice in numbered[: len(told)]:
        found = told[notice]
        lost = fhir.SubscriptionEvent(number, f"out-{notice}", None, None)
        events.append(lost if found is None else event_of(number, found))
    return await asking.written(media, fhir.write_events, state_of(row), level, events)


_OPERATIONS: Final[Mapping[str, tuple[Callable[..., Awaitable[Response]], str]]] = {
    "status": (_status, "How one of the system's own Subscriptions stands"),
    "events": (
        _events,
        "Events of one of the system's own Subscriptions by their numbers, those that wait too; at most 100 at a time",
    ),
}
for _method in ("GET", "POST"):
    for _name, (_answer, _summary) in _OPERATIONS.items():
        ROUTES.add_api_route(
            f"{ONE}/${_name}",
            _answer,
            methods=[_method],
            summary=_summary,
            name=f"{_name}_{_method}",
            responses=openapi.FOUND,
            response_class=Response,
        )


_NOTICE = "/Bundle/{id}"


@ROUTES.get(
    _NOTICE,
    summary="What the system was told, as the message Bundle to which a notification refers",
    responses=openapi.FOUND,
    response_class=Response,
)
async def bundle(asking: TheAsking, id_: FhirId) -> Response:
    media = asking.wanted()
    digits = id_.removeprefix("out-")
    if not (id_ != digits and digits.isascii() and digits.isdecimal() and len(digits) <= 18):
        raise unknown("Bundle")
    async with asking.store.transaction() as connection:
        told = await told_notices.told(connection, _in_fhir(asking.system), [int(digits)])
        gone = await gallring.of_notice(connection, asking.system.id, int(digits))
    if gone is not None:
        raise is_gallrat(str(local_day(gone)))
    if (found := told[int(digits)]) is None:
        raise unknown("Bundle")
    return await asking.written(media, fhir.write_bundle, found.encoded.body, id_)


def _in_fhir(system: System) -> System:
    """The system as if its format were FHIR's JSON: what is read here is, whatever it is told in."""
    return system.model_copy(update={"format": "fhir"})


async def _in_parameters(asking: Asking) -> tuple[str | None, str | None, Level | None]:
    """(since, until, content) of an operation that is invoked by POST; without a body there are none. Raises ``Refused``."""
    body = await asking.body()
    if not body.strip():
        return None, None, None
    given: dict[str, list[str]] = await asking.process_pool.run(fhir.read_parameters, body, asking.media_of(body))
    for name in ("eventsSinceNumber", "eventsUntilNumber", "content"):
        if len(given.get(name, ())) > 1:
            raise parameters.twice(name)
    numbers = [given.get(name, [None])[0] for name in ("eventsSinceNumber", "eventsUntilNumber")]
    for number, name in zip(numbers, ("eventsSinceNumber", "eventsUntilNumber"), strict=True):
        if number is not None and not (number.isascii() and number.isdecimal() and len(number) <= 18):
            raise parameters.bad(name, "ett nummer", "a number")
    content = given.get("content", [None])[0]
    if content is not None and content not in get_args(Level):
        raise parameters.bad("content", "empty, id-only eller full-resource", "empty, id-only or full-resource")
    return numbers[0], numbers[1], cast("Level | None", content)


async def _told_statuses(asking: Asking, rows: Sequence[SubscriptionRow]) -> Response:
    media = asking.wanted()
    found: list[Mapping[str, Any]] = [
        fhir.status_parameters(state_of(row), "query-status", fhir.channel_of(row.content).content) for row in rows
    ]
    return await asking.written(media, fhir.write_searchset, asking.base, found)
