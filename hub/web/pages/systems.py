"""The connected systems: a list by their trouble, and all of one. Imports the visit."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.datastructures import FormData
from starlette.responses import Response

from hub.web.pages.overview import plot_of, table_of
from hub.web.visit import Visit, act, deed, page

_TROUBLES: Final = ("any", "dead", "late", "breaker", "paused", "refused", "slow", "silent", "unreached", "waiting")
_ASKED: Final = ("trouble", "text", "way", "organisation", "region", "after")


async def systems(visit: Visit) -> Response:
    """``/systems``."""
    found = await visit.ops.ask("/systems", **{name: visit.query.get(name) for name in _ASKED})
    return visit.show("systems.html", found=found, troubles=_TROUBLES)


async def system(visit: Visit) -> Response:
    """``/systems/ID``."""
    span = visit.query.get("span", "24h")
    one, rates = await asyncio.gather(
        visit.ops.ask(f"/systems/{visit.part('id')}"), visit.ops.ask("/rates", system=visit.path["id"], span=span)
    )
    return visit.show(
        "system.html",
        one=one,
        standing=one["system"]["standing"],
        span=span,
        plot=plot_of(rates),
        table=table_of(rates),
    )


async def queue(visit: Visit) -> Response:
    """``/systems/ID/queue``: what waits to be sent to it, in that order, and why."""
    id_ = visit.part("id")
    one, found = await asyncio.gather(
        visit.ops.ask(f"/systems/{id_}"), visit.ops.ask(f"/systems/{id_}/queue", after=visit.query.get("after"))
    )
    return visit.show("queue.html", one=one, standing=one["system"]["standing"], found=found)


async def try_now(visit: Visit, form: FormData) -> Response:
    """Tries now all that waits for a system."""
    done = await visit.ops.say("/tries", {"system": visit.path["id"], "reason": str(form.get("reason", ""))})
    return visit.back(form, "tried", count=done["count"])


ROUTES = (
    page("/systems", systems),
    page("/systems/{id}", system),
    page("/systems/{id}/queue", queue),
    deed("/systems/{id}/pause", "/systems/{id}/pause", "paused"),
    deed("/systems/{id}/resume", "/systems/{id}/resume", "resumed"),
    deed("/systems/{id}/test-notice", "/systems/{id}/test-notice", "test_sent"),
    act("/systems/{id}/try", try_now),
)
