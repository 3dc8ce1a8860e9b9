"""The lean shape of the resources in the hub's message Bundles. Imports the lean data types and msgspec only.

``act_resources`` has those of single acts (Task, QuestionnaireResponse, AuditEvent, RelatedPerson), ``plan_resources`` and
``meeting_resources`` those of SIP. Required elements and required bindings as in R4 (hl7.org/fhir/R4/<resource>.html). Names are
R4's own (N815).
"""
# ruff: noqa: N815, RUF012 - R4's own names; msgspec copies the empty list

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from hub.translators.fhir.act_resources import AuditEvent, QuestionnaireResponse, RelatedPerson, Task
from hub.translators.fhir.meeting_resources import Appointment, AppointmentResponse, EncounterParticipant, Location
from hub.translators.fhir.plan_resources import Basic, CarePlan, Goal, ServiceRequest
from hub.translators.fhir.shapes import (
    Address,
    Attachment,
    Code,
    Coding,
    Concept,
    Contact,
    Date,
    DateTime,
    Extension,
    Id,
    Identifier,
    Instant,
    Lean,
    Meta_,
    Name,
    Period,
    Reference,
    Resource,
    Text,
    Url,
)


class Source(Lean):
    endpoint: Url
    name: Text | None = None
    software: Text | None = None
    version: Text | None = None
    contact: Contact | None = None


class Destination(Lean):
    endpoint: Url
    name: Text | None = None
    receiver: Reference | None = None


class Response(Lean):
    identifier: Id
    code: Literal["ok", "transient-error", "fatal-error"]
    details: Reference | None = None


class MessageHeader(Resource, kw_only=True, tag="MessageHeader"):
    source: Source
    eventCoding: Coding | None = None
    destination: list[Destination] = []
    sender: Reference | None = None
    author: Reference | None = None
    responsible: Reference | None = None
    response: Response | None = None
    focus: list[Reference] = []
    definition: str | None = None

    def __post_init__(self) -> None:
        if self.eventCoding is None:
            raise ValueError("event[x] is required; eventUri is left to the reference model")


class Patient(Resource, tag="Patient"):
    identifier: list[Identifier] = []
    active: bool | None = None
    name: list[Name] = []
    telecom: list[Contact] = []
    gender: Literal["male", "female", "other", "unknown"] | None = None
    birthDate: Date | None = None
    deceasedBoolean: bool | None = None
    deceasedDateTime: DateTime | None = None
    address: list[Address] = []
    managingOrganization: Reference | None = None

    def __post_init__(self) -> None:
        if self.deceasedBoolean is not None and self.deceasedDateTime is not None:
            raise ValueError("deceased[x] is one of two")


class Organization(Resource, tag="Organization"):
    identifier: list[Identifier] = []
    active: bool | None = None
    type: list[Concept] = []
    name: Text | None = None
    telecom: list[Contact] = []
    address: list[Address] = []
    partOf: Reference | None = None


class Practitioner(Resource, tag="Practitioner"):
    identifier: list[Identifier] = []
    active: bool | None = None
    name: list[Name] = []
    telecom: list[Contact] = []


class PractitionerRole(Resource, tag="PractitionerRole"):
    identifier: list[Identifier] = []
    active: bool | None = None
    practitioner: Reference | None = None
    organization: Reference | None = None
    code: list[Concept] = []
    telecom: list[Contact] = []


class EpisodeOfCare(Resource, kw_only=True, tag="EpisodeOfCare"):
    status: Literal["planned", "waitlist", "active", "onhold", "finished", "cancelled", "entered-in-error"]
    patient: Reference
    identifier: list[Identifier] = []
    managingOrganization: Reference | None = None
    period: Period | None = None


class Hospitalization(Lean):
    dischargeDisposition: Concept | None = None


