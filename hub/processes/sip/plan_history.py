"""The plan as it was: the fold of the acts that wrote it (E-3, E-4, E-7, C-51). Imports the element's events only.

The history is folded for one unit, from the acts that it may know of. An insats that another unit has written for itself (LC-6)
comes into it with its sharing, as it stood then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.record import Act
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.sip.element_events import edited
from hub.processes.sip.events import EVENTS
from hub.processes.sip.state import SipState, sip

_MAKES = frozenset({"tillagd", "delad"})
"""The changes with which an element comes into the history of a unit."""


@dataclass(slots=True)
class PlanHistory:
    """The plan as some acts have left it."""

    case: Case
    """A case that holds nothing but the plan's elements and the number of their version."""
    last: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    """address → change → [sequence, unit, actor, time] of the last such change of the element."""
    written: dict[tuple[str, str], list[tuple[int, list[Any]]]] = field(default_factory=dict)
    """(address, field) → (number of the plan's version, the field as the element keeps it) for every value that it has held."""


def plan_history(case: Case, acts: Sequence[Act], until: int | None = None) -> PlanHistory:
    """The plan as these acts have left it, up to the act with the number ``until``."""
    first = SIP_PROFILES[case.profile].first_version
    found = PlanHistory(Case(case.id, case.process, case.profile, SipState(version=first)))
    for act in acts:
        if until is not None and act.sequence > until:
            break
        found.case.sequence = act.sequence
        for name, facts in act.events:
            if name == "edited":
                _edit(found, facts)
            elif name == "version_closed":
                EVENTS[name](found.case, **facts)
    return found


def _edit(found: PlanHistory, facts: dict[str, Any]) -> None:
    address, change = facts["element"], facts["change"]
    if change not in _MAKES and address not in found.case.elements:
        return  # it ended or went with what it stood under, and the unit has never seen it
    edited(found.case, **facts)
    one, number = found.case.elements[address], sip(found.case).version
    found.last.setdefault(address, {})[change] = [found.case.sequence, facts["unit"], facts.get("actor"), facts["time"]]
    for name, stands in one.state["fields"].items():
        values = found.written.setdefault((address, name), [])
        if not values or values[-1][1] != stands:
            values.append((number, stands))
