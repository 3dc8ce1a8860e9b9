"""How a system's Subscriptions stand, the events that it asks for, and the notices to which they refer (fhir.md "Subscriptions"). Imports
the delivery, the HTTP edge and the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, cast, get_args

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from hub.delivery import told_notices
from hub.delivery.exits.subscription import event_of, state_of
from hub.intake.process_pool import ProcessPool
from hub.routers import content_types, http, openapi, parameters
from hub.routers.dependencies import CallingSystem, TheIntake
from hub.routers.fhir import FhirId, Format, wanted_of
from hub.routers.subscriptions.parts import ONE, OfStatus, OfText, TheParts, any_of, base_of, one, own, unknown, written
from hub.store import subscriptions
from hub.store.subscriptions import SubscriptionRow
from hub.translators import fhir, formats
from schemas.directory import System

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
    request: Request,
    system: CallingSystem,
    intake: TheIntake,
    parts: TheParts,
    id_: Annotated[OfText, Query(alias="id", description="These alone.")] = [],  # noqa: B006
    status: OfStatus = [],  # noqa: B006
    format_: Format = None,
) -> Response:
    rows = await own(parts, system, [row.id for row in await own(parts, system)])
    chosen = [
        row for row in rows if (not id_ or row.id in any_of(id_)) and (not status or row.status in any_of(status))
    ]
    return await _told_statuses(request, intake.process_pool, chosen, format_)


async def _status(
    request: Request,
    system: CallingSystem,
    intake: TheIntake,
    parts: TheParts,
    id_: FhirId,
    format_: Format = None,
) -> Response:
    await one(parts, system, id_)
    return await _told_statuses(request, intake.process_pool, await own(parts, system, [id_]), format_)


async def _events(
    request: Request,
    system: CallingSystem,
    intake: TheIntake,
    parts: TheParts,
    id_: FhirId,
    since: Annotated[Number, Query(alias="eventsSinceNumber", description="From this number.")] = None,
    until: Annotated[Number, Query(alias="eventsUntilNumber", description="To this number.")] = None,
    content: Annotated[Level | None, Query(description="How much; unset: as the Subscription says.")] = None,
    format_: Format = None,
) -> Response:
    media = wanted_of(request, format_, formats.FHIR_JSON)
    if request.method == "POST":
        since, until, content = await _in_parameters(request, intake.process_pool)
    await one(parts, system, id_)
    (row,) = await own(parts, system, [id_])
    level = content or fhir.channel_of(row.content).content
    async with parts.store.transaction() as connection:
        numbered = await subscriptions.events(connection, id_, int(since or 0), int(until or _LARGEST), _EVENTS)
        told = await told_notices.told(connection, _in_fhir(system), [notice for _, notice in numbered])
    events = []
    for number, notice in numbered[: len(told)]:
        found = told[notice]
        lost = fhir.SubscriptionEvent(number, f"out-{notice}", None, None)
        events.append(lost if found is None else event_of(number, found))
    return await written(intake.process_pool, media, fhir.write_events, state_of(row), level, events)


for _method in ("GET", "POST"):
    ROUTES.add_api_route(
        f"{ONE}/$status",
        _status,
        methods=[_method],
        summary="How one of the system's own Subscriptions stands",
        name=f"status_{_method}",
        responses=openapi.FOUND,
        response_class=Response,
    )
    ROUTES.add_api_route(
        f"{ONE}/$events",
        _events,
        methods=[_method],
        summary="Events of one of the system's own Subscriptions by their numbers, those that wait too; at most 100 at a time",
        name=f"events_{_method}",
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
async def bundle(
    request: Request, system: CallingSystem, intake: TheIntake, parts: TheParts, id_: FhirId, format_: Format = None
) -> Response:
    media = wanted_of(request, format_, formats.FHIR_JSON)
    digits = id_.removeprefix("out-")
    if not (id_ != digits and digits.isascii() and digits.isdecimal() and len(digits) <= 18):
        raise unknown("Bundle")
    async with parts.store.transaction() as connection:
        told = await told_notices.told(connection, _in_fhir(system), [int(digits)])
    if (found := told[int(digits)]) is None:
        raise unknown("Bundle")
    return await written(intake.process_pool, media, fhir.write_bundle, found.encoded.body, id_)


def _in_fhir(system: System) -> System:
    """The system as if its format were FHIR's JSON: what is read here is, whatever it is told in."""
    return system.model_copy(update={"format": "fhir"})


async def _in_parameters(request: Request, process_pool: ProcessPool) -> tuple[str | None, str | None, Level | None]:
    """(since, until, content) of an operation that is invoked by POST; without a body there are none. Raises ``Refused``."""
    body = await http.body_of(request, fhir.MAX_SUBSCRIPTION)
    if not body.strip():
        return None, None, None
    media = content_types.of_bundle(http.content_type(request), body)
    given: dict[str, list[str]] = await process_pool.run(fhir.read_parameters, body, media)
    numbers = [given.get(name, [None])[0] for name in ("eventsSinceNumber", "eventsUntilNumber")]
    for number, name in zip(numbers, ("eventsSinceNumber", "eventsUntilNumber"), strict=True):
        if number is not None and not (number.isascii() and number.isdecimal() and len(number) <= 18):
            raise parameters.bad(name, "ett nummer", "a number")
    content = given.get("content", [None])[0]
    if content is not None and content not in get_args(Level):
        raise parameters.bad("content", "empty, id-only eller full-resource", "empty, id-only or full-resource")
    return numbers[0], numbers[1], cast("Level | None", content)


async def _told_statuses(
    request: Request, process_pool: ProcessPool, rows: Sequence[SubscriptionRow], format_: str | None
) -> Response:
    media = wanted_of(request, format_, formats.FHIR_JSON)
    found: list[Mapping[str, Any]] = [
        fhir.status_parameters(state_of(row), "query-status", fhir.channel_of(row.content).content) for row in rows
    ]
    return await written(process_pool, media, fhir.write_searchset, base_of(request), found)
