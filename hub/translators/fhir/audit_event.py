"""AuditEvent: ``atkomst``, a unit outside of the case reads it (C-5, C-7), and ``utskrift``, a document was printed or shown (C-55).
Imports the shapes.

``subtype`` is the act's event code, ``purposeOfEvent`` the reason; the person for whom a document was printed is a second agent.
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.act_resources import AuditEvent
from hub.translators.fhir.assembly import (
    Assembly,
    concept,
    instant,
    staff_reference,
    text,
    unit_reference,
    version_extension,
    write_encounter,
)
from hub.translators.fhir.bundle import View, code_of
from hub.translators.fhir.plan_elements import read_version
from schemas.envelope import Message
from schemas.shared import Atkomst, Utskrift

_READ: Final = {"system": names.DICOM, "code": "110110", "display": "Patient Record"}
_EXPORT: Final = {"system": names.DICOM, "code": "110106", "display": "Export"}
_RECIPIENT: Final = {"coding": [{"system": names.PARTICIPATION, "code": "IRCP", "display": "information recipient"}]}


def _check(view: View, event: AuditEvent, name: str) -> None:
    if not any(coding.system == names.EVENT and coding.code == name for coding in event.subtype):
        raise view.refused("audit-subtype", event, ".subtype")
    if event.outcome not in (None, "0"):
        raise view.refused("audit-outcome", event, ".outcome")


def read_access(view: View, event: AuditEvent) -> dict[str, Any]:
    """The fields of ``Atkomst`` (C-5). Raises ``Refused`` unless there is one purpose with a ground."""
    _check(view, event, "atkomst")
    purposes = event.purposeOfEvent
    ground = code_of(purposes[0], names.ACCESS_GROUND) if len(purposes) == 1 else None
    if ground is None:
        raise view.refused("C-5", event, ".purposeOfEvent")
    ends = view.value(event, event.extension, names.EXT_ENDS, "valueBoolean")
    stated = {"ground": ground, "comment": purposes[0].text, "ends": ends}
    return {field: value for field, value in stated.items() if value is not None}


def read_print(view: View, event: AuditEvent) -> dict[str, Any]:
    """The fields of ``Utskrift`` (C-55). Raises ``Refused`` unless there is one document."""
    _check(view, event, "utskrift")
    documents = [
        entity.what.identifier.value
        for entity in event.entity
        if entity.what is not None
        and entity.what.identifier is not None
        and entity.what.identifier.system == names.DOCUMENT
    ]
    if len(documents) != 1:
        raise view.refused("C-55", event, ".entity.what")
    fields: dict[str, Any] = {"document": documents[0]}
    receivers = [agent.name for agent in event.agent if not agent.requestor and agent.name is not None]
    if receivers:
        fields["for_whom"] = ", ".join(receivers)
    reasons = [purpose.text for purpose in event.purposeOfEvent if purpose.text is not None]
    if reasons:
        fields["why"] = ", ".join(reasons)
    fields["meeting"] = view.value(event, event.extension, names.EXT_MEETING, "valueString")
    fields["version"] = read_version(view, event, event.extension)
    fields["ended"] = view.value(event, event.extension, names.EXT_ENDED, "valueBoolean")
    served = view.value(event, event.extension, names.EXT_SERVED, "valueCode")
    return fields if served is None else {**fields, "served": served}


def _event(message: Message, kind: dict[str, str], action: str) -> dict[str, Any]:
    who = unit_reference(message.unit) if message.actor is None else staff_reference(message.actor)
    return {
        "resourceType": "AuditEvent",
        "type": kind,
        "subtype": [{"system": names.EVENT, "code": message.name}],
        "action": action,
        "recorded": instant(message.time),
        "outcome": "0",
        "agent": [{"who": who, "requestor": True}],
        "source": {"observer": unit_reference(message.unit)},
    }


def write_access(assembly: Assembly, message: Message, body: Atkomst, case: dict[str, str]) -> list[str]:
    """``atkomst``: who reads, and on which ground (C-5)."""
    event = _event(message, _READ, "R")
    purpose = concept(names.ACCESS_GROUND, body.ground)
    if body.comment is not None:
        purpose["text"] = text(body.comment)
    event["purposeOfEvent"] = [purpose]
    if body.ends:
        event["extension"] = [{"url": names.EXT_ENDS, "valueBoolean": True}]
    return [assembly.add(event), write_encounter(assembly, case)]


def write_print(assembly: Assembly, message: Message, body: Utskrift, case: dict[str, str]) -> list[str]:
    """``utskrift``: which document, for whom, why and how (C-55)."""
    event = _event(message, _EXPORT, "R")
    extensions: list[dict[str, Any]] = [{"url": names.EXT_SERVED, "valueCode": body.served}]
    if body.meeting is not None:
        extensions.append({"url": names.EXT_MEETING, "valueString": body.meeting})
    if body.version is not None:
        extensions.append(version_extension(body.version))
    if body.ended is not None:
        extensions.append({"url": names.EXT_ENDED, "valueBoolean": body.ended})
    event["extension"] = extensions
    if body.why is not None:
        event["purposeOfEvent"] = [{"text": text(body.why)}]
    if body.for_whom is not None:
        event["agent"].append({"type": _RECIPIENT, "name": text(body.for_whom), "requestor": False})
    event["entity"] = [{"what": {"identifier": {"system": names.DOCUMENT, "value": body.document}}}]
    return [assembly.add(event), write_encounter(assembly, case)]
