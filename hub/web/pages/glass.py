"""Breaking the glass: reading what messages say, with a reason and for thirty minutes. Imports the visit."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.responses import Response

from hub.web.visit import Visit, act


async def close(visit: Visit, form: FormData) -> Response:
    """Closes it before its time."""
    await visit.ops.end("/glass/current")
    return visit.back(form)


ROUTES = (act("/glass/close", close),)
