"""The FHIR way in: ``POST /fhir/$process-message``, ``GET /fhir/metadata`` and the definitions (delivery.md §2, fhir.md). Imports the
intake only.

Every error under ``/fhir`` is answered with an OperationOutcome, in XML or JSON as the client wants.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from hub import clock
from hub.errors import Refused
from hub.intake.arrival import MAX_BYTES, Arrival
from hub.intake.process_pool import ProcessPool, WorkFailed
from hub.intake.reading import LARGE
from hub.routers import content_types, http, openapi
from hub.routers.dependencies import CallingSystem, TheIntake
from hub.translators import fhir, formats
from schemas.messages import Receipt

PATH: Final = "/fhir"


ROUTES = APIRouter(tags=["fhir"], prefix=PATH)
FhirId = Annotated[str, Path(alias="id", json_schema_extra={"pattern": r"^[A-Za-z0-9\-.]{1,64}$"})]
Format = Annotated[
    str | None,
    Query(
        alias="_format",
        description="The format of the answer; goes before the header Accept.",
        json_schema_extra={"enum": [*content_types.FORMATS]},
    ),
]


@ROUTES.post(
    "/$process-message",
    summary="One FHIR R4 message Bundle, JSON or XML; the answer is a message Bundle with MessageHeader.response",
    responses=openapi.OUTCOMES,
    response_class=Response,
    openapi_extra=openapi.BUNDLE_BODIES,
)
async def process_message(
    request: Request, system: CallingSystem, intake: TheIntake, format_: Format = None
) -> Response:
    body = await http.body_of(request, MAX_BYTES)
    media = content_types.of_bundle(http.content_type(request), body)
    wanted = wanted_of(request, format_, media)  # before it is taken in: one that is refused 406 has changed nothing
    arrival = http.arrival(system, body, media)
    (receipt,) = await http.submit(intake, [arrival])
    asked = await _asked(arrival, intake.process_pool)
    if receipt.message != asked.id:
        asked = fhir.Glimpse(None, asked.event)  # an id that may be a person's number is not repeated (D-10)
    sender = None if arrival.message is None else arrival.message.unit
    return await _response(intake.process_pool, receipt, asked, sender, http.status_of(arrival, receipt), wanted)


@ROUTES.get(
    "/metadata",
    summary="The CapabilityStatement: which parts of FHIR the hub takes in and answers with",
    responses=openapi.STATEMENT,
    response_class=Response,
)
async def metadata(request: Request, intake: TheIntake, format_: Format = None) -> Response:
    statement = fhir.capabilities(str(request.base_url).rstrip("/") + PATH)
    media = wanted_of(request, format_, formats.FHIR_JSON)
    if media == formats.FHIR_XML:
        statement = await intake.process_pool.run(fhir.as_xml, statement)
    return Response(statement, media_type=media)


def _reads(kind: str) -> None:
    """The route of one kind of definition."""

    @ROUTES.get(
        f"/{kind}/{{id}}",
        summary=f"One {kind}, as contracts/fhir/definitions has it and as the CapabilityStatement names it",
        name=f"read_{kind}",
        responses=openapi.definition(kind),
        response_class=Response,
    )
    async def read(request: Request, intake: TheIntake, id_: FhirId, format_: Format = None) -> Response:
        media = wanted_of(request, format_, formats.FHIR_JSON)
        # Making them takes a second, once, and the reference model.
        found = await intake.process_pool.run(fhir.definition, kind, id_, media)
        if found is None:
            raise Refused(
                "not-found", f"Det finns ingen {kind} med det id:t.", f"There is no {kind} of that id.", "/id", 404
            )
        return Response(found, media_type=media)


for _kind in fhir.KINDS:
    _reads(_kind)


async def outcome(request: Request, refused: Refused, process_pool: ProcessPool) -> Response:
    """The OperationOutcome of a request that was refused before it became a message."""
    sent = content_types.bare(http.content_type(request) or "")
    otherwise = formats.FHIR_XML if "xml" in sent else formats.FHIR_JSON
    try:
        media = wanted_of(request, request.query_params.get("_format"), otherwise)
    except Refused:  # what was asked for does not exist: the error is told all the same
        media = otherwise
    answer = await _response(
        process_pool, http.receipt_of(refused), fhir.Glimpse(None, None), None, refused.status, media
    )
    answer.headers.update(http.headers_of(refused))
    return answer


async def _asked(arrival: Arrival, process_pool: ProcessPool) -> fhir.Glimpse:
    """The id and event of a Bundle, so that it can be answered also when it cannot be read."""
    if arrival.message is not None:
        return fhir.Glimpse(arrival.message.id, arrival.message.name)
    try:
        if len(arrival.raw) > LARGE:
            return await process_pool.run(fhir.glimpse, arrival.raw, arrival.media_type)
    except WorkFailed:
        return fhir.Glimpse(None, None)
    return fhir.glimpse(arrival.raw, arrival.media_type)


async def _response(
    process_pool: ProcessPool, receipt: Receipt, asked: fhir.Glimpse, sender: str | None, status: int, media: str
) -> Response:
    told: dict[str, Any] = {
        "created": clock.now(),
        "event": asked.event,
        "sender": sender,
        "media_type": media,
    }
    if media == formats.FHIR_XML:  # written by the reference model, which takes its time
        content = await process_pool.run(fhir.write_response, receipt, asked.id, **told)
    else:
        content = fhir.write_response(receipt, asked.id, **told)
    return Response(content, status, media_type=media)


def wanted_of(request: Request, format_: str | None, otherwise: str) -> str:
    """The media type of the answer. Raises ``Refused`` 406."""
    return content_types.wanted(request.headers.get("accept"), format_, otherwise)
