"""Registren: how each national register answers, and what waits for it. Imports the visit."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from hub.web.visit import Visit, page


async def registers(visit: Visit) -> Response:
    """``/registers``."""
    return visit.show("registers.html", found=await visit.ops.ask("/registers"))


async def waiting(visit: Visit) -> Response:
    """``/registers/NAME/waiting``: the questions that it has not answered yet."""
    name = visit.path["register"]
    found, every = await asyncio.gather(
        visit.ops.ask(f"/registers/{visit.part('register')}/waiting", after=visit.query.get("after")),
        visit.ops.ask("/registers"),
    )
    one = next(row for row in every["rows"] if row["register"] == name)
    return visit.show("register_waiting.html", one=one, found=found)


async def all_waiting(visit: Visit) -> Response:
    """``/registers/waiting``: the questions that no register has answered yet."""
    asked = {name: visit.query.get(name) for name in ("queue", "after")}
    return visit.show("register_waiting.html", one=None, found=await visit.ops.ask("/registers/waiting", **asked))


ROUTES = (
    page("/registers", registers),
    page("/registers/waiting", all_waiting),
    page("/registers/{register}/waiting", waiting),
)
