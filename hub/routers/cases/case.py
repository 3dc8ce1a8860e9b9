"""The case with everything that stands in it, and its trace (C-7, C-30, C-31). Imports the desk, the store's readings and
the views.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from hub.processes.engine.case import Case
from hub.processes.shared.disclosure import may_be_named, readable
from hub.routers.cases.desk import HEADERS, ON_A_CASE, Desk, trace_of
from hub.routers.cases.question import answer, bad, moment, now, number, of_moment, only, within
from hub.store import access_log, case_reads
from hub.store.access_log import Connection, TraceLine
from hub.views.access import Asker, owns_the_trace
from hub.views.rows import name_of
from hub.views.whole import needed, whole
from hub.views.written import Seen
from schemas.directory import Directory

_MOST = 200


async def shown(
    desk: Desk, connection: Connection, asker: Asker, id_: str, what: str, **printed: str | None
) -> tuple[Any, Any]:
    """The case as it is shown, with the trace of the reading: (the case, what is shown)."""
    opened = await desk.open(connection, id_, asker, what, **printed)
    case = opened.case
    acts = await case_reads.acts(connection, case.id)
    messages = await desk.messages(connection, case, needed(case, acts))
    content = whole(
        case,
        asker,
        opened.reach,
        acts,
        messages,
        desk.directory(),
        changed_at=opened.changed_at,
        archived=opened.archived,
        now=now(),
    )
    return case, content


def add(routes: APIRouter, desk: Desk) -> None:
    """``/cases/{id}`` and ``/cases/{id}/trace``."""

    @routes.get(
        "/cases/{id}",
        summary="The case as it stands: content, steps by party and unit, what the unit may do, deadlines, liability",
        openapi_extra=ON_A_CASE,
    )
    async def one(request: Request, id: str) -> Response:  # noqa: A002 - the name in the path
        asker = desk.asker(request)
        only(request)
        async with desk.transaction() as connection:
            _, content = await shown(desk, connection, asker, id, "arende")
        return answer(content)

    @routes.get(
        "/cases/{id}/trace",
        summary="Every reading and every change: who, which unit, what, when, on which ground; for those who take part",
        openapi_extra={"parameters": HEADERS},
    )
    async def trace(request: Request, id: str) -> Response:  # noqa: A002
        asker = desk.asker(request)
        only(request, "cursor", "limit")
        limit, before = number(request, "limit", 50, _MOST), _before(request)
        async with desk.transaction() as connection:
            case, _, _ = await desk.find(connection, id)
            ground = owns_the_trace(case, asker, desk.directory())
            lines = await access_log.lines(connection, id, before, limit)
            count = within([line.size for line in lines], limit)
            seen = readable(case, asker.unit.hsa, ground)
            told = [
                line for line in lines[:count] if not line.change or may_be_named(seen, line.what, line.events or ())
            ]
            changes = [line.number for line in told if line.change]
            messages = await desk.messages(connection, case, changes)
            await access_log.write(connection, [trace_of(asker, id, "logg", ground)])
        content: dict[str, Any] = {"trace": [_line(line, messages, desk.directory(), seen) for line in told]}
        if len(lines) > count:
            last = lines[count - 1]
            content["next"] = f"{moment(last.at)}_{'c' if last.change else 'r'}{last.number}"
        return answer(content)


def _before(request: Request) -> tuple[datetime, bool, int] | None:
    text = request.query_params.get("cursor")
    if text is None:
        return None
    time, _, place = text.partition("_")
    at = of_moment(time)
    if at is None or place[:1] not in {"c", "r"} or not place[1:].isdecimal() or len(place) > 19:
        raise bad("cursor", "använd next från föregående sida", "use next of the page before")
    return at, place[0] == "c", int(place[1:])


def _line(line: TraceLine, messages: dict[int, Seen], directory: Directory, case: Case) -> dict[str, Any]:
    """``case``: as it is shown to the one who asks. To one that sees it narrowly a reading does not name what was read of
    it, nor a printing for whom and why.
    """
    if line.change:
        one = messages[line.number]
        by = one.by(directory)
        ground = "hubben" if by["unit"] is None else getattr(one.message.data, "ground", None) or "deltar"
        return {"kind": "change", "at": line.at, "what": line.what, "sequence": line.number, **by, "ground": ground}
    return {
        "kind": "read",
        "at": line.at,
        "what": line.what.partition("/")[0] if case.narrow else line.what,
        "unit": line.unit,
        "unit_name": name_of(line.unit or "", directory),
        "actor": line.actor,
        "role": line.role,
        "ground": line.ground,
        **({"for_whom": line.for_whom, "why": line.why} if not case.narrow and (line.for_whom or line.why) else {}),
    }
