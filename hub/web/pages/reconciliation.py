"""Avstamning: what a system sent and was told by hour, and what its own last list differed in. Imports the visit."""

from __future__ import annotations

import asyncio
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
    since = visit.query.get("since") or (clock.now() - _DAY).replace(minute=0, second=0, microsecond=0).isoformat()
    asked = {"since": since, "until": visit.query.get("until")}
    id_ = visit.part("system")
    found, known = await asyncio.gather(
        visit.ops.ask(f"/reconciliation/{id_}", **asked), visit.ops.ask(f"/systems/{id_}")
    )
    return visit.show(
        "reconciliation_system.html", found=found, name=known["system"]["name"], hours=found["windows"][::-1]
    )


ROUTES = (page("/reconciliation", systems), page("/reconciliation/{system}", system))
