"""Katalogen: its tree, who may do what, its versions, and how another is put in force after a dry run. Imports the visit."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.responses import Response

from hub.web.visit import Visit, act, number_of, page

_VERSIONS: Final = 20
"""The most on a page: of those from before it was kept what each changed, two whole directories are compared, once."""


async def tree(visit: Visit) -> Response:
    """``/directory``: the regions; below one its organisations, below one its units."""
    asked = {name: visit.query.get(name) for name in ("region", "organisation", "words", "after")}
    regions = await visit.ops.ask("/directory")
    organisations = units = None
    if asked["organisation"] or asked["words"]:
        units = await visit.ops.ask("/directory/units", **asked)
    elif asked["region"]:
        organisations = await visit.ops.ask("/directory/organisations", region=asked["region"], after=asked["after"])
    return visit.show("directory.html", regions=regions, organisations=organisations, units=units, asked=asked)


async def unit(visit: Visit) -> Response:
    """``/directory/units/HSA``: what its roles may and answer for, and which entry says so."""
    found = await visit.ops.ask("/directory/rights", unit=visit.path["hsa"])
    return visit.show("directory_unit.html", one=found["unit"], version=found["version"])


async def versions(visit: Visit) -> Response:
    """``/directory/versions``: the newest first, each with what it changed of the one before."""
    found = await visit.ops.ask("/directory/versions", after=visit.query.get("after"), limit=_VERSIONS)
    return visit.show("directory_versions.html", found=found)


async def version(visit: Visit) -> Response:
    """``/directory/versions/N``: who made it and why, what it changed, and the way back: to it, or from it to the one before."""
    number = visit.path["number"]
    other = f"{number_of(visit.query, 'before', int)}/difference/{number}" if visit.query.get("before") else None
    its, newest = await asyncio.gather(
        visit.ops.ask(f"/directory/versions/{number}/difference"), visit.ops.ask("/directory/versions", limit=1)
    )
    now = newest["rows"][0]["version"]
    changed = await visit.ops.ask(f"/directory/versions/{other}") if other else its
    back = None
    if visit.may("directory") and number != now:
        back = await visit.ops.say("/directory/rollback/dry-run", {"to": number})
    return visit.show("directory_version.html", its=its, changed=changed, now=now, back=back)


async def write(visit: Visit) -> Response:
    """``/directory/write``: the directory in force, to be changed and tried."""
    asked = visit.query.get("version")
    number = number_of(visit.query, "version", int) if asked else (await visit.ops.ask("/directory"))["version"]
    found = await visit.ops.ask(f"/directory/versions/{number}")
    return visit.show("directory_write.html", yaml=found["yaml"], tried=None)


async def dry_run(visit: Visit, form: FormData) -> Response:
    """What the directory in the form would change, in figures; nothing is done."""
    yaml = _yaml(form)
    tried = await visit.ops.say("/directory/dry-run", {"yaml": yaml})
    return visit.show("directory_write.html", yaml=yaml, tried=tried)


async def apply(visit: Visit, form: FormData) -> Response:
    """Puts in force what was tried."""
    done = await visit.ops.say("/directory/apply", {"yaml": _yaml(form), **_seen(form)})
    return visit.go("/directory/versions", done="applied" if done["applied"] else "nothing_applied")


async def roll_back(visit: Visit, form: FormData) -> Response:
    """Puts a former version in force again."""
    await visit.ops.say("/directory/rollback", {"to": visit.path["number"], **_seen(form)})
    return visit.go("/directory/versions", done="applied")


def _yaml(form: FormData) -> str:
    return str(form.get("yaml", "")).replace("\r\n", "\n")


def _seen(form: FormData) -> dict[str, Any]:
    """What the dry run said, and why it is done."""
    return {
        "version": number_of(form, "version", int),
        "digest": str(form.get("digest", "")),
        "force": form.get("force") == "yes",
        "reason": str(form.get("reason", "")),
    }


async def rotate(visit: Visit, form: FormData) -> Response:
    """Makes a new credential of a system, which is shown this once."""
    asked = {"kind": str(form.get("kind", "")), "reason": str(form.get("reason", ""))}
    made = await visit.ops.say(f"/systems/{visit.part('id')}/credentials/rotate", asked)
    return visit.show("rotated.html", id=visit.path["id"], made=made)


ROUTES = (
    page("/directory", tree),
    page("/directory/units/{hsa}", unit),
    page("/directory/versions", versions),
    page("/directory/versions/{number:int}", version),
    act("/directory/versions/{number:int}/rollback", roll_back),
    page("/directory/write", write),
    act("/directory/dry-run", dry_run),
    act("/directory/apply", apply),
    act("/systems/{id}/rotate", rotate),
)
