"""What the routes of Subscriptions share: the parts of the hub that they need, the system's own, the form of an answer. Imports the
delivery's addresses, the HTTP edge and the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, cast

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import Response
from pydantic import StringConstraints
from starlette.convertors import StringConvertor, register_url_convertor

from hub.delivery.exits.addresses import Allowed
from hub.errors import Refused
from hub.routers import content_types, http
from hub.routers.dependencies import CallingSystem, TheIntake
from hub.routers.fhir import PATH, Format, wanted_of
from hub.store import subscriptions
from hub.store.subscriptions import SubscriptionRow
from hub.store.transaction import Store
from hub.translators import fhir, formats


class _FhirId(StringConvertor):
    """An id as FHIR has it: ``$status`` and other operations are none."""

    regex = r"[A-Za-z0-9\-.]{1,64}"


register_url_convertor("fhir_id", _FhirId())
ONE = "/Subscription/{id:fhir_id}"
_STATUS = "(requested|active|error|off)"
OfStatus = Annotated[
    list[Annotated[str, StringConstraints(pattern=f"^{_STATUS}(,{_STATUS})*$")]],
    Query(alias="status", description="Those that stand so; with commas between, or given several times."),
]
OfText = list[Annotated[str, StringConstraints(pattern=r"^\S{1,2000}$")]]


class Parts:
    """What these routes need of the hub."""

    def __init__(self, store: Store, allows: Allowed) -> None:
        self.store, self.allows = store, allows


def wire(api: FastAPI, store: Store, allows: Allowed) -> None:
    """Gives the routes of ``api`` the store, and the rules of which addresses may be called."""
    api.state.subscriptions = Parts(store, allows)


async def _parts(request: Request) -> Parts:
    return cast("Parts", request.app.state.subscriptions)


class Asking:
    """A system that asks about its Subscriptions: what of the hub the answer needs, and the form in which it is wanted."""

    def __init__(
        self,
        request: Request,
        system: CallingSystem,
        intake: TheIntake,
        parts: Annotated[Parts, Depends(_parts)],
        format_: Format = None,
    ) -> None:
        self.request, self.system, self.store, self.allows = request, system, parts.store, parts.allows
        self.process_pool = intake.process_pool
        self._format = format_

    @property
    def base(self) -> str:
        """The address of the hub's FHIR side, as the system has called it."""
        return str(self.request.base_url).rstrip("/") + PATH

    def wanted(self, otherwise: str = formats.FHIR_JSON) -> str:
        """The media type of the answer. Raises ``Refused`` 406."""
        return wanted_of(self.request, self._format, otherwise)

    async def body(self) -> bytes:
        """The resource that came. Raises ``Refused`` when it is too large."""
        return await http.body_of(self.request, fhir.MAX_SUBSCRIPTION)

    def media_of(self, body: bytes) -> str:
        """The media type of what came. Raises ``Refused``."""
        return content_types.of_bundle(http.content_type(self.request), body)

    async def own(self, counted: Sequence[str] = ()) -> list[SubscriptionRow]:
        """The system's own; for those that are ``counted``, what waits is numbered first, and they alone are returned."""
        async with self.store.transaction() as connection:
            for id_ in counted:
                await subscriptions.number_waiting(connection, self.system.id, id_)
            rows = await subscriptions.of_system(connection, self.system.id)
        return [row for row in rows if not counted or row.id in counted]

    async def one(self, id_: str) -> SubscriptionRow:
        """One of the system's own. Raises ``Refused`` 404."""
        async with self.store.transaction() as connection:
            row = await subscriptions.one(connection, self.system.id, id_)
        if row is None:
            raise unknown("Subscription")
        return row

    async def written(self, media: str, write: Callable[..., bytes], *what: Any, status: int = 200) -> Response:
        """An answer; XML is written in another process, since it takes its time."""
        if media == formats.FHIR_XML:
            body = await self.process_pool.run(write, *what, media)
        else:
            body = write(*what, media)
        return Response(body, status, media_type=media)


TheAsking = Annotated[Asking, Depends()]


def unknown(kind: str) -> Refused:
    return Refused(
        "not-found",
        f"Systemet har ingen {kind} med det id:t.",
        f"The system has no {kind} of that id.",
        "/id",
        404,
    )


def any_of(values: Sequence[str]) -> set[str]:
    """The values of a parameter that may stand several times, each with commas between its own; none: no condition."""
    return {one for value in values for one in value.split(",")}
