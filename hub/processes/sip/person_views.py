"""What of a SIP the person may be shown at 1177 (P-17). Pure; imports the history of the plan only.

Nothing but the plan: no meetings, messages, documents or readers, and of who wrote it no more than the plan itself says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.element import Element
from hub.processes.engine.record import Act, name_of
from hub.processes.profiles.sip import SIP_PROFILES, ShownToPerson
from hub.processes.sip.element_events import PLAN, kind_of
from hub.processes.sip.lage import shown_parts
from hub.processes.sip.plan_history import plan_history
from hub.processes.sip.state import sip
from schemas.directory import Directory

NOBODY = ""
"""The person sees what no unit keeps to itself."""


def shown_to_person(case: Case, acts: Sequence[Act], directory: Directory) -> dict[str, Any] | None:
    """The plan as the person may see it; None where nothing is shown: the region has no such view, its conditions do not hold, the
    SIP has ended, the person has died or has protected identity. ``acts`` holds none that is kept to a unit.
    """
    what = SIP_PROFILES[case.profile].shown_to_person
    if what is None or case.status != "open" or case.deceased or case.blocked:
        return None
    return _VIEWS[what](case, acts, directory)


def _approved(case: Case, acts: Sequence[Act], directory: Directory) -> dict[str, Any] | None:
    """The content that was approved last, where that approval says that it may be shown; a later edit is shown when it is approved."""
    found = [(act, facts) for act in acts for name, facts in act.events if name == "approved"]
    if not found:
        return None
    act, said = found[-1]
    if said.get("show_1177") is not True:
        return None
    history = plan_history(case, acts, act.sequence)
    parts = shown_parts(case, [NOBODY], history.case)
    version = _valid_since(acts, act.sequence) or sip(history.case).version
    return {**_plan(case, parts, directory), "version": version, "approved_at": said["at"]}


def _valid_since(acts: Sequence[Act], approved: int) -> int | None:
    """The number with which the approved content became valid; None while it has not, or when it was changed before."""
    for act in acts:
        for name, facts in act.events if act.sequence > approved else ():
            if name == "approval_lost":
                return None
            if name == "valid":
                return int(facts["version"])
    return None


def _ongoing(case: Case, acts: Sequence[Act], directory: Directory) -> dict[str, Any] | None:
    """A plan with a main goal, a sub-goal and a shared insats, without what has ended."""
    if sip(case).state != SIP_PROFILES[case.profile].ongoing_from:
        return None
    seen = plan_history(case, acts).case
    parts = [one for one in shown_parts(case, [NOBODY], seen) if "ended" not in one.state]
    return {**_plan(case, parts, directory), "version": sip(case).version, "approved_at": None}


_VIEWS: Mapping[ShownToPerson, Callable[[Case, Sequence[Act], Directory], dict[str, Any] | None]] = {
    "approved": _approved,
    "ongoing": _ongoing,
}


def _plan(case: Case, parts: Sequence[Element], directory: Directory) -> dict[str, Any]:
    return {
        "document": PLAN,
        "state": sip(case).state,
        "elements": [
            {
                "element": one.address,
                "kind": kind_of(one.address),
                "under": one.state.get("under", None if one.address == PLAN else PLAN),
                "fields": {
                    name: _said(written[0], directory)
                    for name, written in one.state["fields"].items()
                    if written[0] is not None and name != "shared"
                },
            }
            for one in parts
        ],
    }


def _said(value: Any, directory: Directory) -> Any:
    """A value in the words of the plan; a unit by its name too."""
    if isinstance(value, dict) and "unit" in value:
        return {**value, "unit_name": name_of(value["unit"], directory)}
    return value
