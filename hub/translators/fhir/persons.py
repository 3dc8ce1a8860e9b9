"""Checks that all resources of a Bundle that name a person name the same one. Imports the shapes, the view and the people.

A consent, an episode or a relative of another person than the patient of the stay is a mix-up at the sender, so it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from hub.translators.fhir.act_resources import RelatedPerson
from hub.translators.fhir.bundle import View, unversioned
from hub.translators.fhir.people import number_systems, person_number, value_of
from hub.translators.fhir.plan_resources import Basic, CarePlan, Goal, ServiceRequest
from hub.translators.fhir.resources import Consent, Encounter, OtherResource, Patient
from hub.translators.fhir.shapes import Reference, Resource

_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "Encounter": ("subject",),
    "EpisodeOfCare": ("patient",),
    "Consent": ("patient",),
    "Communication": ("subject", "recipient", "about"),
    "CareTeam": ("subject",),
    "Task": ("for_", "focus"),
    "QuestionnaireResponse": ("subject", "source"),
    "CarePlan": ("subject",),
    "Goal": ("subject",),
    "ServiceRequest": ("subject", "performer"),
    "Basic": ("subject",),
    "Appointment": ("participant.actor",),
    "AppointmentResponse": ("actor",),
    "RelatedPerson": ("patient",),
    "AuditEvent": ("entity.what", "agent.who"),
    "Provenance": ("target", "agent.who"),
    "MessageHeader": ("focus",),
    "OtherResource": ("subject", "patient"),
}
"""Resource → its elements that may refer to a Patient."""
_ALWAYS: Final = frozenset({"subject", "patient", "for_"})
"""The elements that always mean a person, even when the reference does not say so."""
_BY_CASE: Final = (RelatedPerson, CarePlan, Goal, ServiceRequest, Basic, OtherResource)
"""Resources that may name their person by the case only (``outsiders``, ``plan``), or that the hub does not read."""


def check(view: View) -> None:
    """Raise ``Refused`` at the first element that names another person."""
    found: Patient | None = None
    number: str | None = None
    elsewhere: str | None = None
    systems = number_systems(view)
    for resource, element, reference in _references(view):
        place = f".{element.replace('_', '')}"
        patient = _patient(view, reference)
        if patient is not None:
            if elsewhere is not None:
                raise view.refused("reference-unresolved", resource, place)
            if found is None:
                found = patient
            elif patient is not found and not _same(view, patient, found):
                raise view.refused("another-person", resource, place)
        elif _is_elsewhere(view, reference, element):
            named = unversioned(reference.reference or "")
            if found is not None:
                raise view.refused("reference-unresolved", resource, place)
            if elsewhere not in (None, named):
                raise view.refused("another-person", resource, place)
            elsewhere = named
        elif element in _ALWAYS and not isinstance(resource, _BY_CASE) and _names_nobody(reference, systems):
            raise view.refused("person-unclear", resource, place)
        if reference.identifier is not None and reference.identifier.system in systems:
            named = value_of(view, reference.identifier, resource, f"{place}.identifier.value")
            if number not in (None, named) or (found is not None and not _has(view, found, named)):
                raise view.refused("another-person", resource, place)
            number = named
    if found is not None and number is not None and not _has(view, found, number):
        raise view.refused("another-person", found, ".identifier")
    _check_all(view, found, number)


def _check_all(view: View, found: Patient | None, number: str | None) -> None:
    """Check that a Patient without references is the same person, and that a Consent says whose it is when the Bundle has a person."""
    for resource in view.resources:
        if isinstance(resource, Consent) and resource.patient is None and (found is not None or number is not None):
            raise view.refused("person-unclear", resource, ".patient")
        if not isinstance(resource, Patient):
            continue
        if found is None and (number is None or _has(view, resource, number)):
            found = resource
        elif found is None or (resource is not found and not _same(view, resource, found)):
            raise view.refused("another-person", resource, ".identifier")


def _names_nobody(reference: Reference, systems: dict[str, int]) -> bool:
    """Whether a reference identifies nobody: it is empty, has only a name, or an identifier of something else."""
    if reference.reference is not None:
        return False
    named = reference.identifier
    return named is None or named.value is None or named.system not in systems


def _references(view: View) -> Iterator[tuple[Resource, str, Reference]]:
    # The Encounter first: the others are compared with its patient.
    encounters = [one for one in view.resources if isinstance(one, Encounter)]
    for resource in (*encounters, *(one for one in view.resources if not isinstance(one, Encounter))):
        for element, outer, inner in _elements(type(resource)):
            named: Any = getattr(resource, outer)
            if named is None:
                continue
            for one in named if isinstance(named, list) else (named,):
                reference = getattr(one, inner) if inner and one is not None else one
                if reference is not None:
                    yield resource, element, reference


@cache
def _elements(kind: type[Resource]) -> tuple[tuple[str, str, str], ...]:
    """The elements of a kind of resource that may refer to a Patient, each with its parts before and after the dot."""
    named = _NAMES.get(str(kind.__struct_config__.tag), ())
    return tuple((element, element.partition(".")[0], element.partition(".")[2]) for element in named)


def _patient(view: View, reference: Reference) -> Patient | None:
    entry = view.entry(reference)
    return entry if isinstance(entry, Patient) else None


def _is_elsewhere(view: View, reference: Reference, element: str) -> bool:
    """Whether the reference leads to a person who is not in the Bundle."""
    named = reference.reference
    if named is None or named.startswith("#") or view.entry(reference) is not None:
        return False
    return element in _ALWAYS or reference.type == "Patient" or "Patient/" in named


def _same(view: View, one: Patient, other: Patient) -> bool:
    """Whether two Patients have the same number."""
    return bool(one.identifier and other.identifier) and person_number(view, one) == person_number(view, other)


def _has(view: View, patient: Patient, number: str) -> bool:
    return any(
        value_of(view, one, patient, ".identifier.value") == number
        for one in patient.identifier
        if one.system in number_systems(view) and one.value is not None
    )
