"""The FHIRPath of every field of SIP's messages, for refusals and responses. Imports the names only.

``#`` is the position in the list that the JSON pointer names: ``/data/edits/2/set/text`` is of the third resource to which an
extension ``edit`` refers. Without a position in the pointer the ``[#]`` is left out.
"""

from __future__ import annotations

from typing import Final

from hub.translators.fhir import names
from schemas.sip_parts import ElementFields


def extension(of: str, url: str) -> str:
    """The path of an extension's value."""
    return f"{of}.extension('{url}').value"


def part(of: str, url: str, name: str) -> str:
    """The path of the value of a part of a compound extension."""
    return f"{of}.extension('{url}').extension('{name}').value"


def task_input(field: str) -> str:
    """The path of the value of a Task's input."""
    return f"Task.input.where(type.coding.code='{field}').value"


def _of_type(of: str, kind: str, *, system: str = names.PARTICIPANT) -> str:
    return f"{of}.where(type.coding.where(system='{system}').code='{kind}')"


_ELEMENT: Final = f"CarePlan.extension('{names.EXT_EDIT}')[#].value.resolve()"
_FIELDS: Final = {
    "situation": "description",
    "definition": "description.text",
    "text": "select(description.text | code.text)",
    "name": "select(code.text | participant.member.display)",
    "area": "category",
    "attainment": "achievementStatus",
    "completion_date": "select(target.due | occurrence.end)",
    "heading": "category.text",
    "responsible": f"select(performer | extension('{names.EXT_RESPONSIBLE}').value)",
    "description": "patientInstruction",
    "unit": "participant.member",
    "relation": "participant.role.text",
    "phone": "telecom.value",
}
"""Field of an element → its path in the element's resource; the others are extensions."""
_SET: Final = {
    field: f"{_ELEMENT}.{_FIELDS.get(field, extension('', names.EXT_FIELD + field).removeprefix('.'))}"
    for field in ElementFields.model_fields
}
_FOLLOWED: Final = {"text": _SET["follow_up"], **{field: _SET[field] for field in ("status", "outcome", "attainment")}}
_OF_ELEMENT: Final = {
    "element": f"{_ELEMENT}.identifier.value",
    "version": extension(_ELEMENT, names.EXT_VERSION),
}
_CONTACT: Final = {
    "person": "PractitionerRole.practitioner",
    "unit": "PractitionerRole.organization",
    "phone": "PractitionerRole.telecom.value",
    "email": "PractitionerRole.telecom.value",
}
_WHO: Final = ("code", "name", "relation")


def _under(field: str, paths: dict[str, str]) -> dict[str, str]:
    return {f"{field}/{inner}": path for inner, path in paths.items()}


def _who(field: str, of: str, url: str) -> dict[str, str]:
    return {field: f"{of}.extension('{url}')", **{f"{field}/{name}": part(of, url, name) for name in _WHO}}


def _receivers(of: str, types: str, actor: str) -> dict[str, str]:
    return {
        "receivers": of,
        "receivers/unit": f"{of}.{actor}",
        "receivers/kvittera": extension(of, names.EXT_KVITTERA),
        "receivers/professions": f"{of}.{types}",
    }


_CALLED: Final = "Appointment.participant"
_EXPECTED: Final = f"{_of_type(_CALLED, 'expected')}[#]"
_CALL: Final = {
    "meeting": "Appointment",
    "meeting/id": "Appointment.identifier.value",
    "meeting/form": "Appointment.appointmentType",
    "meeting/start": "Appointment.start",
    "meeting/end": "Appointment.end",
    "meeting/place": f"{_of_type(_CALLED, 'place')}.actor.display",
    "meeting/link": extension("Appointment", names.EXT_LINK),
    "meeting/link_external": extension("Appointment", names.EXT_LINK_EXTERNAL),
    "meeting/phone": extension("Appointment", names.EXT_MEETING_PHONE),
    "meeting/conference_id": extension("Appointment", names.EXT_CONFERENCE_ID),
    **_who("initiator", "Appointment", names.EXT_INITIATOR),
    "reason": "Appointment.reasonCode.text",
    "comment": "Appointment.comment",
    "agenda": extension("Appointment", names.EXT_AGENDA),
    "purpose": extension("Appointment", names.EXT_PURPOSE),
    "questions": extension("Appointment", names.EXT_QUESTIONS),
    "convener": f"{_of_type(_CALLED, 'convener')}.actor",
    **_under("convener", _CONTACT),
    "answer_by": extension("Appointment", names.EXT_ANSWER_BY),
    **_receivers(f"{_of_type(_CALLED, 'receiver')}[#]", "type", "actor"),
    "participants": _EXPECTED,
    "participants/role": f"{_EXPECTED}.type",
}
_TEAM_MEMBER: Final = "CareTeam.participant.where(role.coding.code='{}')"
_COORDINATOR: Final = _TEAM_MEMBER.format("samordningsansvarig")
_REPRESENTATIVE: Final = _TEAM_MEMBER.format("stallforetradare")
_RECEIVER: Final = f"{_TEAM_MEMBER.format('receiver')}[#]"
_ATTENDED: Final = "Encounter.participant[#]"
_ATTENDEE: Final = f"AppointmentResponse.extension('{names.EXT_ATTENDEE}')[#]"
_INVITEE: Final = f"AppointmentResponse.extension('{names.EXT_INVITEE}')[#]"

