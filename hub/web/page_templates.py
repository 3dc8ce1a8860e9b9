"""The pages' templates: made into HTML, with the headers that every page has. Imports Jinja and Starlette."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2
from starlette.responses import HTMLResponse, Response

from hub.web import shown
from hub.web.cell_labels import labelled
from hub.web.look import LANGUAGES, SCHEMES
from hub.web.served_files import served_files
from hub.web.texts import grouped

if TYPE_CHECKING:
    from hub.web.visit import Visit

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self';"
        " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Of every page. Images in ``data:`` are the signs that the stylesheet of the design system draws."""
MENU: Final = (
    ("overview", "/", "see", {"", "hubs"}),
    ("search", "/messages", "see", {"messages", "cases"}),
    (
        "waiting",
        "/waiting",
        "see",
        {"waiting", "held", "dead", "manual-queue", "unserved", "replays", "partitions", "deadlines"},
    ),
    ("systems", "/systems", "see", {"systems"}),
    ("registers", "/registers", "see", {"registers"}),
    ("directory", "/directory", "see", {"directory"}),
    ("reconciliation", "/reconciliation", "see", {"reconciliation"}),
    ("trail", "/trail", "audit", {"trail", "glass"}),
    ("catalogue", "/errors", "see", {"errors"}),
)
"""(name of its texts, address, the right that it needs, the first words of the addresses that belong to it) of each part of the menu."""


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "labelled": labelled,
        "duration": shown.duration,
        "since": shown.since,
        "percent": _percent,
        "number": _number,
        "pretty": lambda said: json.dumps(said, ensure_ascii=False, indent=2),
        "languages": LANGUAGES,
        "schemes": SCHEMES,
    }
    return made


@jinja2.pass_context
def _number(context: jinja2.runtime.Context, number: float) -> str:
    return grouped(number, context["t"].language)


@jinja2.pass_context
def _percent(context: jinja2.runtime.Context, share: float | None) -> str:
    return shown.percent(share, context["t"].language)


def rendered(visit: Visit, template: str, status: int, context: dict[str, Any]) -> Response:
    """The template's page for this visit."""
    language = visit.look.language
    files = served_files()
    begins = visit.here.split("/")[1]
    menu = [
        (name, address, begins in its)
        for name, address, right, its in MENU
        if visit.may(right) and address in visit.request.app.state.paths
    ]
    text = (
        _environment()
        .get_template(template)
        .render(
            visit=visit,
            t=visit.t,
            link=visit.link,
            may=visit.may,
            csrf=visit.csrf,
            menu=menu,
            asset=lambda name: visit.link(f"/assets/{files[name].name}"),
            time=lambda moment: shown.time_of(moment, language),
            clock=lambda moment: shown.clock_of(moment, language),
            during=lambda start, end: shown.during(start, end, language),
            **context,
        )
    )
    return HTMLResponse(text, status, HEADERS)
