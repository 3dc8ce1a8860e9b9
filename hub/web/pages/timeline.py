"""Meddelande och Arende: what happened, on lanes of who did it, with the law's clock on the same axis. Imports the visit and the
drawing.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from hub.web.swimlanes import colour_of, drawn
from hub.web.visit import Page, Visit, page


def _shown(template: str) -> Page:
    async def show(visit: Visit) -> Response:
        id_ = visit.path["id"]
        found = await visit.ops.ask(f"/timeline/{quote(id_, safe='')}")
        lanes = {one["id"]: one[visit.look.language] for one in found["lanes"]}
        drawing = drawn(found, visit.look.language)
        return visit.show(template, found=found, id=id_, drawing=drawing, lanes=lanes, colour_of=colour_of)

    return show


ROUTES = (page("/messages/{id:path}", _shown("message.html")), page("/cases/{id}", _shown("case.html")))
"""One message, whom it was told, and how each has answered; every message of a case."""
