"""The manual queue: a case whose units must be chosen by hand, from the tree of the directory. Imports the visit."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import Response

from hub.ops_client.client import OpsRefused
from hub.web.pages.waiting import queue_counts
from hub.web.visit import Visit, act, page


async def queue(visit: Visit) -> Response:
    """``/manual-queue``: the cases, those that have waited longest first."""
    found, queues = await asyncio.gather(
        visit.ops.ask("/manual-queue", after=visit.query.get("after")), queue_counts(visit)
    )
    return visit.show("manual_queue.html", found=found, queues=queues)


async def case(visit: Visit) -> Response:
    """``/manual-queue/CASE``: whom the hub looked for, why it could not, and the units to choose from."""
    return await _case(visit)


async def _case(visit: Visit, refused: OpsRefused | None = None, given: FormData | None = None) -> Response:
    """``refused``: of the choice ``given``, which stands in another municipality than the sought one."""
    found = await visit.ops.ask("/manual-queue", case=visit.path["case"])
    if not found["rows"]:
        raise OpsRefused(404, "not-waiting", _GONE)
    (one,) = found["rows"]
    words = visit.query.get("words", "")
    trees = {
        party: _tree(await visit.ops.ask("/units", party=party, words=words, after=visit.query.get("after"), limit=100))
        for party in one["missing"]
    }
    chosen = {str(unit) for name, unit in given.multi_items() if name.startswith("unit-")} if given else set()
    return visit.show(
        "manual_case.html",
        status=200 if refused is None else refused.status,
        one=one,
        trees=trees,
        words=words,
        chosen=chosen,
        reason=str(given.get("reason", "")) if given else "",
        warned=None if refused is None else refused.text,
    )


_GONE = {
    "sv": "Ärendet väntar inte i den manuella kön. Någon annan kan ha valt mottagare, eller så har registret svarat.",
    "en": "The case does not wait in the manual queue. Somebody else may have chosen, or the register has answered.",
}


def _tree(found: dict[str, Any]) -> dict[str, Any]:
    """The units below their organisations and regions."""
    regions = [
        (
            region,
            [
                (organisation, list(units))
                for organisation, units in groupby(below, lambda one: one["organisation_name"])
            ],
        )
        for region, below in groupby(found["rows"], lambda one: one["region_name"])
    ]
    return {"regions": regions, "next": found["next"]}


async def choose(visit: Visit, form: FormData) -> Response:
    """Chooses the units."""
    units = [str(unit) for name, unit in form.multi_items() if name.startswith("unit-")]
    asked = {
        "units": units,
        "reason": str(form.get("reason", "")),
        "another_municipality": form.get("another") == "yes",
    }
    try:
        done = await visit.ops.say(f"/manual-queue/{visit.part('case')}/units", asked)
    except OpsRefused as refused:
        if refused.rule != "another-municipality":
            raise
        return await _case(visit, refused, form)
    return (
        visit.go("/manual-queue", done="chosen")
        if done["done"]
        else visit.go(f"/manual-queue/{done['case']}", done="chosen_one")
    )


ROUTES = (page("/manual-queue", queue), page("/manual-queue/{case}", case), act("/manual-queue/{case}/units", choose))
