"""Meddelande och Arende: what happened, on lanes of who did it, with the law's clock on the same axis. Imports the visit and the
drawing.
"""

from __future__ import annotations

from typing import Any
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
        sources = dict.fromkeys(one["source"] for one in found["entries"] if one["message"] == id_ and one["source"])
        source = visit.query.get("source") or next(iter(sources), "")
        said = await _said(visit, id_, source) if template == "message.html" else None
        return visit.show(
            template, found=found, id=id_, source=source, said=said, drawing=drawing, lanes=lanes, colour_of=colour_of
        )

    return show


async def _said(visit: Visit, id_: str, source: str) -> Any:
    """What a message says, where somebody asks for it and the glass is broken."""
    is_asked = "body" in visit.query and source
    return await visit.ops.ask("/messages/body", source=source, id=id_) if is_asked and visit.reads else None


ROUTES = (page("/messages/{id:path}", _shown("message.html")), page("/cases/{id}", _shown("case.html")))
"""One message, whom it was told, and how each has answered; every message of a case."""
