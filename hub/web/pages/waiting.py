"""Vantar: what waits for somebody: dead notices, held messages, cases without receivers, and what else stands still. Imports the visit."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from hub.web.visit import Visit, page


async def waiting(visit: Visit) -> Response:
    """``/waiting``: everything at a glance, by group."""
    system = visit.query.get("system")
    dead, held, manual, unserved, partitions, deadlines = await asyncio.gather(
        visit.ops.ask("/dead/groups", system=system),
        visit.ops.ask("/held/groups"),
        visit.ops.ask("/manual-queue", limit=5),
        visit.ops.ask("/unserved"),
        visit.ops.ask("/partitions"),
        visit.ops.ask("/deadlines", limit=5),
    )
    return visit.show(
        "waiting.html",
        dead=dead["rows"], held=held["rows"], manual=manual, unserved=unserved["rows"], partitions=partitions["rows"], deadlines=deadlines,
    )  # fmt: skip


async def dead(visit: Visit) -> Response:
    """``/dead``: notices that are tried no more, of a group or one by one."""
    names = ("system", "answer", "kind", "case", "since", "until", "after")
    return await _list(visit, "dead.html", "/dead", names)


async def held(visit: Visit) -> Response:
    """``/held``: messages that cannot be handled now."""
    return await _list(visit, "held.html", "/held", ("reason", "system", "queue", "message", "after"))


async def manual_queue(visit: Visit) -> Response:
    """``/manual-queue``: cases whose receivers must be chosen by hand."""
    return await _list(visit, "manual_queue.html", "/manual-queue", ("case", "after"))


async def unserved(visit: Visit) -> Response:
    """``/unserved``: units that no system serves."""
    return await _list(visit, "unserved.html", "/unserved", ())


async def partitions(visit: Visit) -> Response:
    """``/partitions``: topics of Kafka that wait at what cannot be read, and gaps in them."""
    return await _list(visit, "partitions.html", "/partitions", ())


async def deadlines(visit: Visit) -> Response:
    """``/deadlines``: deadlines that have passed and of which nobody has been told."""
    return await _list(visit, "deadlines.html", "/deadlines", ("name", "after"))


async def _list(visit: Visit, template: str, path: str, names: tuple[str, ...]) -> Response:
    asked: dict[str, Any] = {name: visit.query.get(name) for name in names}
    return visit.show(template, found=await visit.ops.ask(path, **asked), asked=asked)


ROUTES = (
    page("/waiting", waiting),
    page("/dead", dead),
    page("/held", held),
    page("/manual-queue", manual_queue),
    page("/unserved", unserved),
    page("/partitions", partitions),
    page("/deadlines", deadlines),
)
