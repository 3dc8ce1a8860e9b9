"""CarePlan: ``sip.plan`` (E-2), ``sip.uppfoljning`` (P-12) and ``sip.utvardering`` (P-13). Imports the shapes and the elements.

Each edit is a resource: a Goal of ``CarePlan.goal``, a ServiceRequest of ``CarePlan.activity.reference``, a CareTeam of
``CarePlan.careTeam``, or another of ``CarePlan.supportingInfo``. The extensions ``edit`` refer to them in the order in which they are
taken. The first edit of the plan's own fields is the CarePlan in focus, later ones are CarePlans that are ``partOf`` it.
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, text, write_encounter
from hub.translators.fhir.bundle import View, code_of, swedish_day
from hub.translators.fhir.header import read_send
from hub.translators.fhir.parties import of_the_case
from hub.translators.fhir.plan_elements import CaseReferences, ElementEdit, addresses_of, element_resource, read_element
from hub.translators.fhir.plan_fields import fields_of
from hub.translators.fhir.plan_parts import new_plan
from hub.translators.fhir.plan_resources import CarePlan, Goal, ServiceRequest
from hub.translators.fhir.resources import Encounter, Patient
from hub.translators.fhir.shapes import Resource
from schemas.envelope import Message
from schemas.sip import Plan, Uppfoljning, Utvardering

_PLAN: Final = "plan"
_LISTED: Final = {"Goal": "goal", "ServiceRequest": "activity", "CareTeam": "careTeam"}
"""Resource → its place in the CarePlan."""
_FOLLOWED: Final = {"follow_up": "text", "status": "status", "outcome": "outcome", "attainment": "attainment"}
"""Field of the element → field of ``FollowedUp``."""


def check_plan(view: View, plan: CarePlan) -> dict[str, Any]:
    """Check category, intent and status; return ``send``, where the header says it. Raises ``Refused``."""
    if all(code_of(one, names.PLAN_CATEGORY) != "sip" for one in plan.category):
        raise view.refused("plan-category", plan, ".category")
    if plan.intent not in ("plan", "proposal"):
        raise view.refused("plan-category", plan, ".intent")
    view.resolve(plan.encounter, Encounter, plan, ".encounter")
    view.resolve(plan.subject, Patient, plan, ".subject")
    send = read_send(view)
    if (plan.status == "draft") is not (send is False):
        raise view.refused("draft-status", plan, ".status")
    return {} if send is None else {"send": send}


def read_plan(view: View, plan: CarePlan) -> dict[str, Any]:
    """The fields of ``Plan``. Raises ``Refused``."""
    fields = check_plan(view, plan)
    edits: list[dict[str, Any]] = []
    elements = _elements(view, plan)
    if plan.description is not None and all(resource is not plan for _, resource in elements):
        raise view.refused("plan-edit", plan, ".description")
    for said, resource in elements:
        if said.change is None:
            raise view.refused("plan-change", resource, f".extension('{names.EXT_CHANGE}')")
        edit = {"element": said.address, "change": said.change, "version": said.version, "under": said.under}
        edits.append(edit if said.fields is None else {**edit, "set": said.fields})
    confirmed = view.value(plan, plan.extension, names.EXT_CONFIRMED, "valueBoolean")
    if confirmed is not None:
        fields["confirmed"] = confirmed
    return {**fields, "edits": tuple(edits)}


def read_follow_up(view: View, plan: CarePlan) -> dict[str, Any]:
    """The fields of ``Uppfoljning``. Raises ``Refused`` for a field that a follow-up does not have."""
    fields = check_plan(view, plan)
    items: list[dict[str, Any]] = []
    for said, resource in _elements(view, plan):
        told = said.fields or {}
        if said.change is not None or said.under is not None or not told.keys() <= _FOLLOWED.keys():
            raise view.refused("plan-field", resource)
        item = {_FOLLOWED[field]: value for field, value in told.items()}
        items.append({"element": said.address, "version": said.version, **item})
    activate = view.value(plan, plan.extension, names.EXT_ACTIVATE, "valueBoolean")
    if activate is not None:
        fields["activate"] = activate
    return {**fields, "items": tuple(items)}


def read_evaluation(view: View, plan: CarePlan) -> dict[str, Any]:
    """The fields of ``Utvardering``. Raises ``Refused`` for a field that an evaluation does not have."""
    fields = check_plan(view, plan)
    goals: list[dict[str, Any]] = []
    for said, resource in _elements(view, plan):
        told = said.fields or {}
        if (said.change, said.version, said.under) != (None, None, None) or told.keys() != {"follow_up"}:
            raise view.refused("plan-field", resource)
        goals.append({"element": said.address, "text": told["follow_up"]})
    day = view.value(plan, plan.extension, names.EXT_DATE, "valueDate")
    if day is not None:
        fields["date"] = swedish_day(day, view, plan, f".extension('{names.EXT_DATE}').value")
    if plan.description is not None:
        fields["summary"] = plan.description
    return {**fields, "goals": tuple(goals)}


def _elements(view: View, plan: CarePlan) -> list[tuple[ElementEdit, Resource]]:
    """What each resource says to which an ``edit`` refers. Raises ``Refused`` for an element to which none refers: it would be lost."""
    found: list[Resource] = []
    for index, extension in enumerate(one for one in plan.extension if one.url == names.EXT_EDIT):
        place = f".extension('{names.EXT_EDIT}')[{index}].value"
        reference = extension.valueReference
        resource = None if reference is None else view.resolve(reference, Resource, plan, place)
        if resource is None or any(resource is other for other in found):
            raise view.refused("plan-edit", plan, place)
        found.append(resource)
    for index, activity in enumerate(plan.activity):
        if activity.reference is None:
            raise view.refused("plan-activity", plan, f".activity[{index}]")
        _check_edit(view, plan, view.entry(activity.reference), found, f".activity[{index}].reference")
    for index, goal in enumerate(plan.goal):
        _check_edit(view, plan, view.entry(goal), found, f".goal[{index}]")
    for resource in view.resources:
        if isinstance(resource, (Goal, ServiceRequest)) or addresses_of(resource):
            _check_edit(view, resource, resource, found, "")
    return [(read_element(view, resource), resource) for resource in found]


def _check_edit(view: View, of: Resource, resource: Resource | None, found: list[Resource], element: str) -> None:
    if not any(resource is other for other in found):
        raise view.refused("plan-edit", of, element)


def write_plan(assembly: Assembly, message: Message, body: Plan, case: dict[str, str]) -> list[str]:
    """``sip.plan``: every edit as a resource, in order (E-2)."""
    said = [
        ElementEdit(
            edit.element, edit.change, edit.version, edit.under, None if edit.set is None else fields_of(edit.set)
        )
        for edit in body.edits
    ]
    own = [{"url": names.EXT_CONFIRMED, "valueBoolean": True}] if body.confirmed else []
    return _write(assembly, message, case, said, own, draft=not body.send)


def write_follow_up(assembly: Assembly, message: Message, body: Uppfoljning, case: dict[str, str]) -> list[str]:
    """``sip.uppfoljning``: how it has gone, element by element (P-12)."""
    said = []
    for item in body.items:
        told = {field: getattr(item, name) for field, name in _FOLLOWED.items() if getattr(item, name) is not None}
        said.append(ElementEdit(item.element, version=item.version, fields=told or None))
    own = [{"url": names.EXT_ACTIVATE, "valueBoolean": True}] if body.activate else []
    return _write(assembly, message, case, said, own)


def write_evaluation(assembly: Assembly, message: Message, body: Utvardering, case: dict[str, str]) -> list[str]:
    """``sip.utvardering``: the day, the summary, and what is said of each goal (P-13)."""
    said = [ElementEdit(goal.element, fields={"follow_up": goal.text}) for goal in body.goals]
    own: list[dict[str, Any]] = []
    if body.date is not None:
        own.append({"url": names.EXT_DATE, "valueDate": body.date.isoformat()})
    return _write(assembly, message, case, said, own, summary=body.summary)


def _write(
    assembly: Assembly,
    message: Message,
    case: dict[str, str],
    said: list[ElementEdit],
    extensions: list[dict[str, Any]],
    *,
    draft: bool = False,
    summary: str | None = None,
) -> list[str]:
    encounter = write_encounter(assembly, case, in_stay=False)
    references = CaseReferences(case, encounter)
    own = next((one for one in said if one.address == _PLAN and one.change is not None), None)
    told = {} if own is None else element_resource(assembly, references, own)
    plan = told | new_plan(message, encounter, of_the_case(case), draft=draft)
    if own is not None and not draft:
        plan["status"] = told["status"]
    if summary is not None:
        plan["description"] = text(summary)
    url = assembly.add(plan)
    extensions = [*told.get("extension", ()), *extensions]
    for one in said:
        extensions.append({"url": names.EXT_EDIT, "valueReference": {"reference": url}})
        if one is not own:
            extensions[-1]["valueReference"] = {"reference": _add(assembly, references, one, plan, url)}
    if extensions:
        plan["extension"] = extensions
    return [url, encounter]


def _add(assembly: Assembly, references: CaseReferences, said: ElementEdit, plan: dict[str, Any], url: str) -> str:
    """Add an element's resource where R4's CarePlan has its place; return its full URL."""
    resource = element_resource(assembly, references, said)
    kind = resource["resourceType"]
    if kind == "CarePlan":
        resource["partOf"] = [{"reference": url}]
        return assembly.add(resource)
    reference = {"reference": assembly.add(resource)}
    listed: list[Any] = plan.setdefault(_LISTED.get(kind, "supportingInfo"), [])
    listed.append({"reference": reference} if kind == "ServiceRequest" else reference)
    return reference["reference"]
