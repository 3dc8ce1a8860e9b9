"""Ways in over HTTP: ``POST /messages`` (CloudEvents) and ``POST /fhir/$process-message`` (delivery.md §2). Imports
the intake only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Security
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBearer

from hub.errors import Refused, Unavailable
from hub.intake.arrival import MAX_BYTES, Arrival
from hub.intake.intake import Intake
from hub.routers import http
from hub.translators import fhir, formats, native
from schemas.directory import Directory, System
from schemas.messages import Receipt
from schemas.person_numbers import find_person_numbers

MAX_IN_BATCH = 500
MAX_BATCH_BYTES = 16 * 1024 * 1024
_FHIR_MEDIA = (formats.FHIR_JSON, formats.FHIR_XML)

_BEARER = Security(
    HTTPBearer(auto_error=False, scheme_name="bearer", description="The system's token; its hash is in the directory.")
)
"""For the documentation page; ``http.authenticate`` is what lets anybody in."""

_EXAMPLE = {
    "specversion": "1.0",
    "id": "4711",
    "source": "urn:hsa:SE2321000255-AVD12",
    "type": "se.samverkan.svu.inskrivning.v1",
    "subject": "ref:vk-4711",
    "time": "2026-03-02T09:00:00+01:00",
    "actor": "SE2321000255-P1",
    "actorrole": "sjukskoterska",
    "data": {
        "patient": {"personnummer": "191212121212"},
        "admitted_at": "2026-03-02T08:30:00+01:00",
        "estimated_discharge": "2026-03-09",
        "reason": "Fall i hemmet",
        "information": {"given": True},
        "samtycke": {"outcome": "given"},
    },
}


def router(intake: Intake, directory: Callable[[], Directory]) -> APIRouter:
    """The two ways in of HTTP."""
    routes = APIRouter(tags=["messages"], dependencies=[_BEARER])

    async def submit(arrivals: Sequence[Arrival]) -> list[Receipt]:
        if intake.full:
            raise Unavailable("busy", retry_after=1)
        return await intake.submit(arrivals)

    @routes.post(
        "/messages",
        summary="One CloudEvent (structured or binary), or a batch of up to 500 with one receipt each",
        openapi_extra={
            "requestBody": {
                "content": {native.STRUCTURED: {"example": _EXAMPLE}, native.BATCH: {"example": [_EXAMPLE]}}
            }
        },
    )
    async def messages(request: Request) -> Response:
        system = http.authenticate(request, directory())
        media = request.headers.get("content-type", native.STRUCTURED)
        if media.startswith(native.BATCH):
            parts = native.split_batch(await http.body_of(request, MAX_BATCH_BYTES), MAX_IN_BATCH)
            arrivals = [_arrival(system, part, native.STRUCTURED, None) for part in parts]
            receipts = await submit(arrivals)
            content = [
                r.model_dump(mode="json", exclude_none=True, exclude_defaults=True) | {"code": r.code} for r in receipts
            ]
            return JSONResponse(content, 200)
        body = await http.body_of(request, MAX_BYTES)
        attributes = None
        if not media.startswith(native.STRUCTURED):
            attributes = {name[3:]: value for name, value in request.headers.items() if name.startswith("ce-")}
        arrival = _arrival(system, body, media, attributes)
        (receipt,) = await submit([arrival])
        return http.answer(receipt, status_of(arrival, receipt))

    @routes.post(
        "/fhir/$process-message",
        summary="One FHIR R4 message Bundle, JSON or XML; the answer is a message Bundle with MessageHeader.response",
        openapi_extra={
            "requestBody": {"content": {media: {"schema": {"type": "object"}} for media in _FHIR_MEDIA}},
        },
    )
    async def process_message(request: Request) -> Response:
        media = request.headers.get("content-type", formats.FHIR_JSON).partition(";")[0].strip().lower()
        media = {"application/json": formats.FHIR_JSON, "application/xml": formats.FHIR_XML}.get(media, media)
        wanted = media if media in _FHIR_MEDIA else formats.FHIR_JSON
        now = datetime.now(UTC)
        try:
            system = http.authenticate(request, directory())
            body = await http.body_of(request, MAX_BYTES)
        except Refused as refused:
            return Response(
                fhir.write_response(_receipt_of(refused), None, created=now, media_type=wanted),
                refused.status,
                media_type=wanted,
            )
        arrival = _arrival(system, body, media, None)
        (receipt,) = await submit([arrival])
        seen = fhir.glimpse(body, wanted) if arrival.message is None else None
        request_id = arrival.message.id if arrival.message is not None else seen.id if seen is not None else None
        if request_id is not None and find_person_numbers(request_id) and receipt.message != request_id:
            request_id = None  # an id that is a person's number is not repeated (D-10)
        content = fhir.write_response(
            receipt,
            request_id,
            created=now,
            event=arrival.message.name if arrival.message is not None else seen.event if seen is not None else None,
            sender=arrival.message.unit if arrival.message is not None else None,
            media_type=wanted,
        )
        return Response(content, status_of(arrival, receipt), media_type=wanted)

    return routes


def _receipt_of(refused: Refused) -> Receipt:
    text: dict[str, Any] = {"sv": refused.sv, "en": refused.en}
    return Receipt.model_validate(
        {"message": "", "code": "fatal-error", "rule": refused.rule, "text": text, "element": refused.element}
    )


def _arrival(system: System, body: bytes, media: str, attributes: dict[str, str] | None) -> Arrival:
    return Arrival(
        system=system,
        raw=body,
        media_type=media.partition(";")[0].strip().lower(),
        attributes=attributes,
        received_at=datetime.now(UTC),
        place=f"http/{uuid4()}",
        by_outbox=False,
    )


def status_of(arrival: Arrival, receipt: Receipt) -> int:
    """The HTTP status of a receipt (messages.md §2): 200 ok, 202 held and kept, else as the refusal says."""
    if receipt.code == "ok":
        return 200
    if receipt.code == "transient-error":
        return 202
    if arrival.refused is not None:
        return arrival.refused.status
    return {"unknown-case": 404, "unknown-unit": 403, "unknown-type": 400}.get(receipt.rule or "", 409)
