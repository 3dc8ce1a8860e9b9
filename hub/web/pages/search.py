"""Sok: messages and notices by what is known of them; never by person, which is behind the glass. Imports the visit."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.responses import Response

from hub.ops_client.client import OpsRefused
from hub.web.shown import SWEDEN, swedish
from hub.web.visit import Visit, act, page
from schemas.person_numbers import holds_person_number

_ASKED: Final = (
    "id", "case", "ref", "system", "from_system", "from_unit", "to_system", "to_unit", "type", "rule", "deadline", "outcome", "since",
    "until", "sent_since",
)  # fmt: skip
OUTCOMES: Final = ("accepted", "refused", "held", "waiting", "late", "dead", "sent", "sent-late")
_CASE: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PERSON: Final = re.compile(r"(\d{6}|\d{8})[-+ ]?\d{4}")


_PATIENCE_S: Final = 2.0
"""A page of the API is given after a tenth of a second, also without rows; for so long a person waits for the first that is found."""
_LONGEST: Final = 300
_TOO_LONG: Final = {
    "sv": f"Rätta sökordet: skriv högst {_LONGEST} tecken.",
    "en": f"Correct what you search for: write at most {_LONGEST} characters.",
}


async def search(visit: Visit) -> Response:
    """``/messages``: the newest first, narrowed by what is asked for."""
    asked: dict[str, Any] = {name: visit.query.get(name) for name in _ASKED}
    times = {name: _moment(asked[name]) for name in ("since", "until", "sent_since")}
    found = await visit.ops.ask("/messages", **{**asked, **times}, after=visit.query.get("after"))
    until = time.monotonic() + _PATIENCE_S
    while not found["rows"] and found["next"] and time.monotonic() < until:
        found = await visit.ops.ask("/messages", **{**asked, **times}, after=found["next"])
    return visit.show("search.html", found=found, asked=asked, outcomes=OUTCOMES, person="", local=_local)


async def of_a_person(visit: Visit, form: FormData) -> Response:
    """``/messages/by-person``: behind the glass. The number is in the form and in the page that answers it, and in no address."""
    person = re.sub(r"[-+ ]", "", str(form.get("personnummer", "")))
    asked: dict[str, Any] = {"personnummer": person} | ({"after": str(form["after"])} if form.get("after") else {})
    found = await visit.ops.say("/messages/by-person", asked)
    return visit.show(
        "search.html", found=found, asked=dict.fromkeys(_ASKED), outcomes=OUTCOMES, person=person, local=_local
    )


async def find(visit: Visit, form: FormData) -> Response:
    """What somebody means by a word in the field of every page: a case, a reference, a rule, a unit, or else a message. It is a form's,
    since an address is kept by browsers and proxies, and somebody may write who a person is (D-10).
    """
    words = str(form.get("q", "")).strip()
    if not words:
        return visit.go("/messages")
    if len(words) > _LONGEST:
        raise OpsRefused(400, "bad-query", _TOO_LONG, "/q")
    if _PERSON.fullmatch(words) or holds_person_number(words):
        return visit.show("refused.html", 400, rule="", said=visit.t("search.no_person"), element=None, about={})
    if _CASE.fullmatch(words):
        return visit.go(f"/cases/{words}")
    for name, written in (("ref", r"ref:.+"), ("from_unit", r"SE\d{10}-.+"), ("rule", r"[A-Z]{1,3}-\d+[a-z]?")):
        if re.fullmatch(written, words):
            return visit.go("/messages", **{name: words})
    return visit.go("/messages", id=words)


def _moment(written: str | None) -> str | None:
    """A time of a form, which is Swedish, with its zone; what has one stays."""
    try:
        found = datetime.fromisoformat(written or "")
    except ValueError:
        return written
    return (found if found.tzinfo else found.replace(tzinfo=SWEDEN)).isoformat()


def _local(written: str | None) -> str:
    """The same as the field of a form has it: Swedish time, without its zone."""
    try:
        found = datetime.fromisoformat(written or "")
    except ValueError:
        return ""
    return f"{swedish(found) if found.tzinfo else found:%Y-%m-%dT%H:%M}"


ROUTES = (page("/messages", search), act("/messages/find", find), act("/messages/by-person", of_a_person))
