"""Meddelande och Arende: what happened, on lanes of who did it, with the law's clock on the same axis. Imports the visit and the
drawing.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from hub.web.shown import time_of
from hub.web.swimlanes import drawn, in_runs
from hub.web.visit import Page, Visit, page

_PAGE: Final = 200
"""So many of what happened, and of whom it was told."""


def _shown(template: str) -> Page:
    async def show(visit: Visit) -> Response:
        id_ = visit.path["id"]
        found = await visit.ops.ask(f"/timeline/{visit.part('id')}", limit=_PAGE, **_asked(visit))
        _in_words(visit, found)
        lanes = {one["id"]: one[visit.look.language] for one in found["lanes"]}
        drawing = drawn(found, visit.look.language)
        source = visit.query.get("source") or next(iter(found["sources"]), "")
        said = await _said(visit, id_, source) if template == "message.html" else None
        return visit.show(
            template,
            found=found,
            id=id_,
            source=source,
            said=said,
            drawing=drawing,
            lanes=lanes,
            runs=in_runs(found["entries"], found["well"] if template == "case.html" else ()),
        )

    return show


def _asked(visit: Visit) -> dict[str, str]:
    """Which page of it."""
    return {name: visit.query[name] for name in ("before", "notices_after") if visit.query.get(name)}


def _in_words(visit: Visit, found: dict[str, Any]) -> None:
    """Puts the names of messages and of deadlines where what happened is told by their keys."""
    t, language = visit.t, visit.look.language
    states = {(clock["case"], one["key"]): one["state"] for clock in found["clocks"] for one in clock["deadlines"]}
    for one in found["entries"]:
        if one.get("deadline"):
            name, _, about = one["deadline"].partition("/")
            state = states.get((one["case"], one["deadline"]), "open") if one["kind"] == "due" else one["kind"]
            named = f"{t.word('deadline', name)} ({t.step(about)})" if about else t.word("deadline", name)
            said = t.word("clock", state)
            one[language] = str(
                t(
                    "timeline.law",
                    name=named,
                    state=said[:1].lower() + said[1:],
                    due=time_of(one["due"], language).striptags(),
                )
            )
        elif one.get("type") and one[language].startswith(f"{one['type']} "):
            one[language] = t.word("message", one["type"]) + one[language].removeprefix(one["type"])


async def _said(visit: Visit, id_: str, source: str) -> Any:
    """What a message says, where somebody asks for it and the glass is broken."""
    is_asked = "body" in visit.query and source
    return await visit.ops.ask("/messages/body", source=source, id=id_) if is_asked and visit.reads else None


ROUTES = (page("/messages/{id:path}", _shown("message.html")), page("/cases/{id}", _shown("case.html")))
"""One message, whom it was told, and how each has answered; every message of a case."""
