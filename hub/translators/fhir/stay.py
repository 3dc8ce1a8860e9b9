"""Encounter during the stay and at its end: ``svu.beraknad_utskrivning`` (V-8), ``svu.utskrivning`` (V-16),
``svu.utskrivning_angrad`` (V-17), and the placement of law 2017:612 5:2. Imports the shapes and the view.

``admission`` has the admission. The reason for a changed date or an undone discharge is an extension of the Encounter, because
``reasonCode`` is the reason of the stay.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from hub.translators.fhir import names
from hub.translators.fhir.assembly import IMP, Assembly, text, unit_reference
from hub.translators.fhir.bundle import View, code_of, swedish_day
from hub.translators.fhir.resources import Encounter
from hub.translators.fhir.shapes import Extension, Resource
from schemas.envelope import Message
from schemas.svu import BeraknadUtskrivning, Placement, Utskrivning, UtskrivningAngrad


def check_stay(view: View, encounter: Encounter, status: str, rule: str) -> None:
    """Check that the Encounter is inpatient care with a status. Raises ``Refused``, with ``rule`` for another status."""
    if encounter.status != status:
        raise view.refused(rule, encounter, ".status")
    if encounter.class_.code != "IMP" or encounter.class_.system not in (names.ACT_CODE, None):
        raise view.refused("encounter-class", encounter, ".class")


def planned_end(view: View, encounter: Encounter) -> date | None:
    """The planned day in Sweden: R5's element is a dateTime, and V-4 and V-8 need the date."""
    found = view.extension(encounter, encounter.extension, names.EXT_PLANNED_END)
    if found is None:
        return None
    element = f".extension('{names.EXT_PLANNED_END}').value"
    stated = found.valueDateTime or found.valueDate
    if stated is None:
        raise view.refused("day", encounter, element)
    return swedish_day(stated, view, encounter, element)


def read_placement(view: View, of: Resource, extensions: list[Extension]) -> dict[str, Any] | None:
    """The fields of ``Placement`` (law 5:2), from an Encounter or a Task; None when absent. Raises ``Refused``."""
    found = view.extension(of, extensions, names.EXT_PLACEMENT)
    if found is None:
        return None
    parts = {part.url: part.valueCode or part.valueString for part in found.extension}
    if None in parts.values() or parts.keys() != {"municipality", "stated-by"}:
        raise view.refused("placement", of, f".extension('{names.EXT_PLACEMENT}')")
    return {"municipality": parts["municipality"], "stated_by": parts["stated-by"]}


def write_placement(placement: Placement) -> dict[str, Any]:
    """The extension for a placement (law 5:2)."""
    municipality = {"url": "municipality", "valueCode": placement.municipality}
    stated_by = {"url": "stated-by", "valueString": text(placement.stated_by)}
    return {"url": names.EXT_PLACEMENT, "extension": [municipality, stated_by]}


def read_estimate(view: View, encounter: Encounter) -> dict[str, Any]:
    """The fields of ``BeraknadUtskrivning`` (V-8). Raises ``Refused``."""
    check_stay(view, encounter, "in-progress", "encounter-ongoing")
    fields: dict[str, Any] = {}
    day = planned_end(view, encounter)
    if day is not None:
        fields["date"] = day
    return fields | _reason(view, encounter)


def read_discharge(view: View, encounter: Encounter) -> dict[str, Any]:
    """The fields of ``Utskrivning`` (V-16). Raises ``Refused``."""
    check_stay(view, encounter, "finished", "encounter-finished")
    fields: dict[str, Any] = {}
    if encounter.period is not None and encounter.period.end is not None:
        fields["date"] = swedish_day(encounter.period.end, view, encounter, ".period.end")
    if encounter.hospitalization is not None and encounter.hospitalization.dischargeDisposition is not None:
        disposition = encounter.hospitalization.dischargeDisposition
        fields["discharged_to"] = code_of(disposition, names.DISCHARGED_TO)
        fields["ended_with"] = code_of(disposition, names.ENDED_WITH)
        if fields["discharged_to"] is None and fields["ended_with"] is None:
            raise view.refused("disposition", encounter, ".hospitalization.dischargeDisposition.coding")
    for field, url, kind in (
        ("kind", names.EXT_DISCHARGE_KIND, "valueCode"),
        ("comment", names.EXT_DISCHARGE_COMMENT, "valueString"),
        ("confirmed", names.EXT_CONFIRMED, "valueBoolean"),
    ):
        value = view.value(encounter, encounter.extension, url, kind)
        if value is not None:
            fields[field] = value
    return fields


def read_undone(view: View, encounter: Encounter) -> dict[str, Any]:
    """The fields of ``UtskrivningAngrad`` (V-17), for an Encounter in progress again. Raises ``Refused``."""
    check_stay(view, encounter, "in-progress", "encounter-ongoing")
    return _reason(view, encounter)


def _reason(view: View, encounter: Encounter) -> dict[str, Any]:
    reason = view.value(encounter, encounter.extension, names.EXT_REASON, "valueString")
    return {} if reason is None else {"reason": reason}


def write_estimate(assembly: Assembly, message: Message, body: BeraknadUtskrivning, case: dict[str, str]) -> list[str]:
    """``svu.beraknad_utskrivning``: the new day, and why (V-8)."""
    extensions: list[dict[str, Any]] = [
        {"url": names.EXT_PLANNED_END, "valueDateTime": body.date.isoformat()},
        {"url": names.EXT_REASON, "valueString": text(body.reason)},
    ]
    return [assembly.add(_stay(message, "in-progress", case, extensions))]


def write_discharge(assembly: Assembly, message: Message, body: Utskrivning, case: dict[str, str]) -> list[str]:
    """``svu.utskrivning``: finished that day, and where to or with what (V-16)."""
    extensions: list[dict[str, Any]] = [{"url": names.EXT_DISCHARGE_KIND, "valueCode": body.kind}]
    if body.comment is not None:
        extensions.append({"url": names.EXT_DISCHARGE_COMMENT, "valueString": text(body.comment)})
    if body.confirmed:
        extensions.append({"url": names.EXT_CONFIRMED, "valueBoolean": True})
    encounter = _stay(message, "finished", case, extensions)
    encounter["period"] = {"end": body.date.isoformat()}
    stated = ((names.DISCHARGED_TO, body.discharged_to), (names.ENDED_WITH, body.ended_with))
    coding = [{"system": system, "code": code} for system, code in stated if code is not None]
    if coding:
        encounter["hospitalization"] = {"dischargeDisposition": {"coding": coding}}
    return [assembly.add(encounter)]


def write_undone(assembly: Assembly, message: Message, body: UtskrivningAngrad, case: dict[str, str]) -> list[str]:
    """``svu.utskrivning_angrad``: in progress again (V-17)."""
    extensions = [] if body.reason is None else [{"url": names.EXT_REASON, "valueString": text(body.reason)}]
    return [assembly.add(_stay(message, "in-progress", case, extensions))]


def _stay(message: Message, status: str, case: dict[str, str], extensions: list[dict[str, Any]]) -> dict[str, Any]:
    encounter: dict[str, Any] = {"resourceType": "Encounter"}
    if extensions:
        encounter["extension"] = extensions
    encounter |= {"status": status, "class": IMP, "episodeOfCare": [{"identifier": case}]}
    encounter["serviceProvider"] = unit_reference(message.unit)
    return encounter
