"""A system makes, reads, changes, deletes and finds its own Subscriptions (fhir.md). Imports the HTTP edge and the store."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Query
from fastapi.responses import Response

from hub.delivery.exits.subscription import may_be_told
from hub.errors import Refused
from hub.routers import openapi, parameters
from hub.routers.fhir import FhirId
from hub.routers.subscriptions.parts import ONE, Asking, OfStatus, OfText, TheAsking, any_of, unknown
from hub.store import subscriptions
from hub.store.subscriptions import SubscriptionRow
from hub.translators import fhir
from schemas.ways_out import SubscriptionOut

_MOST: Final = 50
"""Subscriptions of one system."""

ROUTES = APIRouter()


@ROUTES.post(
    "/Subscription",
    summary="Make a Subscription of one's own: by it the system's notices are sent once the endpoint has answered the handshake",
    status_code=201,
    responses=openapi.SUBSCRIBING,
    response_class=Response,
    openapi_extra=openapi.SUBSCRIPTION_BODIES,
)
async def make(asking: TheAsking) -> Response:
    asked, media = await _asked(asking)
    id_ = str(uuid4())
    row = await _put(asking, id_, asked, None)
    answer = await _subscription(asking, row, media, 201)
    answer.headers["Location"] = f"{row.base}/Subscription/{id_}"
    return answer


@ROUTES.get(
    "/Subscription",
    summary="The system's own Subscriptions",
    responses=openapi.FOUND,
    response_class=Response,
)
async def search(
    asking: TheAsking,
    status: OfStatus = [],  # noqa: B006 - as FastAPI wants it
    url: Annotated[OfText, Query(description="Those with this endpoint.")] = [],  # noqa: B006
    criteria: Annotated[OfText, Query(description="Those with this topic.")] = [],  # noqa: B006
) -> Response:
    media = asking.wanted()
    rows = [
        row
        for row in await asking.own()
        if (not status or row.status in any_of(status))
        and (not url or row.content["channel"]["endpoint"] in url)
        and (not criteria or row.content["criteria"] in criteria)
    ]
    found = [_tree(row) for row in rows]
    return await asking.written(media, fhir.write_searchset, asking.base, found)


@ROUTES.get(
    ONE,
    summary="One of the system's own Subscriptions",
    responses=openapi.SUBSCRIPTION,
    response_class=Response,
)
async def read(asking: TheAsking, id_: FhirId) -> Response:
    media = asking.wanted()
    return await _subscription(asking, await asking.one(id_), media)


@ROUTES.put(
    ONE,
    summary="Change one of the system's own Subscriptions: another endpoint is tried by a handshake first; its events go on",
    responses=openapi.SUBSCRIPTION | openapi.SUBSCRIBING_AGAIN,
    response_class=Response,
    openapi_extra=openapi.SUBSCRIPTION_BODIES,
)
async def change(asking: TheAsking, id_: FhirId) -> Response:
    former = await asking.one(id_)
    asked, media = await _asked(asking)
    if asked.id is not None and asked.id != id_:
        raise parameters.bad("id", "samma id som i adressen", "the same id as in the URL")
    return await _subscription(asking, await _put(asking, id_, asked, former), media)


@ROUTES.delete(
    ONE,
    summary="Delete one of the system's own Subscriptions: its notices are kept and wait for another",
    status_code=204,
    responses=openapi.DELETED,
    response_class=Response,
)
async def delete(asking: TheAsking, id_: FhirId) -> Response:
    async with asking.store.transaction() as connection:
        if not await subscriptions.remove(connection, asking.system.id, id_):
            raise unknown("Subscription")
    return Response(status_code=204)


async def _asked(asking: Asking) -> tuple[fhir.SubscriptionAsked, str]:
    """(what the body asks for, the media type of the answer). Raises ``Refused``."""
    if not isinstance(asking.system.out, SubscriptionOut):
        raise Refused(
            "no-subscriptions",
            "Systemet får inte sina underrättelser genom prenumerationer: katalogen anger en annan väg ut (out.way).",
            "The system is not told by Subscriptions: the directory says another way out (out.way).",
            "Subscription",
            409,
        )
    body = await asking.body()
    media = asking.media_of(body)
    wanted = asking.wanted(media)
    asked: fhir.SubscriptionAsked = await asking.process_pool.run(fhir.read_subscription, body, media)
    endpoint = fhir.channel_of(asked.content).endpoint
    if asking.allows.fault(endpoint) is not None or not may_be_told(asking.system, endpoint):
        raise fhir.unfit(
            "endpoint",
            "hubben får inte anropa den adressen: ta https, en server som katalogen medger, och varken användare eller #",
            "the hub may not call that address: take https, a server that the directory allows, and neither user nor #",
        )
    return asked, wanted


async def _put(
    asking: Asking, id_: str, asked: fhir.SubscriptionAsked, former: SubscriptionRow | None
) -> SubscriptionRow:
    """Write it. Raises ``Refused`` 409 where another of the system's is told of the same."""
    goes_on = (
        former is not None
        and former.verified
        and asked.status == "active"
        and former.content["channel"] == asked.content["channel"]
    )
    status: subscriptions.Status = "off" if asked.status == "off" else "active" if goes_on else "requested"
    system = asking.system.id
    async with asking.store.transaction() as connection:
        await subscriptions.lock(connection, system)
        if status != "off" and (other := await subscriptions.overlapping(connection, system, id_, asked.kinds)):
            raise Refused(
                "subscription-overlap",
                f"Prenumerationen {other.id} får redan sådana underrättelser: ändra eller ta bort den först.",
                f"The Subscription {other.id} gets such notices already: change or delete it first.",
                "Subscription.criteria",
                409,
            )
        if former is None and len(await subscriptions.of_system(connection, system)) >= _MOST:
            raise Refused(
                "subscription",
                f"Systemet har {_MOST} prenumerationer: ta bort någon av dem.",
                f"The system has {_MOST} Subscriptions: delete one of them.",
                "Subscription",
                409,
            )
        await subscriptions.put(
            connection,
            id_=id_,
            system=system,
            base=asking.base,
            content=asked.content,
            kinds=asked.kinds,
            ends_at=asked.ends_at,
            status=status,
            verified=goes_on,
            heartbeat_s=fhir.channel_of(asked.content).heartbeat_s,
        )
        row = await subscriptions.one(connection, system, id_)
    assert row is not None
    return row


def _tree(row: SubscriptionRow) -> dict[str, Any]:
    return fhir.subscription_tree(row.id, row.status, row.fault, row.updated_at, row.content)


async def _subscription(asking: Asking, row: SubscriptionRow, media: str, status: int = 200) -> Response:
    return await asking.written(media, fhir.write_resource, _tree(row), status=status)
