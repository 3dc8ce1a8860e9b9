"""Laget: is everything well, what first, and how much of everything there is. Imports the visit."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, time, timedelta
from math import ceil
from typing import Any, Final

from starlette.responses import Response

from hub.web.shown import SWEDEN, swedish
from hub.web.visit import Visit, page

_SHOWN: Final = ("received", "sent", "refused", "failed")
_LEAST: Final = {"24h": 60, "14d": 96}
"""The steps that a plot shows at the least, of a hub that began a moment ago too: an hour, a day."""


async def overview(visit: Visit) -> Response:
    """The first page."""
    span = visit.query.get("span", "24h")
    now, rates = await asyncio.gather(visit.ops.ask("/overview"), visit.ops.ask("/rates", span=span))
    return visit.show("overview.html", now=now, span=span, rates=rates, plot=plot_of(rates), table=table_of(rates))


async def hubs(visit: Visit) -> Response:
    """The processes of the hub."""
    return visit.show("hubs.html", **await visit.ops.ask("/hubs"))


def plot_of(rates: dict[str, Any]) -> str:
    """What the plot is drawn from, for the page's script: what each step came to a minute, and nothing where the hub was not in operation.
    It begins where the hub did, where that is later. The step that is going on is left out: so far it holds less than it will.
    """
    minutes, up = rates["step_s"] / 60, rates["up"]
    first = max(0, min(up.index(True) if any(up) else len(up), len(up) - _LEAST[rates["span"]]))
    start = int(swedish(rates["start"]).timestamp()) + first * rates["step_s"]
    series = {
        name: [
            round(number / minutes, 2) if is_up else None
            for number, is_up in zip(rates[name][first:-1], up[first:], strict=False)
        ]
        for name in _SHOWN
    }
    return json.dumps({"start": start, "step": rates["step_s"], "series": series}, separators=(",", ":"))


def table_of(rates: dict[str, Any]) -> list[dict[str, Any]]:
    """The same in rows that can be read, the newest first: by the hours of the clock, or by days; from the one in which the hub began."""
    step, start, rows = timedelta(seconds=rates["step_s"]), swedish(rates["start"]), []
    first, many = 0, len(rates["up"])
    while first < many:
        at = swedish(start.astimezone(UTC) + first * step)
        last = min(many, first + ceil((_next(at, rates["span"]) - at.astimezone(UTC)) / step))
        counts = {name: sum(rates[name][first:last]) for name in _SHOWN}
        # The last one is going on.
        end = None if last == many else swedish(start.astimezone(UTC) + last * step)
        rows.append({"start": at, "end": end, "up": any(rates["up"][first:last]), **counts})
        first = last
    began = next((number for number, row in enumerate(rows) if row["up"]), len(rows) - 1)
    return rows[began:][::-1]


def _next(at: datetime, span: str) -> datetime:
    """When the next hour begins, or of a longer span the next day."""
    if span == "24h":
        return at.astimezone(UTC) + timedelta(minutes=60 - at.minute)
    return datetime.combine(at.date() + timedelta(days=1), time.min, SWEDEN).astimezone(UTC)


ROUTES = (page("/", overview), page("/hubs", hubs))
