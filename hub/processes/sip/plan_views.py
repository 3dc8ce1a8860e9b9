"""The plan of a SIP as views read it: any version, the differences between two, and what a field has held (C-50, C-51, E-7, LC-10).
Pure; imports the history of the plan only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.plan_views import PlanViews
from hub.processes.engine.record import Act, words
from hub.processes.profiles.sip_codes import TEMPLATES
from hub.processes.sip.audience import PLAN_BEGINNINGS
from hub.processes.sip.comparison import compare
from hub.processes.sip.disclosure import shows_element
from hub.processes.sip.element_events import PLAN
from hub.processes.sip.lage import current_plan, field_snapshot, plan_of, shown_parts
from hub.processes.sip.plan_history import PlanHistory, plan_history
from hub.processes.sip.protected import without_contacts
from hub.processes.sip.state import sip
from schemas.sip import PlanSnapshot


class SipPlanViews(PlanViews):
    """The plan of a SIP."""

    beginnings = PLAN_BEGINNINGS

    def versions(self, case: Case) -> Sequence[int]:
        """The archived versions and the current one; none where the unit reads no more than the initiativ (PR-2) or the consent."""
        own = sip(case)
        return () if case.narrow else [*(one["version"] for one in own.versions), own.version]

    def current(self, case: Case, unit: str, *, ended: bool) -> dict[str, Any]:
        """In the shape of ``sip.lage`` (§4)."""
        return _shown(current_plan(case, [unit]), ended=ended)

    def earlier(self, case: Case, unit: str, acts: Sequence[Act], version: int, *, ended: bool) -> dict[str, Any]:
        """The fold of what was written until the version was closed; it names the current one (C-50)."""
        kept = next(one for one in sip(case).versions if one["version"] == version)
        parts = shown_parts(case, [unit], plan_history(case, acts, kept["until"]).case)
        stood = plan_of(parts, version=version, current=False, state=kept["state"])
        return {**_shown(stood, ended=ended), "current_version": sip(case).version}

    def comparison(self, case: Case, unit: str, acts: Sequence[Act], before: int, after: int) -> dict[str, Any]:
        """Both versions by number, state and the time when they were closed, and what differs."""
        versions = {one["version"]: one for one in sip(case).versions}

        def stood(number: int) -> PlanHistory:
            return plan_history(case, acts, versions.get(number, {}).get("until"))

        return {
            "document": PLAN,
            "from": _named(case, before),
            "to": _named(case, after),
            "elements": compare(case, unit, stood(before), stood(after)),
        }

    def writings(self, case: Case, acts: Sequence[Act], element: str, name: str) -> list[dict[str, Any]]:
        """With the number of the plan's version in which each was written."""
        history = plan_history(case, acts)
        found = history.written.get((element, name), ())
        if case.blocked and found:
            values = {each: written[0] for each, written in history.case.elements[element].state["fields"].items()}
            found = [each for each in found if name in without_contacts(element, {**values, name: each[1][0]})]
        return [{"plan_version": number, **field_snapshot(written)} for number, written in found]

    def keywords(self, case: Case, unit: str) -> list[dict[str, Any]]:
        """Of notes that are not removed, in the order of the templates."""
        known = dict.fromkeys(keyword for keywords in TEMPLATES.values() for keyword in keywords)
        latest: dict[str, tuple[int, dict[str, Any]]] = {}
        for one in case.elements.values():
            if one.removed or not shows_element(case, unit, one):
                continue
            for name, written in one.state["fields"].items():
                if name not in known or written[0] is None or written[2] <= latest.get(name, (0,))[0]:
                    continue
                where = {"keyword": name, "element": one.address, "plan_version": one.state["plan"]}
                latest[name] = (written[2], {**where, **field_snapshot(written)})
        return [latest[name][1] for name in known if name in latest]


def _shown(plan: PlanSnapshot, *, ended: bool) -> dict[str, Any]:
    """The plan as plain JSON; whether a part has ended is always said."""
    shown: dict[str, Any] = words(plan)
    shown["elements"] = [
        one if one["element"] == PLAN else {"ended": None, **one}
        for one in shown["elements"]
        if ended or "ended" not in one
    ]
    return shown


def _named(case: Case, number: int) -> dict[str, Any]:
    own = sip(case)
    archived = next((one for one in own.versions if one["version"] == number), None)
    if archived is None:
        return {"version": number, "current": True, "state": own.state, "closed_at": None}
    return {"version": number, "current": False, "state": archived["state"], "closed_at": archived["at"]}
