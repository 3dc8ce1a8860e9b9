"""The case with everything that stands in it, and its trace (C-7, C-30, C-31). Imports the desk, the store and
the views.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from hub.processes.engine.case import Case
from hub.processes.engine.record import ShownMessage, may_know, name_of
from hub.processes.shared.disclosure import may_be_named, readable
from hub.routers.cases.asker import AskerAnywhere, AskerOnACase, TheDesk
from hub.routers.cases.desk import Desk, trace_of
from hub.routers.cases.names import views
from hub.routers.cases.question import CaseId, InQuery, NoQuery, answer, moment, now, of_moment, within
from hub.routers.parameters import bad
from hub.store import access_log, case_reads
from hub.store.access_log import Connection, TraceLine
from hub.views.access import Asker, owns_the_trace
from hub.views.whole import needed, whole
from schemas.directory import Directory

_MOST = 200


async def shown(
    desk: Desk, connection: Connection, asker: Asker, id_: str, what: str, **printed: str | None
) -> tuple[Any, Any]:
    """The case as the asker may see it, and its view; the reading is written in the trace."""
    opened = await desk.open(connection, id_, asker, what, **printed)
    case = opened.case
    acts = await case_reads.acts(connection, case.id, asker.unit.hsa)
    messages = await desk.messages(connection, case, asker, needed(case, acts))
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


class TraceQuery(InQuery):
    """A page of the trace."""

    cursor: str | None = Field(default=None, max_length=100, description="next of the page before")
    limit: int = Field(default=50, ge=1, le=_MOST)


ROUTES = views()


@ROUTES.get(
    "/cases/{id}",
    summary="The case as it stands: content, steps by party and unit, what the unit may do, deadlines, liability",
)
async def one(desk: TheDesk, asker: AskerOnACase, case: CaseId, _: NoQuery) -> Response:
    async with desk.transaction() as connection:
        _case, content = await shown(desk, connection, asker, case, "arende")
    return answer(content)


@ROUTES.get(
    "/cases/{id}/trace",
    summary="Every reading and every change: who, which unit, what, when, on which ground; for those who take part",
)
async def trace(desk: TheDesk, asker: AskerAnywhere, id_: CaseId, asked: Annotated[TraceQuery, Query()]) -> Response:
    limit, before = asked.limit, _before(asked.cursor)
    async with desk.transaction() as connection:
        case, _, _ = await desk.find(connection, id_)
        ground = owns_the_trace(case, asker, desk.directory())
        lines = await access_log.lines(connection, id_, before, limit)
        count = within([line.size for line in lines], limit)
        seen = readable(case, asker.unit.hsa, ground)
        told = [line for line in lines[:count] if not line.change or _named(line, seen, asker)]
        changes = [line.number for line in told if line.change]
        messages = await desk.messages(connection, case, asker, changes)
        await access_log.write(connection, [trace_of(asker, id_, "logg", ground)])
    content: dict[str, Any] = {"trace": [_line(line, messages, desk.directory(), seen, asker) for line in told]}
    if len(lines) > count:
        last = lines[count - 1]
        content["next"] = f"{moment(last.at)}_{'c' if last.change else 'r'}{last.number}"
    return answer(content)


def _before(text: str | None) -> tuple[datetime, bool, int] | None:
    if text is None:
        return None
    time, _, place = text.partition("_")
    at = of_moment(time)
    if at is None or place[:1] not in {"c", "r"} or not place[1:].isdecimal() or len(place) > 19:
        raise bad("cursor", "använd next från föregående sida", "use next of the page before")
    return at, place[0] == "c", int(place[1:])


def _named(line: TraceLine, case: Case, asker: Asker) -> bool:
    """Whether the trace names a change to the asker; ``case``: as the asker may see it."""
    events = line.events or ()
    return may_know(asker.unit.hsa, events) and may_be_named(case, line.what, events)


def _line(
    line: TraceLine, messages: dict[int, ShownMessage], directory: Directory, case: Case, asker: Asker
) -> dict[str, Any]:
    """``case``: as the asker may see it. An asker that sees it narrowly is told neither which part of it was read, nor for
    whom and why it was printed. In a case with kept acts nobody is told which part another unit has read, as that part may
    be kept; a print is named, for it holds nothing that is kept.
    """
    if line.change:
        one = messages[line.number]
        by = one.by(directory)
        ground = "hubben" if by["unit"] is None else getattr(one.message.data, "ground", None) or "deltar"
        return {"kind": "change", "at": line.at, "what": line.what, "sequence": line.number, **by, "ground": ground}
    of_another = bool(case.kept) and line.unit != asker.unit.hsa and not line.what.startswith("utskrift/")
    in_few_words = case.narrow or of_another
    return {
        "kind": "read",
        "at": line.at,
        "what": line.what.partition("/")[0] if in_few_words else line.what,
        "unit": line.unit,
        "unit_name": name_of(line.unit or "", directory) or directory.citizen_service_names.get(line.unit or ""),
        "actor": line.actor,
        "role": line.role,
        "ground": line.ground,
        **({"for_whom": line.for_whom, "why": line.why} if not case.narrow and (line.for_whom or line.why) else {}),
    }
