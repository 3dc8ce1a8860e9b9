"""The hub's extensions: on which elements each stands, what it holds, and how often. Imports the names and the plan's fields.

A property test holds what is written against this table.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from hub.translators.fhir import names
from hub.translators.fhir.plan_fields import value_kind
from schemas.sip_parts import ElementFields


class ExtensionForm(NamedTuple):
    """One extension."""

    on: tuple[str, ...]
    """The elements that it stands on."""
    values: tuple[str, ...] = ()
    """``String`` for ``valueString``; more than one is a choice; none: it is compound."""
    parts: dict[str, str] | None = None
    """Of a compound one: url of a part → its value."""
    many: bool = False
    """Whether it may be repeated."""


_ELEMENTS: Final = ("Basic", "CarePlan", "CareTeam", "Goal", "QuestionnaireResponse", "ServiceRequest")
"""The resources of the plan's elements."""
_WHO: Final = {"code": "Code", "name": "String", "relation": "String"}
_UNIT: Final = {"unit": "String"}


def _field(name: str) -> ExtensionForm:
    kind = value_kind(name)
    return ExtensionForm(_ELEMENTS, parts=_WHO) if kind == "extension" else ExtensionForm(_ELEMENTS, (kind[5:],))


def _one(on: str | tuple[str, ...], *values: str) -> ExtensionForm:
    return ExtensionForm((on,) if isinstance(on, str) else on, values)


def _several(on: str | tuple[str, ...], *values: str) -> ExtensionForm:
    return _one(on, *values)._replace(many=True)