SIP_PATHS: Final[dict[str, dict[str, str]]] = {
    "sip.initiativ": {
        "patient": "CarePlan.subject",
        "kind": "CarePlan.category",
        "reason": extension("CarePlan", names.EXT_REASON),
        **_who("requested_by", "CarePlan", names.EXT_REQUESTED_BY),
        **_who("need_found_by", "CarePlan", names.EXT_NEED_FOUND_BY),
        "stallforetradare": _REPRESENTATIVE,
        "stallforetradare/name": "RelatedPerson.name",
        "stallforetradare/relation": "RelatedPerson.relationship.text",
        "stallforetradare/phone": "RelatedPerson.telecom.value",
        "samordningsansvarig": f"{_COORDINATOR}.member",
        **_under("samordningsansvarig", _CONTACT),
        **_receivers(_RECEIVER, "role", "member"),
        "information": "Communication",
        "information/given": "Communication.status",
        "information/reason": "Communication.statusReason.text",
        "information/patient": "Communication.subject",
        "samtycke": "Consent",
        "svu": extension("CarePlan", names.EXT_LINKED_CASE),
        "send": "CarePlan.status",
    },
    "sip.svar": {
        "accepts": "Task.status",
        "comment": "Task.statusReason.text",
        "suggested_unit": task_input("suggested_unit"),
    },
    "sip.kallelse": {**_CALL, "kind": "Appointment.serviceType", "send": "Appointment.status"},
    "sip.kallelse_andrad": {
        **_CALL,
        "version": extension("Appointment", names.EXT_VERSION),
        "recalled": "Appointment.status",
    },
    "sip.kallelsesvar": {
        "meeting": "AppointmentResponse.appointment.identifier.value",
        "text": "AppointmentResponse.comment",
        "attendees": _ATTENDEE,
        **{
            f"attendees/{field}": f"{_ATTENDEE}.extension('{field}').value"
            for field in ("name", "title", "how", "extent")
        },
        "invitees": _INVITEE,
        **{f"invitees/{field}": f"{_INVITEE}.extension('{field}').value" for field in ("name", "relation")},
    },
    "sip.samordningsansvarig": {
        **_CONTACT,
        "change": extension("CareTeam.participant", names.EXT_CHANGE),
    },
    "sip.kartlaggning": {
        "start": extension("QuestionnaireResponse", names.EXT_START),
        "fields": "QuestionnaireResponse.item",
        "removed": extension("QuestionnaireResponse", names.EXT_REMOVED),
        "send": extension("MessageHeader", names.EXT_DRAFT),
    },
    "sip.mote": {
        "meeting": "Encounter.appointment.identifier.value",
        "held": "Encounter.status",
        "form": "Encounter.type",
        "attended": _ATTENDED,
        "attended/role": f"{_ATTENDED}.type",
        "attended/present": extension(_ATTENDED, names.EXT_PRESENT),
        "person_present": extension("Encounter", names.EXT_PERSON_PRESENT),
        "note": extension("Encounter", names.EXT_NOTE),
        "follow_up_date": extension("Encounter", names.EXT_FOLLOW_UP_DATE),
        "samordningsansvarig": extension("Encounter", names.EXT_COORDINATOR),
        **_under("samordningsansvarig", _CONTACT),
    },
    "sip.plan": {
        "edits": _ELEMENT,
        **_under("edits", _OF_ELEMENT),
        "edits/change": extension(_ELEMENT, names.EXT_CHANGE),
        "edits/under": extension(_ELEMENT, names.EXT_UNDER),
        **_under("edits/set", _SET),
        "send": "CarePlan.status",
        "confirmed": extension("CarePlan", names.EXT_CONFIRMED),
    },
    "sip.uppfoljning": {
        "activate": extension("CarePlan", names.EXT_ACTIVATE),
        "items": _ELEMENT,
        **_under("items", _OF_ELEMENT | _FOLLOWED),
    },
    "sip.utvardering": {
        "date": extension("CarePlan", names.EXT_DATE),
        "summary": "CarePlan.description",
        "goals": _ELEMENT,
        "goals/element": _OF_ELEMENT["element"],
        "goals/text": _SET["follow_up"],
    },
    "sip.delning": {
        "element": "Task.focus.identifier.value",
        "shared": task_input("shared"),
        "snapshot": extension("Task", names.EXT_SNAPSHOT),
    },
    "sip.las": {"document": "Task.focus.identifier.value", "change": task_input("change")},
    "sip.godkannande_start": {},
    "sip.godkannande": {
        **{field: task_input(field) for field in ("approver", "how", "with_person", "show_1177", "show_1177_reason")},
        "plan_version": extension("Task", names.EXT_VERSION),
    },
    "sip.upprattande": {"kind": task_input("kind")},
    "sip.uppdatering": {
        "document": task_input("document"),
        "reason": "Task.statusReason.text",
        "confirmed": task_input("confirmed"),
    },
    "sip.avslut": {
        "reason": "Task.statusReason.text",
        **{field: task_input(field) for field in ("what", "at_persons_wish", "confirmed")},
    },
    "sip.aterstallning": {"element": "Task.focus.identifier.value", "reason": "Task.statusReason.text"},
    "sip.lage": {
        "units": "Communication.recipient",
        **dict.fromkeys(("case", "documents", "meetings", "samordningsansvarig", "plan"), "Communication.payload"),
    },
    "koppling": {
        "case": "Task.focus.identifier.value",
        "process": task_input("process"),
        "news": task_input("news"),
        "at": extension("Task", names.EXT_AT),
    },
}
"""Message name → field of the body → FHIRPath in the Bundle."""
