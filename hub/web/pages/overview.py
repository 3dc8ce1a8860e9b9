"""Laget: is everything well, what first, and how much of everything there is. Imports the visit."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from hub.web.shown import swedish
from hub.web.visit import Visit, page

_SHOWN: Final = ("received", "sent", "refused", "failed")
_ROWS: Final = {"24h": timedelta(hours=1), "14d": timedelta(days=1)}
"""How long a row of the table beside the plot is, by the plot's span."""


async def overview(visit: Visit) -> Response:
    """The first page."""
    span = visit.query.get("span", "24h")
    now, rates = await asyncio.gather(visit.ops.ask("/overview"), visit.ops.ask("/rates", span=span))
    return visit.show("overview.html", now=now, span=span, rates=rates, plot=plot_of(rates), table=table_of(rates))


async def hubs(visit: Visit) -> Response:
    """The processes of the hub."""
    return visit.show("hubs.html", **await visit.ops.ask("/hubs"))


def plot_of(rates: dict[str, Any]) -> str:
    """What the plot is drawn from, for the page's script; what each step came to a minute."""
    start = int(swedish(rates["start"]).timestamp())
    minutes = rates["step_s"] / 60
    series = {name: [round(number / minutes, 2) for number in rates[name]] for name in _SHOWN}
    return json.dumps({"start": start, "step": rates["step_s"], "series": series}, separators=(",", ":"))


def table_of(rates: dict[str, Any]) -> list[dict[str, Any]]:
    """The same in rows that can be read, the newest first."""
    step = timedelta(seconds=rates["step_s"])
    of_a_row = round(_ROWS[rates["span"]] / step)
    start = swedish(rates["start"])
    columns = {
        name: [sum(rates[name][first : first + of_a_row]) for first in range(0, len(rates[name]), of_a_row)]
        for name in _SHOWN
    }
    rows = [
        {"start": start + number * of_a_row * step, **{name: numbers[number] for name, numbers in columns.items()}}
        for number in range(len(columns["received"]))
    ]
    return rows[::-1]


ROUTES = (page("/", overview), page("/hubs", hubs))
