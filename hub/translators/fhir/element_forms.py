"""The table of the kinds of elements of the plan in R4: the resource of each, its statuses, its writer and its reader. Imports the
shapes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from hub.translators.fhir import goals, plan_parts
from hub.translators.fhir.act_resources import QuestionnaireResponse
from hub.translators.fhir.bundle import View
from hub.translators.fhir.plan_fields import Refer
from hub.translators.fhir.plan_resources import Basic, CarePlan, Goal, ServiceRequest
from hub.translators.fhir.resources import CareTeam

Fields = dict[str, Any]


class Statuses(NamedTuple):
    """The statuses of a resource with one element of the plan."""

    element: str
    open: str
    ended: str
    removed: str
    all_open: frozenset[str]
    """Those that a sender may give an element that is added or changed."""
    all_ended: frozenset[str]


class Form(NamedTuple):
    """The form of a kind of element."""

    kind: Any
    """The lean struct of its resource."""
    write: Callable[[Fields, Refer], Fields] | None = None
    """Takes the fields that it places out of the dict; returns the resource's own elements."""
    read: Callable[[View, Any], Fields] | None = None
    status: Statuses | None = None
    one_identifier: bool = False
    names_patient: bool = True
    has_encounter: bool = True


_GOAL_STATUSES: Final = Statuses(
    "lifecycleStatus",
    "active",
    "completed",
    "cancelled",
    frozenset({"proposed", "planned", "accepted", "active", "on-hold"}),
    frozenset({"completed", "cancelled", "rejected", "entered-in-error"}),
)
_REQUEST_STATUSES: Final = Statuses(
    "status",
    "active",
    "completed",
    "revoked",
    frozenset({"draft", "active", "on-hold", "unknown"}),
    frozenset({"completed", "revoked", "entered-in-error"}),
)


def _goal(label: str) -> Form:
    """The form of a Goal. ``label``: the field with its words."""
    write, read = partial(goals.write_goal, label), partial(goals.read_goal, label)
    return Form(Goal, write, read, _GOAL_STATUSES, has_encounter=False)


def _request(label: str) -> Form:
    """The form of a ServiceRequest. ``label``: the field with its words."""
    write, read = partial(goals.write_request, label), partial(goals.read_request, label)
    return Form(ServiceRequest, write, read, _REQUEST_STATUSES)


FORMS: Final[dict[str, Form]] = {
    # A plan that is saved, not sent, is a draft whatever its edit does.
    "plan": Form(
        CarePlan,
        plan_parts.write_plan,
        plan_parts.read_plan,
        _REQUEST_STATUSES._replace(all_ended=_REQUEST_STATUSES.all_ended | {"draft"}),
    ),
    "mal": _goal("definition"),
    "delmal": _goal("text"),
    "aktivitet": _request("name"),
    "insats": _request("text"),
    "deltagare": Form(
        CareTeam,
        plan_parts.write_team,
        plan_parts.read_team,
        Statuses(
            "status",
            "active",
            "inactive",
            "entered-in-error",
            frozenset({"proposed", "active", "suspended"}),
            frozenset({"inactive", "entered-in-error"}),
        ),
        names_patient=False,
    ),
    "anteckning": Form(
        QuestionnaireResponse,
        plan_parts.write_note,
        plan_parts.read_note,
        Statuses(
            "status",
            "in-progress",
            "completed",
            "entered-in-error",
            frozenset({"in-progress", "completed", "amended"}),
            frozenset({"completed", "stopped", "entered-in-error"}),
        ),
        one_identifier=True,
        names_patient=False,
    ),
}
"""Kind of element → its form."""
OTHER: Final = Form(Basic, has_encounter=False)
"""The form of kinds that no profile has; the rules refuse them (P-9)."""
