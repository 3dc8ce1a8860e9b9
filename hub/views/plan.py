"""The plan of a case, in any version, and what has changed in it (sip-messages.md §4, C-50, C-51). Pure; imports the processes only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.engine.process import process_of_case
from hub.processes.engine.record import Act

_NO_PLAN = Refused(
    "no-plan",
    "Ärendet har ingen plan, eller den visas inte för enheten ännu. Läs ärendet i stället.",
    "The case has no plan, or it is not shown to the unit yet. Read the case instead.",
    "/case",
    404,
)
_NO_VERSION = Refused(
    "C-50",
    "Planen har ingen sådan version. Läs planen utan version: den gällande visas.",
    "The plan has no such version. Read the plan without version: the current one is shown.",
    "/version",
    404,
)
_NOT_LATER = Refused(
    "C-50",
    "Jämför en tidigare version (from) med en senare (to).",
    "Compare an earlier version (from) with a later one (to).",
    "/from",
    400,
)
_NO_FIELD = Refused(
    "C-51",
    "Fältet är inte skrivet i elementet.",
    "The field is not written in the element.",
    "/field",
    404,
)


def current_version(case: Case) -> int:
    """The number of the plan's current version; raises ``Refused`` 404 where there is no plan to show."""
    versions = process_of_case(case).plan.versions(case)
    if not versions:
        raise replace(_NO_PLAN)
    return versions[-1]


def shown_plan(case: Case, unit: str, acts: Sequence[Act], version: int | None, *, ended: bool) -> dict[str, Any]:
    """A version of the plan; the current one where none is named. The case's elements are loaded for the current one, ``acts`` are
    needed for an earlier one. Raises ``Refused`` 404.
    """
    current, plan = current_version(case), process_of_case(case).plan
    if version in {None, current}:
        return plan.current(case, unit, ended=ended)
    if version not in plan.versions(case):
        raise replace(_NO_VERSION)
    return plan.earlier(case, unit, acts, version, ended=ended)


def compared(case: Case, unit: str, acts: Sequence[Act], before: int | None, after: int | None) -> dict[str, Any]:
    """What has changed from one version to another: to the current one, and from the one before it, where none is named. Raises
    ``Refused`` 400 or 404.
    """
    current_version(case)
    plan = process_of_case(case).plan
    versions = plan.versions(case)
    after = versions[-1] if after is None else after
    if before is None:
        before = max((number for number in versions if number < after), default=after)
    if not {before, after} <= {*versions}:
        raise replace(_NO_VERSION)
    if before >= after:
        raise replace(_NOT_LATER)
    return plan.comparison(case, unit, acts, before, after)


def field_history(case: Case, acts: Sequence[Act], element: str, name: str, before: int, limit: int) -> dict[str, Any]:
    """The values that a field of an element has held, the newest first, from those before the element's version ``before`` on. Raises
    ``Refused`` 404.
    """
    current_version(case)
    every = process_of_case(case).plan.writings(case, acts, element, name)
    if not every:
        raise replace(_NO_FIELD)
    asked = [one for one in reversed(every) if one["version"] < before]
    current = every[-1]["version"]
    return {
        "element": element,
        "field": name,
        "current": current,
        "total": len(every),
        "history": [{**one, "earlier": one["version"] != current} for one in asked[:limit]],
        **({"next_before": asked[limit - 1]["version"]} if len(asked) > limit else {}),
    }


def keywords(case: Case, unit: str) -> dict[str, Any]:
    """The latest text of each keyword (P-11); the case's elements are loaded. Raises ``Refused`` 404."""
    current_version(case)
    return {"keywords": process_of_case(case).plan.keywords(case, unit)}
