"""The lean shape of Appointment, AppointmentResponse and Location, which are a call and its answers. Imports the lean data types and
msgspec only.

Required elements and required bindings as in R4 (hl7.org/fhir/R4/<resource>.html). Names are R4's own (N815).
"""
# ruff: noqa: N815, RUF012 - R4's own names; msgspec copies the empty list

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from hub.translators.fhir.shapes import (
    Concept,
    DateTime,
    Extension,
    Identifier,
    Instant,
    Lean,
    Period,
    Reference,
    Resource,
    Text,
)


class AppointmentParticipant(Lean):
    status: Literal["accepted", "declined", "tentative", "needs-action"]
    extension: list[Extension] = []
    type: list[Concept] = []
    actor: Reference | None = None
    required: Literal["required", "optional", "information-only"] | None = None


class Appointment(Resource, kw_only=True, tag="Appointment"):
    status: Literal[
        "proposed",
        "pending",
        "booked",
        "arrived",
        "fulfilled",
        "cancelled",
        "noshow",
        "entered-in-error",
        "checked-in",
        "waitlist",
    ]
    participant: Annotated[list[AppointmentParticipant], Meta(min_length=1)]
    identifier: list[Identifier] = []
    cancelationReason: Concept | None = None
    serviceType: list[Concept] = []
    appointmentType: Concept | None = None
    reasonCode: list[Concept] = []
    start: Instant | None = None
    end: Instant | None = None
    created: DateTime | None = None
    comment: Text | None = None
    requestedPeriod: list[Period] = []


class AppointmentResponse(Resource, kw_only=True, tag="AppointmentResponse"):
    appointment: Reference
    participantStatus: Literal["accepted", "declined", "tentative", "needs-action"]
    identifier: list[Identifier] = []
    start: Instant | None = None
    end: Instant | None = None
    participantType: list[Concept] = []
    actor: Reference | None = None
    comment: Text | None = None


class EncounterParticipant(Lean):
    """Of the Encounter that is a meeting: a person who was called or came."""

    extension: list[Extension] = []
    type: list[Concept] = []
    individual: Reference | None = None


class Location(Resource, tag="Location"):
    """Only its name is read; a Location that says more goes to the reference model."""

    name: Text | None = None
