"""Felkatalogen: what each error means, why it comes, what to do and who must act. Imports the visit."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from hub.web.visit import Visit, page

_KINDS: Final = ("rule", "reason", "fhir", "held", "manual", "delivery", "register", "partition", "warning")
_WHO: Final = ("sender", "receiver", "operations", "register")


async def errors(visit: Visit) -> Response:
    """``/errors``: all, by kind."""
    asked = {name: visit.query.get(name) for name in ("kind", "who", "text")}
    found = await visit.ops.ask("/errors", **asked)
    return visit.show("errors.html", rows=found["rows"], asked=asked, kinds=_KINDS, whos=_WHO)


async def error(visit: Visit) -> Response:
    """``/errors/ID``: one."""
    return visit.show("error.html", one=await visit.ops.ask(f"/errors/{visit.part('id')}"))


ROUTES = (page("/errors", errors), page("/errors/{id}", error))
