"""Replays: what a replay would send is counted and shown before it begins; how it goes; undoing. Imports the visit."""

from __future__ import annotations

import asyncio
from math import isfinite
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.responses import Response

from hub.web.pages.waiting import queue_counts
from hub.web.visit import Visit, act, deed, number_of, page

_BY: Final = ("system", "case", "kind", "answer", "since", "until", "as_of")
"""By what the notices are found."""


async def replays(visit: Visit) -> Response:
    """``/replays``: all, the newest first."""
    asked = {name: visit.query.get(name) for name in ("system", "state", "after")}
    found, queues = await asyncio.gather(visit.ops.ask("/replays", **asked), queue_counts(visit))
    return visit.show("replays.html", found=found, asked=asked, queues=queues)


async def replay(visit: Visit) -> Response:
    """``/replays/ID``: how one goes, row by row."""
    id_ = visit.path["id"]
    asked = {name: visit.query.get(name) for name in ("outcome", "after")}
    one, rows = await asyncio.gather(visit.ops.ask(f"/replays/{id_}"), visit.ops.ask(f"/replays/{id_}/rows", **asked))
    return visit.show("replay.html", one=one, rows=rows, asked=asked)


async def dry_run(visit: Visit) -> Response:
    """``/replays/new?system=…``: what would be sent again, counted; nothing is done."""
    wanted = _wanted(visit.query)
    return visit.show(
        "replay_new.html", wanted=wanted, found=await visit.ops.say("/replays", wanted), asked=visit.query
    )


async def begin(visit: Visit, form: FormData) -> Response:
    """Begins what the dry run counted."""
    given = {name: str(value) for name, value in form.items()}
    wanted = _wanted(given) | {"expected": number_of(given, "expected", int), "reason": given.get("reason", "")}
    begun = await visit.ops.say("/replays", wanted)
    return visit.go(f"/replays/{begun['replay']['id']}", done="replay_begun", count=begun["count"])


def _wanted(given: dict[str, str]) -> dict[str, Any]:
    """What a query or a form asks to be sent again."""
    found: dict[str, Any] = {name: given[name] for name in _BY if given.get(name)}
    if given.get("rows"):
        found["rows"] = [int(row) for row in given["rows"].split(",") if row.isdecimal()]
    if given.get("sent"):
        found["sent"] = True
    if given.get("target"):
        found["target"] = given["target"]
    if given.get("rate"):
        found["rate"] = number_of(given, "rate", _finite)
    if given.get("stop_after"):
        found["stop_after"] = number_of(given, "stop_after", int)
    return found


def _finite(written: str) -> float:
    if not isfinite(number := float(written)):
        raise ValueError(written)
    return number


ROUTES = (
    page("/replays", replays),
    page("/replays/new", dry_run),
    act("/replays/begin", begin),
    page("/replays/{id:int}", replay),
    deed("/replays/{id:int}/undo", "/replays/{id}/undo", "replay_undone"),
)
