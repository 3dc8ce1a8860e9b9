"""Spar: who did what and why, who opened what messages say, who is signed in, and an end to that. Imports the visit."""

from __future__ import annotations

import re
from typing import Any, Final

from starlette.responses import Response

from hub import trail_words
from hub.web.texts import Texts
from hub.web.visit import Visit, deed, page

TABS: Final = (("acts", "/trail"), ("glass", "/trail/glass"), ("sessions", "/trail/sessions"))
"""(name of its texts, address) of each of the pages."""


async def acts(visit: Visit) -> Response:
    """``/trail``: everything that was done by hand, the newest first."""
    return await _list(visit, "trail.html", "/trail", ("who", "what", "target", "since", "until", "after"))


async def glass(visit: Visit) -> Response:
    """``/trail/glass``: whose glass is and was broken."""
    return await _list(visit, "trail_glass.html", "/glass", ("open", "after"))


async def sessions(visit: Visit) -> Response:
    """``/trail/sessions``: who is and was signed in."""
    return await _list(visit, "trail_sessions.html", "/sessions", ("in_force", "after"))


_WORD: Final = re.compile(r"(?<![\w:/.-])[a-z]+(?![\w/.-])")
_KINDS: Final = re.compile(
    r"(glass|replay|session) \d+\b|(case|message|directory|version|system) |a search by person|nothing named"
)


def target_of(t: Texts, target: str) -> str:
    """What an act concerned, in the person's language where the trail says its kind before its id (``glass 3: case X``)."""
    if t.language == "sv" and (token := trail_words.token_in_swedish(target)) is not None:
        return token
    return _WORD.sub(lambda found: t.word("target", found[0]), target) if _KINDS.match(target) else target


async def _list(visit: Visit, template: str, path: str, names: tuple[str, ...]) -> Response:
    asked: dict[str, Any] = {name: visit.query.get(name) for name in names}
    return visit.show(
        template,
        found=await visit.ops.ask(path, **asked),
        asked=asked,
        tabs=TABS,
        target_of=target_of,
    )


ROUTES = (
    page("/trail", acts),
    page("/trail/glass", glass),
    page("/trail/sessions", sessions),
    deed("/trail/sessions/{number:int}/end", "/sessions/{number}/end", "session_ended"),
)
