"""Registren: how each national register answers, and what waits for it. Imports the visit."""

from __future__ import annotations

from starlette.responses import Response

from hub.web.visit import Visit, page


async def registers(visit: Visit) -> Response:
    """``/registers``."""
    return visit.show("registers.html", found=await visit.ops.ask("/registers"))


ROUTES = (page("/registers", registers),)
