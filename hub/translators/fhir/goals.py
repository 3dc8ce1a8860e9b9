"""The elements of a Goal (mal, delmal) and of a ServiceRequest (aktivitet, insats) for the fields of the plan. Imports the shapes and
the parties.

Writing takes the fields that it places out of the dict that it is given; whatever is left becomes extensions (``plan_fields``).
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.assembly import concept, text
from hub.translators.fhir.bundle import View, code_of, swedish_day
from hub.translators.fhir.parties import read_party
from hub.translators.fhir.plan_fields import Refer, take
from hub.translators.fhir.plan_resources import Goal, ServiceRequest
from hub.translators.fhir.shapes import Concept, Resource

_UNSAID: Final = {"coding": [{"system": names.ABSENT, "code": "unknown"}]}
"""What R4 requires of a Goal whose words the message does not change."""


def _own_code(view: View, of: Resource, concepts: list[Concept], system: str, element: str) -> str | None:
    """The code in the hub's system. Raises ``Refused`` when only codes of other systems are there, which would be lost."""
    codes = [code for one in concepts if (code := code_of(one, system)) is not None]
    if concepts and len(codes) != 1:
        raise view.refused("code-system", of, element)
    return codes[0] if codes else None


def write_goal(label: str, fields: dict[str, Any], _: Refer) -> dict[str, Any]:
    """The elements of a Goal. ``label``: the field with its words."""
    own: dict[str, Any] = {}
    if (attainment := take(fields, "attainment")) is not None:
        own["achievementStatus"] = concept(names.ATTAINMENT, attainment)
    if (area := take(fields, "area")) is not None:
        own["category"] = [concept(names.AREA, area)]
    words = take(fields, label)
    own["description"] = _UNSAID if words is None else {"text": text(words)}
    if (day := take(fields, "completion_date")) is not None:
        own["target"] = [{"dueDate": day.isoformat()}]
    return own


def read_goal(label: str, view: View, goal: Goal) -> dict[str, Any]:
    """The fields of a Goal. Raises ``Refused``."""
    fields: dict[str, Any] = {}
    if goal.achievementStatus is not None:
        stated = [goal.achievementStatus]
        fields["attainment"] = _own_code(view, goal, stated, names.ATTAINMENT, ".achievementStatus")
    if goal.category:
        fields["area"] = _own_code(view, goal, goal.category, names.AREA, ".category")
    if goal.description.text is not None:
        fields[label] = goal.description.text
    elif code_of(goal.description, names.ABSENT) is None:
        raise view.refused("plan-words", goal, ".description")
    days = [target.dueDate for target in goal.target]
    if len(days) > 1 or None in days:
        raise view.refused("plan-day", goal, ".target")
    if days:
        fields["completion_date"] = swedish_day(days[0] or "", view, goal, ".target[0].due")
    return fields


def write_request(label: str, fields: dict[str, Any], refer: Refer) -> dict[str, Any]:
    """The elements of a ServiceRequest. ``label``: the field with its words."""
    own: dict[str, Any] = {"intent": "plan"}
    if (heading := take(fields, "heading")) is not None:
        own["category"] = [{"text": text(heading)}]
    if (words := take(fields, label)) is not None:
        own["code"] = {"text": text(words)}
    if (day := take(fields, "completion_date")) is not None:
        own["occurrencePeriod"] = {"end": day.isoformat()}
    if (responsible := take(fields, "responsible")) is not None:
        own["performer"] = [refer(responsible)]
    if (description := take(fields, "description")) is not None:
        own["patientInstruction"] = text(description)
    return own


def read_request(label: str, view: View, request: ServiceRequest) -> dict[str, Any]:
    """The fields of a ServiceRequest. Raises ``Refused``."""
    fields: dict[str, Any] = {}
    headings = [one.text for one in request.category if one.text is not None]
    if len(headings) > 1:
        raise view.refused("plan-words", request, ".category")
    if headings:
        fields["heading"] = headings[0]
    if request.code is not None:
        if request.code.text is None:
            raise view.refused("plan-words", request, ".code")
        fields[label] = request.code.text
    period = request.occurrencePeriod
    if request.occurrenceDateTime is not None or (period is not None and (period.end is None or period.start)):
        raise view.refused("plan-day", request, ".occurrence")
    if period is not None:
        fields["completion_date"] = swedish_day(period.end or "", view, request, ".occurrence.end")
    if len(request.performer) > 1:
        raise view.refused("plan-responsible", request, ".performer")
    if request.performer:
        fields["responsible"] = read_party(view, request.performer[0], request, ".performer[0]")
    if request.patientInstruction is not None:
        fields["description"] = request.patientInstruction
    return fields
