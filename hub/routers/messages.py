"""Way in over HTTP: ``POST /messages``, CloudEvents (delivery.md §2). Imports the intake only.

The body and the ``ce-`` headers are read by hand: FastAPI would read a body of any size before it knew who calls, knows one
content type where there are five, and takes the last of two headers of one name, where which is meant cannot be known.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from hub.intake.arrival import MAX_BYTES
from hub.intake.queue import Intake
from hub.intake.reading import LARGE
from hub.routers import attributes as headers
from hub.routers import content_types, http, openapi
from hub.routers.dependencies import CallingSystem, TheIntake
from hub.translators import native
from schemas.directory import System

MAX_IN_BATCH = 500
MAX_BATCH_BYTES = 16 * 1024 * 1024

ROUTES = APIRouter(tags=["messages"])


@ROUTES.post(
    "/messages",
    summary="One CloudEvent (structured or binary), or a batch of up to 500 with one receipt each",
    responses=openapi.RECEIPTS,
    openapi_extra=openapi.MESSAGE_BODIES,
)
async def messages(request: Request, system: CallingSystem, intake: TheIntake) -> Response:
    attributes = headers.of_http(request.headers.raw)
    declared = http.content_type(request)
    batch = declared is not None and content_types.bare(declared) == native.BATCH
    body = await http.body_of(request, MAX_BATCH_BYTES if batch else MAX_BYTES)
    media = content_types.of_message(declared, body, has_attributes=bool(attributes), batches=True)
    if media == native.BATCH:
        return await _batch(intake, system, body)
    binary = media != native.STRUCTURED
    arrival = http.arrival(system, body, media, attributes if binary else None)
    (receipt,) = await http.submit(intake, [arrival])
    return http.answer(receipt, http.status_of(arrival, receipt))


async def _batch(intake: Intake, system: System, body: bytes) -> Response:
    if len(body) > LARGE:
        parts = await intake.process_pool.run(native.split_batch, body, MAX_IN_BATCH)
    else:
        parts = native.split_batch(body, MAX_IN_BATCH)
    arrivals = [http.arrival(system, part, native.STRUCTURED) for part in parts]
    receipts = await http.submit(intake, arrivals)
    content = [r.model_dump(mode="json", exclude_none=True, exclude_defaults=True) | {"code": r.code} for r in receipts]
    return JSONResponse(content, 200)
