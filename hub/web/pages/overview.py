"""Laget: is everything well, and what first? Imports the visit."""

from __future__ import annotations

from starlette.responses import Response

from hub.web.visit import Visit, page


async def overview(visit: Visit) -> Response:
    """The first page."""
    return visit.show("overview.html")


ROUTES = (page("/", overview),)
