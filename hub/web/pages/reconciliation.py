"""Avstamning: what a system sent and was told by hour, and what its own last list differed in. Imports the visit."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from starlette.responses import Response

from hub import clock
from hub.web.visit import Visit, page

_DAY = timedelta(days=1)


async def systems(visit: Visit) -> Response:
    """``/reconciliation``: of which system?"""
    if visit.query.get("system"):
        return visit.go(f"/reconciliation/{quote(visit.query['system'], safe='')}")
    found = await visit.ops.ask("/systems", text=visit.query.get("text"), after=visit.query.get("after"))
    return visit.show("reconciliation.html", found=found)


async def system(visit: Visit) -> Response:
    """``/reconciliation/SYSTEM``: its hours, the newest first."""
    since = visit.query.get("since") or (clock.now() - _DAY).isoformat()
    asked = {"since": since, "until": visit.query.get("until")}
    found = await visit.ops.ask(f"/reconciliation/{quote(visit.path['system'], safe='')}", **asked)
    return visit.show("reconciliation_system.html", found=found, hours=found["windows"][::-1])


ROUTES = (page("/reconciliation", systems), page("/reconciliation/{system}", system))
