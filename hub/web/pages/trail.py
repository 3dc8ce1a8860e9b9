"""Spar: who did what and why, who opened what messages say, and who is signed in. Imports the visit."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from hub.web.visit import Visit, page

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


async def _list(visit: Visit, template: str, path: str, names: tuple[str, ...]) -> Response:
    asked: dict[str, Any] = {name: visit.query.get(name) for name in names}
    return visit.show(template, found=await visit.ops.ask(path, **asked), asked=asked, tabs=TABS)


ROUTES = (page("/trail", acts), page("/trail/glass", glass), page("/trail/sessions", sessions))