class Encounter(Resource, kw_only=True, tag="Encounter"):
    status: Literal[
        "planned",
        "arrived",
        "triaged",
        "in-progress",
        "onleave",
        "finished",
        "cancelled",
        "entered-in-error",
        "unknown",
    ]
    class_: Coding = field(name="class")
    identifier: list[Identifier] = []
    type: list[Concept] = []
    serviceType: Concept | None = None
    priority: Concept | None = None
    subject: Reference | None = None
    episodeOfCare: list[Reference] = []
    participant: list[EncounterParticipant] = []
    appointment: list[Reference] = []
    period: Period | None = None
    reasonCode: list[Concept] = []
    hospitalization: Hospitalization | None = None
    serviceProvider: Reference | None = None


class Actor(Lean):
    role: Concept
    reference: Reference


class Provision(Lean):
    type: Literal["deny", "permit"] | None = None
    period: Period | None = None
    actor: list[Actor] = []


class Consent(Resource, kw_only=True, tag="Consent"):
    status: Literal["draft", "proposed", "active", "rejected", "inactive", "entered-in-error"]
    scope: Concept
    category: Annotated[list[Concept], Meta(min_length=1)]
    identifier: list[Identifier] = []
    patient: Reference | None = None
    dateTime: DateTime | None = None
    performer: list[Reference] = []
    organization: list[Reference] = []
    policyRule: Concept | None = None
    provision: Provision | None = None


class Payload(Lean):
    contentString: Text | None = None
    contentAttachment: Attachment | None = None

    def __post_init__(self) -> None:
        if (self.contentString is None) == (self.contentAttachment is None):
            raise ValueError("content[x] is one; a reference is left to the reference model")


class Communication(Resource, kw_only=True, tag="Communication"):
    status: Literal[
        "preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"
    ]
    identifier: list[Identifier] = []
    inResponseTo: list[Reference] = []
    statusReason: Concept | None = None
    category: list[Concept] = []
    subject: Reference | None = None
    about: list[Reference] = []
    encounter: Reference | None = None
    sent: DateTime | None = None
    received: DateTime | None = None
    recipient: list[Reference] = []
    sender: Reference | None = None
    payload: list[Payload] = []


class Participant(Lean):
    extension: list[Extension] = []
    role: list[Concept] = []
    member: Reference | None = None
    period: Period | None = None


class CareTeam(Resource, tag="CareTeam"):
    identifier: list[Identifier] = []
    status: Literal["proposed", "active", "suspended", "inactive", "entered-in-error"] | None = None
    category: list[Concept] = []
    name: Text | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    period: Period | None = None
    participant: list[Participant] = []
    telecom: list[Contact] = []


class Agent(Lean):
    who: Reference
    type: Concept | None = None
    role: list[Concept] = []
    onBehalfOf: Reference | None = None


class Provenance(Resource, kw_only=True, tag="Provenance"):
    target: Annotated[list[Reference], Meta(min_length=1)]
    recorded: Instant
    agent: Annotated[list[Agent], Meta(min_length=1)]
    activity: Concept | None = None


class OtherResource(Resource, tag="OtherResource"):
    """A resource that the reference model accepts and the hub does not read; R4 has no resource of this name."""

    subject: Reference | None = None
    patient: Reference | None = None


AnyResource = (
    MessageHeader
    | Patient
    | Organization
    | Practitioner
    | PractitionerRole
    | EpisodeOfCare
    | Encounter
    | Consent
    | Communication
    | CareTeam
    | Provenance
    | Task
    | QuestionnaireResponse
    | AuditEvent
    | RelatedPerson
    | CarePlan
    | Goal
    | ServiceRequest
    | Basic
    | Appointment
    | AppointmentResponse
    | Location
)


class Entry(Lean):
    resource: AnyResource
    fullUrl: Text | None = None


class BundleIdentifier(Identifier):
    """``Bundle.identifier``."""


class Bundle(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False, tag_field="resourceType", tag="Bundle"):
    """A message Bundle; bdl-3 and bdl-4 forbid request and response in its entries."""

    type: Literal["message"]
    entry: list[Entry]
    id: Id | None = None
    meta: Meta_ | None = None
    language: Code | None = None
    identifier: BundleIdentifier | None = None
    timestamp: Instant | None = None
