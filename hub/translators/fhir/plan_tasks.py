"""Task: the acts of a SIP that are steps with a few fields (P-2, P-10, P-11, P-14, P-18, LC-6, PR-5), and ``koppling``. Imports the
shapes and the tasks.

``FORMS`` has one row per message: the statuses, which of its fields is an input of which kind, and which is another element.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any, Final, NamedTuple

from pydantic_core import from_json, to_json

from hub.translators.fhir import names
from hub.translators.fhir.act_resources import Task
from hub.translators.fhir.assembly import (
    Assembly,
    concept,
    instant,
    text,
    unit_reference,
    version_extension,
    write_encounter,
)
from hub.translators.fhir.bundle import View, code_of, moment
from hub.translators.fhir.plan_elements import read_version
from hub.translators.fhir.tasks import check_task, new_task
from schemas.envelope import Message


class TaskForm(NamedTuple):
    """The form of one message as a Task."""

    statuses: dict[str, dict[str, Any]]
    """Status → the fields that it says."""
    inputs: dict[str, str] = {}  # noqa: RUF012 - read only
    """Field → the element of its input's value."""
    reason: str | None = None
    """The field that is ``statusReason``."""
    version: str | None = None
    """The field that is the extension ``version``."""
    focus: str | None = None
    """The field that ``focus`` identifies: an element, a document or a case."""


FORMS: Final[dict[str, TaskForm]] = {
    "sip.svar": TaskForm(
        {"accepted": {"accepts": True}, "rejected": {"accepts": False}},
        {"suggested_unit": "valueReference"},
        reason="comment",
    ),
    "sip.delning": TaskForm({"completed": {}}, {"shared": "valueBoolean"}, focus="element"),
    "sip.las": TaskForm({"completed": {}}, {"change": "valueCode"}, focus="document"),
    "sip.godkannande_start": TaskForm({"requested": {}}),
    "sip.godkannande": TaskForm(
        {"accepted": {}},
        {
            "approver": "valueCode",
            "how": "valueCode",
            "with_person": "valueBoolean",
            "show_1177": "valueBoolean",
            "show_1177_reason": "valueString",
        },
        version="plan_version",
    ),
    "sip.upprattande": TaskForm({"completed": {}}, {"kind": "valueCode"}),
    "sip.uppdatering": TaskForm(
        {"requested": {}}, {"document": "valueCode", "confirmed": "valueBoolean"}, reason="reason"
    ),
    "sip.avslut": TaskForm(
        {"completed": {}},
        {"what": "valueCode", "at_persons_wish": "valueBoolean", "confirmed": "valueBoolean"},
        reason="reason",
    ),
    "sip.aterstallning": TaskForm({"in-progress": {}}, reason="reason", focus="element"),
    "koppling": TaskForm({"completed": {}}, {"process": "valueCode", "news": "valueCode"}, focus="case"),
}
"""Message name → its form as a Task."""
_SYSTEMS: Final = {"element": (names.ELEMENT,), "document": (names.DOCUMENT, names.ELEMENT), "case": (names.CASE,)}
"""Field of ``focus`` → the systems that its identifier may have."""


def reader(name: str) -> Callable[[View, Task], dict[str, Any]]:
    """The reader of a message of ``FORMS``."""
    return lambda view, task: _read(view, task, name, FORMS[name])


def _read(view: View, task: Task, name: str, form: TaskForm) -> dict[str, Any]:
    check_task(view, task, name, *form.statuses)
    fields: dict[str, Any] = dict(form.statuses[task.status])
    if form.reason is not None and task.statusReason is not None:
        if task.statusReason.text is None:
            raise view.refused("task-reason", task, ".statusReason")
        fields[form.reason] = task.statusReason.text
    for index, one in enumerate(task.input):
        field = code_of(one.type, names.FIELD)
        if field is None and all(coding.system != names.FIELD for coding in one.type.coding):
            continue  # the sending system's own input, which is ignored like its extensions
        element = f".input[{index}]"
        if field not in form.inputs or field in fields:
            raise view.refused("task-field", task, f"{element}.type")
        value = getattr(one, form.inputs[field])
        if value is None:
            raise view.refused("task-value", task, f"{element}.value")
        kind = form.inputs[field]
        fields[field] = view.unit(value, task, f"{element}.value") if kind == "valueReference" else value
    if form.version is not None:
        fields[form.version] = read_version(view, task, task.extension)
    if form.focus is not None:
        named = None if task.focus is None else task.focus.identifier
        if named is None or named.value is None or named.system not in _SYSTEMS[form.focus]:
            raise view.refused("task-focus", task, ".focus")
        fields[form.focus] = named.value
    return fields | _read_more(view, task)


def _read_more(view: View, task: Task) -> dict[str, Any]:
    """What the hub adds: the element as it stands (LC-6), and when something has happened in a linked case."""
    more: dict[str, Any] = {}
    snapshot = view.value(task, task.extension, names.EXT_SNAPSHOT, "valueString")
    if snapshot is not None:
        try:
            more["snapshot"] = from_json(snapshot)
        except ValueError:
            raise view.refused("extension-value", task, f".extension('{names.EXT_SNAPSHOT}').value") from None
    at = view.value(task, task.extension, names.EXT_AT, "valueDateTime")
    if at is not None:
        more["at"] = moment(at, view, task, f".extension('{names.EXT_AT}').value")
    return more


def write_task(assembly: Assembly, message: Message, body: Any, case: dict[str, str]) -> list[str]:
    """A message of ``FORMS``."""
    form = FORMS[message.name]
    encounter = write_encounter(assembly, case, in_stay=False)
    status = next(
        status
        for status, said in form.statuses.items()
        if all(getattr(body, field) == value for field, value in said.items())
    )
    task = new_task(message, message.name, status, encounter)
    if extensions := _extensions(body, form):
        task["extension"] = extensions
    reason = None if form.reason is None else getattr(body, form.reason)
    if reason is not None:
        task["statusReason"] = {"text": text(reason)}
    if form.focus is not None:
        named = getattr(body, form.focus)
        system = names.ELEMENT if form.focus == "document" and "/" in named else _SYSTEMS[form.focus][0]
        task["focus"] = {"identifier": {"system": system, "value": named}}
    inputs = [
        {"type": concept(names.FIELD, field), kind: _value(kind, getattr(body, field))}
        for field, kind in form.inputs.items()
        if getattr(body, field) is not None
    ]
    if inputs:
        task["input"] = inputs
    return [assembly.add(task), encounter]


def _value(kind: str, value: Any) -> Any:
    if kind == "valueReference":
        return unit_reference(value)
    return text(value) if kind == "valueString" else value


def _extensions(body: Any, form: TaskForm) -> list[dict[str, Any]]:
    extensions: list[dict[str, Any]] = []
    version = None if form.version is None else getattr(body, form.version)
    if version is not None:
        extensions.append(version_extension(version))
    snapshot = getattr(body, "snapshot", None)
    if snapshot is not None:
        extensions.append({"url": names.EXT_SNAPSHOT, "valueString": to_json(snapshot).decode()})
    at = getattr(body, "at", None)
    if at is not None:
        extensions.append({"url": names.EXT_AT, "valueDateTime": instant(at if at.tzinfo else at.replace(tzinfo=UTC))})
    return extensions