EXTENSIONS: Final[dict[str, ExtensionForm]] = {
    names.EXT_MESSAGE_ID: _one("MessageHeader", "String"),
    names.EXT_DRAFT: _one("MessageHeader", "Boolean"),
    names.EXT_CASE: _one("MessageHeader", "Identifier"),
    names.EXT_SEQUENCE: _one("MessageHeader", "PositiveInt"),
    names.EXT_AWAITS: ExtensionForm(("MessageHeader",), parts={**_UNIT, "act": "Code"}, many=True),
    names.EXT_STATE: ExtensionForm(
        ("MessageHeader",), parts={**_UNIT, "step": "Code", "role": "Code", "colour": "Code"}, many=True
    ),
    names.EXT_MAY: ExtensionForm(("MessageHeader",), parts={**_UNIT, "act": "Code"}, many=True),
    names.EXT_STAFF: ExtensionForm(("MessageHeader",), parts={"person": "String", "name": "String"}, many=True),
    names.EXT_PRINTS: _several("MessageHeader", "String"),
    names.EXT_REMIND: _several("MessageHeader", "String"),
    names.EXT_SKIPPED: _several("MessageHeader", "PositiveInt"),
    names.EXT_REPLAY: _one("MessageHeader", "Boolean"),
    names.EXT_REPEAT: _one("MessageHeader", "Boolean"),
    names.EXT_CHANGE: _one((*_ELEMENTS, "CareTeam.participant"), "Code"),
    names.EXT_KVITTERA: _one(("Appointment.participant", "CareTeam.participant"), "Boolean"),
    names.EXT_OTHERS: _one("Consent", "String"),
    names.EXT_HOW: _one("Consent", "Code"),
    names.EXT_COMMENT: _one("Consent", "String"),
    names.EXT_DECIDED_BY: _one("Consent", "Identifier"),
    names.EXT_NPO: _one("Consent", "Boolean"),
    names.EXT_HOLDS_FOR_NOBODY: _one("Consent", "Boolean"),
    names.EXT_OUTCOME: _one("CareTeam", "Code"),
    names.EXT_VERIFICATION: _one("CareTeam", "Code"),
    names.EXT_CONCERNS: _one("CareTeam", "Code"),
    names.EXT_MUNICIPALITY: _one(("CareTeam", "Patient"), "Code"),
    names.EXT_COUNTY: _one("CareTeam", "Code"),
    names.EXT_WHY: _several("CareTeam", "String"),
    names.EXT_SIP: _one("Encounter", "String"),
    names.EXT_PLACEMENT: ExtensionForm(("Encounter", "Task"), parts={"municipality": "Code", "stated-by": "String"}),
    names.EXT_REASON: _one(("CarePlan", "Consent", "Encounter"), "String"),
    names.EXT_DISCHARGE_KIND: _one("Encounter", "Code"),
    names.EXT_DISCHARGE_COMMENT: _one("Encounter", "String"),
    names.EXT_CONFIRMED: _one(("CarePlan", "Encounter"), "Boolean"),
    names.EXT_PART: _several("Task", "Code"),
    names.EXT_KALLELSEANSVARIG: _one("Task", "Reference"),
    names.EXT_START: _one("QuestionnaireResponse", "Boolean"),
    names.EXT_VERSION: _one(
        (*_ELEMENTS, "Appointment", "AuditEvent", "QuestionnaireResponse.item", "Task"), "UnsignedInt", "String"
    ),
    names.EXT_SHALL_KVITTERA: _several("Communication", "Reference"),
    names.EXT_NOBODY_KVITTERAR: _one("Communication", "Boolean"),
    names.EXT_NO_RECEIVERS: _one("Communication", "Boolean"),
    names.EXT_OBJECTS: _one("CareTeam.participant", "Boolean"),
    names.EXT_ENDS: _one("AuditEvent", "Boolean"),
    names.EXT_SERVED: _one("AuditEvent", "Code"),
    names.EXT_MEETING: _one("AuditEvent", "String"),
    names.EXT_ENDED: _one("AuditEvent", "Boolean"),
    names.EXT_NEWS: _one("Patient", "Code"),
    names.EXT_STEP: _one("Task", "Code"),
    names.EXT_DEADLINE_OF: _one("Task", "String"),
    names.EXT_SNAPSHOT: _one("Task", "String"),
    names.EXT_AT: _one("Task", "DateTime"),
    names.EXT_EDIT: _several("CarePlan", "Reference"),
    names.EXT_EMPTIED: _several(_ELEMENTS, "Code"),
    names.EXT_KEYWORD: ExtensionForm(_ELEMENTS, parts={"keyword": "Code", "text": "String"}, many=True),
    names.EXT_SETS_NOTHING: _one(_ELEMENTS, "Boolean"),
    names.EXT_UNDER: _one(_ELEMENTS, "Identifier"),
    **{names.EXT_FIELD + field: _field(field) for field in ElementFields.model_fields},
    names.EXT_EMPTY_LIST: _several(("Appointment", "AppointmentResponse", "Encounter"), "Code"),
    names.EXT_REQUESTED_BY: ExtensionForm(("CarePlan",), parts=_WHO),
    names.EXT_NEED_FOUND_BY: ExtensionForm(("CarePlan",), parts=_WHO),
    names.EXT_LINKED_CASE: _one("CarePlan", "Identifier"),
    names.EXT_ACTIVATE: _one("CarePlan", "Boolean"),
    names.EXT_DATE: _one("CarePlan", "Date"),
    names.EXT_INITIATOR: ExtensionForm(("Appointment",), parts=_WHO),
    names.EXT_LINK: _one("Appointment", "String"),
    names.EXT_LINK_EXTERNAL: _one("Appointment", "String"),
    names.EXT_MEETING_PHONE: _one("Appointment", "String"),
    names.EXT_CONFERENCE_ID: _one("Appointment", "String"),
    names.EXT_OPEN_END: _one("Appointment", "Boolean"),
    names.EXT_END: _one("Appointment", "DateTime"),
    names.EXT_AGENDA: _one("Appointment", "String"),
    names.EXT_PURPOSE: _one("Appointment", "String"),
    names.EXT_QUESTIONS: _one("Appointment", "String"),
    names.EXT_ANSWER_BY: _one("Appointment", "Date"),
    names.EXT_ATTENDEE: ExtensionForm(
        ("AppointmentResponse",),
        parts={"name": "String", "title": "String", "how": "Code", "extent": "Code"},
        many=True,
    ),
    names.EXT_INVITEE: ExtensionForm(
        ("AppointmentResponse",), parts={"name": "String", "relation": "String"}, many=True
    ),
    names.EXT_PRESENT: _one("Encounter.participant", "Boolean"),
    names.EXT_PERSON_PRESENT: _one("Encounter", "Boolean"),
    names.EXT_NOTE: _one("Encounter", "String"),
    names.EXT_FOLLOW_UP_DATE: _one("Encounter", "Date"),
    names.EXT_COORDINATOR: _one("Encounter", "Reference"),
    names.EXT_TITLE: _one("RelatedPerson", "String"),
    names.EXT_RELATION: _one("PractitionerRole", "String"),
    names.EXT_REMOVED: _several("QuestionnaireResponse", "Code"),
    names.EXT_PLANNED_END: _one("Encounter", "DateTime"),
}
"""url → its form."""
