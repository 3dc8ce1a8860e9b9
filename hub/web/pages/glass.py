"""Breaking the glass: reading what messages say, with a reason and for thirty minutes. Imports the visit."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.responses import Response

from hub.web.visit import Visit, act


async def break_glass(visit: Visit, form: FormData) -> Response:
    """Breaks it for what the form names, and goes on there."""
    about = {name: str(form[name]) for name in ("case", "message") if form.get(name)}
    asked = {"reason": str(form.get("reason", "")), "person": form.get("person") == "yes", **about}
    await visit.ops.say("/glass", asked)
    return visit.back(form, "glass_broken")


async def close(visit: Visit, form: FormData) -> Response:
    """Closes it before its time."""
    await visit.ops.end("/glass/current")
    return visit.back(form, "glass_closed")


ROUTES = (act("/glass/break", break_glass), act("/glass/close", close))
