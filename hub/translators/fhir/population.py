"""Patient: ``avliden`` (C-63) from a participant, ``folkbokforing`` (C-62, C-63) from the hub. Imports the shapes and the people.

In ``avliden`` the Patient has only ``deceased``, and the case says who it is; in ``folkbokforing`` it has what the register says now.
"""

from __future__ import annotations

from typing import Any

from hub.translators.fhir import names
from hub.translators.fhir.assembly import IMP, Assembly
from hub.translators.fhir.bundle import View, swedish_day
from hub.translators.fhir.people import best_address, best_name, number_identifier, person_number, write_contacts
from hub.translators.fhir.resources import Patient
from schemas.envelope import Message
from schemas.hub_messages import Folkbokforing
from schemas.shared import Avliden


def read_death(view: View, patient: Patient) -> dict[str, Any]:
    """The fields of ``Avliden`` (C-63). Raises ``Refused`` when the Patient is not deceased."""
    if patient.deceasedDateTime is not None:
        return {"date": swedish_day(patient.deceasedDateTime, view, patient, ".deceased")}
    if patient.deceasedBoolean is not True:
        raise view.refused("C-63", patient, ".deceased")
    return {}


def read_news(view: View, patient: Patient) -> dict[str, Any]:
    """The fields of ``Folkbokforing``. Raises ``Refused``."""
    fields: dict[str, Any] = {"news": view.value(patient, patient.extension, names.EXT_NEWS, "valueCode")}
    fields["municipality"] = view.value(patient, patient.extension, names.EXT_MUNICIPALITY, "valueCode")
    if patient.identifier:
        fields["personnummer"] = person_number(view, patient)
    if patient.name:
        fields["name"] = best_name(view, patient.name)
    if patient.address:
        fields["address"] = best_address(view, patient.address)
    return fields


def write_death(assembly: Assembly, _: Message, body: Avliden, case: dict[str, str]) -> list[str]:
    """``avliden``: the day of death, or only that the person is dead."""
    patient: dict[str, Any] = {"resourceType": "Patient"}
    if body.date is None:
        patient["deceasedBoolean"] = True
    else:
        patient["deceasedDateTime"] = body.date.isoformat()
    return _of_the_case(assembly, patient, case)


def write_news(assembly: Assembly, _: Message, body: Folkbokforing, case: dict[str, str]) -> list[str]:
    """``folkbokforing``: what changed as extension, and the present number, name and address."""
    extensions = [{"url": names.EXT_NEWS, "valueCode": body.news}]
    if body.municipality is not None:
        extensions.append({"url": names.EXT_MUNICIPALITY, "valueCode": body.municipality})
    patient: dict[str, Any] = {"resourceType": "Patient", "extension": extensions}
    if body.personnummer is not None:
        patient["identifier"] = [number_identifier(body.personnummer)]
    write_contacts(patient, body.name, None, body.address)
    if body.news == "deceased":
        patient["deceasedBoolean"] = True
    return _of_the_case(assembly, patient, case)


def _of_the_case(assembly: Assembly, patient: dict[str, Any], case: dict[str, str]) -> list[str]:
    url = assembly.add(patient)
    encounter = {"resourceType": "Encounter", "status": "unknown", "class": IMP, "subject": {"reference": url}}
    return [url, assembly.add({**encounter, "episodeOfCare": [{"identifier": case}]})]
