"""The elements of CareTeam (deltagare), QuestionnaireResponse (anteckning) and CarePlan (the plan's own fields) for the
fields of the plan. Imports the shapes.

Writing takes the fields that it places out of the dict that it is given; whatever is left becomes extensions (``plan_fields``).
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.act_resources import QuestionnaireResponse
from hub.translators.fhir.assembly import concept, instant, text, unit_reference
from hub.translators.fhir.bundle import View
from hub.translators.fhir.people import phone_of
from hub.translators.fhir.plan_fields import Refer, add_field, take
from hub.translators.fhir.plan_resources import CarePlan
from hub.translators.fhir.resources import CareTeam
from schemas.envelope import Message
from schemas.sip_parts import ElementFields

SIP: Final = concept(names.PLAN_CATEGORY, "sip")
"""The category of every CarePlan of the hub."""


def new_plan(
    message: Message, encounter: str, patient: dict[str, Any], *, intent: str = "plan", draft: bool = False
) -> dict[str, Any]:
    """A CarePlan by the acting unit. ``patient``: a reference to the person of the case."""
    return {
        "resourceType": "CarePlan",
        "status": "draft" if draft else "active",
        "intent": intent,
        "category": [SIP],
        "subject": patient,
        "encounter": {"reference": encounter},
        "created": instant(message.time),
        "author": unit_reference(message.unit),
    }


def write_team(fields: dict[str, Any], _: Refer) -> dict[str, Any]:
    """The elements of a CareTeam."""
    participant: dict[str, Any] = {}
    member: dict[str, Any] = {}
    if (relation := take(fields, "relation")) is not None:
        participant["role"] = [{"text": text(relation)}]
    if (unit := take(fields, "unit")) is not None:
        member = unit_reference(unit)
    if (name := take(fields, "name")) is not None:
        member["display"] = text(name)
    if member:
        participant["member"] = member
    own: dict[str, Any] = {"participant": [participant]} if participant else {}
    if (phone := take(fields, "phone")) is not None:
        own["telecom"] = [{"system": "phone", "value": text(phone)}]
    return own


def read_team(view: View, team: CareTeam) -> dict[str, Any]:
    """The fields of a CareTeam. Raises ``Refused``."""
    fields: dict[str, Any] = {}
    if len(team.participant) > 1:
        raise view.refused("plan-responsible", team, ".participant")
    for participant in team.participant:
        fields["relation"] = next((one.text for one in participant.role if one.text), None)
        member = participant.member
        if member is not None:
            fields["name"] = member.display
            fields["unit"] = view.organisation(member, team, ".participant[0].member")
            if fields["unit"] is None and member.display is None:
                raise view.refused("party", team, ".participant[0].member")
    fields["phone"] = phone_of(view, team.telecom)
    return {field: value for field, value in fields.items() if value is not None}


def write_note(fields: dict[str, Any], _: Refer) -> dict[str, Any]:
    """The elements of a QuestionnaireResponse."""
    keywords = [field for field in fields if field not in ElementFields.KNOWN and fields[field] is not None]
    items = [{"linkId": field, "answer": [{"valueString": text(fields.pop(field))}]} for field in keywords]
    return {"item": items} if items else {}


def read_note(view: View, note: QuestionnaireResponse) -> dict[str, Any]:
    """The fields of a QuestionnaireResponse. Raises ``Refused``."""
    fields: dict[str, Any] = {}
    for index, item in enumerate(note.item):
        element = f".item[{index}]"
        texts = [answer.valueString for answer in item.answer if answer.valueString is not None and not answer.item]
        if item.item or not texts or len(texts) != len(item.answer) or item.linkId in ElementFields.KNOWN:
            raise view.refused("plan-note", note, element)
        add_field(view, note, fields, item.linkId, "\n".join(texts), f"{element}.linkId")
    return fields


def write_plan(fields: dict[str, Any], _: Refer) -> dict[str, Any]:
    """The elements of a CarePlan."""
    own: dict[str, Any] = {"intent": "plan", "category": [SIP]}
    if (situation := take(fields, "situation")) is not None:
        own["description"] = text(situation)
    return own


def read_plan(_: View, plan: CarePlan) -> dict[str, Any]:
    """The fields of a CarePlan."""
    return {} if plan.description is None else {"situation": plan.description}
