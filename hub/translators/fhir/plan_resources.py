"""The lean shape of CarePlan, Goal, ServiceRequest and Basic, which are a SIP and its elements. Imports the lean data types and
msgspec only.

Required elements and required bindings as in R4 (hl7.org/fhir/R4/<resource>.html). Names are R4's own (N815).
"""
# ruff: noqa: N815, RUF012 - R4's own names; msgspec copies the empty list

from __future__ import annotations

from typing import Literal

from hub.translators.fhir.shapes import (
    Concept,
    Date,
    DateTime,
    Identifier,
    Lean,
    Period,
    Reference,
    Resource,
    Text,
)


class PlanActivity(Lean):
    """Of CarePlan: one activity, by reference; an activity in place (``detail``) goes to the reference model and is then refused."""

    reference: Reference | None = None


class CarePlan(Resource, kw_only=True, tag="CarePlan"):
    status: Literal["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"]
    intent: Literal["proposal", "plan", "order", "option"]
    subject: Reference
    identifier: list[Identifier] = []
    partOf: list[Reference] = []
    category: list[Concept] = []
    description: Text | None = None
    encounter: Reference | None = None
    created: DateTime | None = None
    author: Reference | None = None
    careTeam: list[Reference] = []
    supportingInfo: list[Reference] = []
    goal: list[Reference] = []
    activity: list[PlanActivity] = []


class Target(Lean):
    """Of Goal: the day by which it shall be reached; a measured target goes to the reference model."""

    dueDate: Date | None = None


class Goal(Resource, kw_only=True, tag="Goal"):
    lifecycleStatus: Literal[
        "proposed",
        "planned",
        "accepted",
        "active",
        "on-hold",
        "completed",
        "cancelled",
        "entered-in-error",
        "rejected",
    ]
    description: Concept
    subject: Reference
    identifier: list[Identifier] = []
    achievementStatus: Concept | None = None
    category: list[Concept] = []
    target: list[Target] = []


class ServiceRequest(Resource, kw_only=True, tag="ServiceRequest"):
    status: Literal["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"]
    intent: Literal[
        "proposal",
        "plan",
        "directive",
        "order",
        "original-order",
        "reflex-order",
        "filler-order",
        "instance-order",
        "option",
    ]
    subject: Reference
    identifier: list[Identifier] = []
    category: list[Concept] = []
    code: Concept | None = None
    encounter: Reference | None = None
    occurrencePeriod: Period | None = None
    occurrenceDateTime: DateTime | None = None
    authoredOn: DateTime | None = None
    requester: Reference | None = None
    performer: list[Reference] = []
    patientInstruction: Text | None = None

    def __post_init__(self) -> None:
        if self.occurrencePeriod is not None and self.occurrenceDateTime is not None:
            raise ValueError("occurrence[x] is one")


class Basic(Resource, kw_only=True, tag="Basic"):
    """An element of a kind for which R4 has no resource."""

    code: Concept
    identifier: list[Identifier] = []
    subject: Reference | None = None
