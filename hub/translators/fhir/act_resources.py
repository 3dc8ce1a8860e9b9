"""The lean shape of Task, QuestionnaireResponse, AuditEvent and RelatedPerson. Imports the lean data types and msgspec
only.

Required elements and required bindings as in R4 (hl7.org/fhir/R4/<resource>.html). Names are R4's own (N815).
"""
# ruff: noqa: N815, RUF012 - R4's own names; msgspec copies the empty list

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from hub.translators.fhir.shapes import (
    Code,
    Coding,
    Concept,
    Contact,
    DateTime,
    Identifier,
    Instant,
    Lean,
    Name,
    Period,
    Positive,
    Reference,
    Resource,
    Text,
    Unsigned,
)


class Restriction(Lean):
    """Of Task: the period in which it is wanted, and from whom."""

    repetitions: Positive | None = None
    period: Period | None = None
    recipient: list[Reference] = []


class Input(Lean):
    """Of Task: one typed value; values of other types go to the reference model and are then refused."""

    type: Concept
    valueBoolean: bool | None = None
    valueCode: Code | None = None
    valueString: Text | None = None
    valueReference: Reference | None = None

    def __post_init__(self) -> None:
        if (
            (self.valueBoolean is not None)
            + (self.valueCode is not None)
            + (self.valueString is not None)
            + (self.valueReference is not None)
        ) != 1:
            raise ValueError("value[x] is one")


class Task(Resource, kw_only=True, tag="Task"):
    status: Literal[
        "draft",
        "requested",
        "received",
        "accepted",
        "rejected",
        "ready",
        "cancelled",
        "in-progress",
        "on-hold",
        "failed",
        "completed",
        "entered-in-error",
    ]
    intent: Literal[
        "unknown",
        "proposal",
        "plan",
        "order",
        "original-order",
        "reflex-order",
        "filler-order",
        "instance-order",
        "option",
    ]
    identifier: list[Identifier] = []
    statusReason: Concept | None = None
    priority: Literal["routine", "urgent", "asap", "stat"] | None = None
    code: Concept | None = None
    description: Text | None = None
    focus: Reference | None = None
    for_: Reference | None = field(name="for", default=None)
    encounter: Reference | None = None
    authoredOn: DateTime | None = None
    lastModified: DateTime | None = None
    requester: Reference | None = None
    owner: Reference | None = None
    reasonCode: Concept | None = None
    restriction: Restriction | None = None
    input: list[Input] = []


class Version(Lean):
    """An extension of an item: the version on which it was written, as text where it exceeds R4's integers (32 bits)."""

    url: str
    valueUnsignedInt: Unsigned | None = None
    valueString: Text | None = None

    def __post_init__(self) -> None:
        if (self.valueUnsignedInt is None) == (self.valueString is None):
            raise ValueError("ext-1; other values are left to the reference model")


class Answer(Lean):
    """One answer of an item, a text or a choice; the reader refuses other kinds and nested items."""

    valueString: Text | None = None
    valueCoding: Coding | None = None
    item: list[Inner] = []

    def __post_init__(self) -> None:
        if (self.valueString is not None) + (self.valueCoding is not None) != 1:
            raise ValueError("value[x] is one")


class Inner(Lean):
    """A nested item, decoded only so that the reader can refuse it."""

    linkId: Text


class Item(Lean):
    linkId: Text
    extension: list[Version] = []
    text: Text | None = None
    answer: list[Answer] = []
    item: list[Inner] = []


class QuestionnaireResponse(Resource, kw_only=True, tag="QuestionnaireResponse"):
    status: Literal["in-progress", "completed", "amended", "entered-in-error", "stopped"]
    identifier: Identifier | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    authored: DateTime | None = None
    author: Reference | None = None
    source: Reference | None = None
    item: list[Item] = []


class AuditAgent(Lean):
    requestor: bool
    type: Concept | None = None
    role: list[Concept] = []
    who: Reference | None = None
    name: Text | None = None


class AuditSource(Lean):
    observer: Reference
    site: Text | None = None


class AuditEntity(Lean):
    what: Reference | None = None
    type: Coding | None = None
    role: Coding | None = None
    name: Text | None = None
    description: Text | None = None


class AuditEvent(Resource, kw_only=True, tag="AuditEvent"):
    type: Coding
    recorded: Instant
    agent: Annotated[list[AuditAgent], Meta(min_length=1)]
    source: AuditSource
    subtype: list[Coding] = []
    action: Literal["C", "R", "U", "D", "E"] | None = None
    outcome: Literal["0", "4", "8", "12"] | None = None
    purposeOfEvent: list[Concept] = []
    entity: list[AuditEntity] = []


class RelatedPerson(Resource, kw_only=True, tag="RelatedPerson"):
    patient: Reference
    identifier: list[Identifier] = []
    active: bool | None = None
    relationship: list[Concept] = []
    name: list[Name] = []
    telecom: list[Contact] = []
    gender: Literal["male", "female", "other", "unknown"] | None = None
