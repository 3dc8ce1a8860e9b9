"""The elements of the plan as resources: Goal (mal, delmal), ServiceRequest (aktivitet, insats), CareTeam (deltagare),
QuestionnaireResponse (anteckning), CarePlan (the plan itself), Basic (any other kind). Imports the shapes and the fields.

Each resource has one edit (E-2), or what is said of one element: its address as identifier; change, version and parent as extensions.
``element_forms`` writes and reads the fields for which R4 has an element.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Final, NamedTuple

from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, concept, version_extension
from hub.translators.fhir.bundle import View
from hub.translators.fhir.element_forms import FORMS, OTHER, Form
from hub.translators.fhir.parties import of_the_case, write_party
from hub.translators.fhir.plan_fields import read_fields, write_fields
from hub.translators.fhir.resources import Patient
from hub.translators.fhir.shapes import Extension, Resource

_CHANGES: Final = ("tillagd", "andrad", "avslutad", "borttagen")
_DIGITS: Final = re.compile(r"[0-9]{1,16}")


class ElementEdit(NamedTuple):
    """What a message says of one element."""

    address: str
    change: str | None = None
    version: int | None = None
    under: str | None = None
    fields: dict[str, Any] | None = None
    """Field → value; None empties it. None instead of fields: the edit sets nothing."""


class CaseReferences(NamedTuple):
    """What the elements of one message share."""

    case: dict[str, str]
    encounter: str


def form_of(address: str) -> Form:
    """The form of the kind of an address."""
    return FORMS.get(address.partition("/")[0], OTHER)


def element_resource(assembly: Assembly, references: CaseReferences, said: ElementEdit) -> dict[str, Any]:
    """The element's resource, which the caller adds to the Bundle."""
    form = form_of(said.address)
    patient = of_the_case(references.case)
    left = dict(said.fields or {})
    kind = said.address.partition("/")[0]
    refer = partial(write_party, assembly, patient=patient)
    own = {"code": concept(names.ELEMENT_KIND, kind)} if form.write is None else form.write(left, refer)
    extensions: list[dict[str, Any]] = []
    if said.change is not None:
        extensions.append({"url": names.EXT_CHANGE, "valueCode": said.change})
    if said.version is not None:
        extensions.append(version_extension(said.version))
    if said.under is not None:
        under = {"system": names.ELEMENT, "value": said.under}
        extensions.append({"url": names.EXT_UNDER, "valueIdentifier": under})
    if said.fields == {}:
        extensions.append({"url": names.EXT_SETS_NOTHING, "valueBoolean": True})
    extensions += write_fields(left, refer)
    resource: dict[str, Any] = {"resourceType": form.kind.__struct_config__.tag}
    if extensions:
        resource["extension"] = extensions
    identifier = {"system": names.ELEMENT, "value": said.address}
    resource["identifier"] = identifier if form.one_identifier else [identifier]
    ended = said.change in ("avslutad", "borttagen")
    if form.status is not None:
        state = form.status
        resource[state.element] = state.removed if said.change == "borttagen" else state.ended if ended else state.open
    if form.names_patient:
        resource["subject"] = patient
    if form.has_encounter:
        resource["encounter"] = {"reference": references.encounter}
    return resource | own


def addresses_of(resource: Resource) -> list[str]:
    """The addresses of elements of the plan among a resource's identifiers."""
    identifiers: Any = getattr(resource, "identifier", None) or []
    found = identifiers if isinstance(identifiers, list) else [identifiers]
    return [one.value for one in found if one.system == names.ELEMENT and one.value is not None]


def read_element(view: View, resource: Resource) -> ElementEdit:
    """What a resource says of an element. Raises ``Refused``: another status than the change has, a field twice, an unknown field."""
    addresses = addresses_of(resource)
    if len(addresses) != 1:
        raise view.refused("E-1", resource, ".identifier")
    address = addresses[0]
    form = form_of(address)
    if not isinstance(resource, form.kind):
        raise view.refused("plan-kind", resource, ".identifier")
    if form.names_patient:
        view.resolve(getattr(resource, "subject", None), Patient, resource, ".subject")
    change = view.value(resource, resource.extension, names.EXT_CHANGE, "valueCode")
    if change is not None and change not in _CHANGES:
        raise view.refused("plan-change", resource, f".extension('{names.EXT_CHANGE}').value")
    if form.status is not None and change is not None:
        status = getattr(resource, form.status.element)
        if status not in (form.status.all_ended if change in ("avslutad", "borttagen") else form.status.all_open):
            raise view.refused("plan-status", resource, f".{form.status.element}")
    fields = {} if form.read is None else form.read(view, resource)
    read_fields(view, resource, resource.extension, fields)
    nothing = view.value(resource, resource.extension, names.EXT_SETS_NOTHING, "valueBoolean")
    return ElementEdit(
        address,
        change,
        read_version(view, resource, resource.extension),
        _under(view, resource),
        fields if fields or nothing else None,
    )


def _under(view: View, resource: Resource) -> str | None:
    found = view.value(resource, resource.extension, names.EXT_UNDER, "valueIdentifier")
    if found is None:
        return None
    if found.system != names.ELEMENT or found.value is None:
        raise view.refused("E-1", resource, f".extension('{names.EXT_UNDER}').value")
    return str(found.value)


def read_version(view: View, of: Resource, extensions: list[Extension]) -> int | None:
    """The version that a resource names; None when it names none. Raises ``Refused``."""
    found = view.extension(of, extensions, names.EXT_VERSION)
    if found is None:
        return None
    stated = found.valueString if found.valueUnsignedInt is None else found.valueUnsignedInt
    if stated is None or (isinstance(stated, str) and not _DIGITS.fullmatch(stated)):
        raise view.refused("extension-value", of, f".extension('{names.EXT_VERSION}').value")
    return int(stated)
