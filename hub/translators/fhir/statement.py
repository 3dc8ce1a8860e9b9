"""Task with inputs: ``svu.stallningstagande``, the sender's own part or some fields of it (V-12 to V-15). Imports the
shapes, the people and the other tasks.

One input per field; ``type`` is its name in ``names.FIELD``, and a yes or no has its description in another input. An extension names
each part in the message, because a part may have no fields.
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.act_resources import Input, Task
from hub.translators.fhir.assembly import Assembly, concept, staff_reference, text, write_encounter
from hub.translators.fhir.bundle import View, code_of
from hub.translators.fhir.people import read_person
from hub.translators.fhir.tasks import check_task, new_task
from schemas.envelope import Message
from schemas.svu import Stallningstagande, YesNo

_NAME: Final = "svu.stallningstagande"
_PARTS: Final = ("slutenvard", "oppenvard", "kommun")
_KINDS: Final = {
    "slutenvard.patient_opinion": "valueString",
    "slutenvard.egenvard": "valueBoolean",
    "slutenvard.egenvard.description": "valueString",
    "slutenvard.forbrukningsmaterial": "valueBoolean",
    "slutenvard.forbrukningsmaterial.description": "valueString",
    "slutenvard.responsible_physician": "valueReference",
    "slutenvard.sip_position": "valueCode",
    "oppenvard.responsible_physicians": "valueReference",
    "oppenvard.responsibility_division": "valueString",
    "kommun.planned_efforts": "valueString",
}
_YES_NO: Final = frozenset(field for field, kind in _KINDS.items() if kind == "valueBoolean")
_SEVERAL: Final = "oppenvard.responsible_physicians"


def read_statement(view: View, task: Task) -> dict[str, Any]:
    """The fields of ``Stallningstagande``. Raises ``Refused`` for an unknown field, a value of another kind, a repeated field."""
    check_task(view, task, _NAME, "in-progress")
    fields: dict[str, Any] = {}
    for found in task.extension:
        if found.url == names.EXT_PART:
            if found.valueCode not in _PARTS:
                raise view.refused("statement-field", task, f".extension('{names.EXT_PART}').value")
            fields.setdefault(found.valueCode, {})
    for index, one in enumerate(task.input):
        field = code_of(one.type, names.FIELD)
        if field is None and all(coding.system != names.FIELD for coding in one.type.coding):
            continue  # the sending system's own input, which is ignored like its extensions
        element = f".input[{index}]"
        if field not in _KINDS:
            raise view.refused("statement-field", task, f"{element}.type")
        part, _, rest = field.partition(".")
        into: dict[str, Any] = fields.setdefault(part, {})
        value = _value(view, task, one, _KINDS[field], element)
        if field in _YES_NO or rest.endswith(".description"):
            into = into.setdefault(rest.partition(".")[0], {})
            rest = "needed" if field in _YES_NO else "description"
        elif field == _SEVERAL:
            value = (*into.pop(rest, ()), value)
        if rest in into:
            raise view.refused("statement-field", task, f"{element}.type")
        into[rest] = value
    return fields


def _value(view: View, task: Task, one: Input, kind: str, element: str) -> Any:
    value = getattr(one, kind)
    if value is None:
        raise view.refused("statement-value", task, f"{element}.value")
    return read_person(view, value, task, f"{element}.value") if kind == "valueReference" else value


def write_statement(assembly: Assembly, message: Message, body: Stallningstagande, case: dict[str, str]) -> list[str]:
    """``svu.stallningstagande``: a Task in progress, with the part that is written."""
    encounter = write_encounter(assembly, case)
    task = new_task(message, _NAME, "in-progress", encounter)
    extensions: list[dict[str, Any]] = []
    inputs: list[dict[str, Any]] = []
    for part in _PARTS:
        said = getattr(body, part)
        if said is None:
            continue
        extensions.append({"url": names.EXT_PART, "valueCode": part})
        for name in type(said).model_fields:
            inputs += _inputs(f"{part}.{name}", getattr(said, name))
    if extensions:
        task["extension"] = extensions
    if inputs:
        task["input"] = inputs
    return [assembly.add(task), encounter]


def _inputs(field: str, value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    kind = _KINDS[field]
    if isinstance(value, YesNo):
        needed = {"type": concept(names.FIELD, field), kind: value.needed}
        return [needed, *_inputs(f"{field}.description", value.description)]
    if kind == "valueReference":
        people = value if field == _SEVERAL else (value,)
        return [{"type": concept(names.FIELD, field), kind: staff_reference(person)} for person in people]
    return [{"type": concept(names.FIELD, field), kind: text(value)}]
