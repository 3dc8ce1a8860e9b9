"""Task: ``svu.utskrivningsklar`` (V-9) and its withdrawal (V-10), ``svu.klarmarkering`` (V-12), ``svu.sip_stallning``
(V-13), ``svu.justering`` (V-15), ``uppslag``. Imports the shapes, the people and the placement.

``Task.code`` is the act's event code, ``owner`` the unit whose task it is, ``requester`` the physician who judged. The day is
``restriction.period.start``, because R4's ``executionPeriod`` is the time when the work was done.
"""

from __future__ import annotations

from typing import Any

from hub.translators.fhir import names
from hub.translators.fhir.act_resources import Task
from hub.translators.fhir.assembly import (
    Assembly,
    concept,
    instant,
    staff_reference,
    text,
    unit_reference,
    write_encounter,
)
from hub.translators.fhir.bundle import View, code_of, swedish_day
from hub.translators.fhir.people import read_person
from hub.translators.fhir.resources import Encounter
from hub.translators.fhir.stay import read_placement, write_placement
from schemas.envelope import Message
from schemas.messages import HUB_SOURCE
from schemas.shared import Uppslag
from schemas.svu import Justering, Klarmarkering, SipStallning, Utskrivningsklar, UtskrivningsklarAvbruten

_READY = "svu.utskrivningsklar"


def check_task(view: View, task: Task, name: str, *statuses: str) -> None:
    """Check the Task's act and status. Raises ``Refused``."""
    if code_of(task.code, names.EVENT) != name:
        raise view.refused("task-code", task, ".code")
    if task.status not in statuses:
        raise view.refused("task-status", task, ".status")
    view.resolve(task.encounter, Encounter, task, ".encounter")
    if task.owner is not None:
        view.unit(task.owner, task, ".owner")


def read_ready(view: View, task: Task) -> dict[str, Any]:
    """The fields of ``Utskrivningsklar`` (V-9). Raises ``Refused``."""
    check_task(view, task, _READY, "requested")
    fields = _day_and_physician(view, task)
    placement = read_placement(view, task, task.extension)
    return fields if placement is None else {**fields, "placement": placement}


def read_interrupted(view: View, task: Task) -> dict[str, Any]:
    """The fields of ``UtskrivningsklarAvbruten`` (V-10). Raises ``Refused``."""
    check_task(view, task, _READY, "cancelled")
    return _why(task, "reason") | _day_and_physician(view, task)


def read_marked_ready(view: View, task: Task) -> dict[str, Any]:
    """Check the Task; ``Klarmarkering`` has no fields (V-12). Raises ``Refused``."""
    check_task(view, task, "svu.klarmarkering", "completed")
    return {}


def read_sip_position(view: View, task: Task) -> dict[str, Any]:
    """The fields of ``SipStallning`` (V-13): accepted or rejected. Raises ``Refused``."""
    check_task(view, task, "svu.sip_stallning", "accepted", "rejected")
    fields: dict[str, Any] = {"approves": task.status == "accepted"} | _why(task, "comment")
    who = view.value(task, task.extension, names.EXT_KALLELSEANSVARIG, "valueReference")
    if who is not None:
        fields["kallelseansvarig"] = read_person(view, who, task, f".extension('{names.EXT_KALLELSEANSVARIG}').value")
    return fields


def read_signed(view: View, task: Task) -> dict[str, Any]:
    """Check the Task; ``Justering`` has no fields (V-15). Raises ``Refused``."""
    check_task(view, task, "svu.justering", "accepted")
    return {}


def read_look_up(view: View, task: Task) -> dict[str, Any]:
    """Check the Task; ``Uppslag`` has no fields (messages.md §3). Raises ``Refused``."""
    check_task(view, task, "uppslag", "requested")
    return {}


def _why(task: Task, field: str) -> dict[str, Any]:
    """The field with the reason (``statusReason``) of a withdrawal, an approval or a rejection."""
    why = task.statusReason
    stated = None if why is None else why.text or next((one.display for one in why.coding if one.display), None)
    return {} if stated is None else {field: stated}


def _day_and_physician(view: View, task: Task) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if task.restriction is not None and task.restriction.period is not None:
        stated = task.restriction.period.start
        if stated is not None:
            fields["date"] = swedish_day(stated, view, task, ".restriction.period.start")
    physician = read_person(view, task.requester, task, ".requester")
    if physician is not None:
        fields["responsible_physician"] = physician
    return fields


def new_task(message: Message, code: str, status: str, encounter: str) -> dict[str, Any]:
    """A Task of an act; its owner is the acting unit."""
    task: dict[str, Any] = {
        "resourceType": "Task",
        "status": status,
        "intent": "order",
        "code": concept(names.EVENT, code),
        "encounter": {"reference": encounter},
        "authoredOn": instant(message.time),
    }
    if message.unit != HUB_SOURCE:
        task["owner"] = unit_reference(message.unit)
    return task


def write_ready(assembly: Assembly, message: Message, body: Utskrivningsklar, case: dict[str, str]) -> list[str]:
    """``svu.utskrivningsklar``: requested, with day, physician and placement (V-9)."""
    encounter = write_encounter(assembly, case)
    task = new_task(message, _READY, "requested", encounter)
    if body.placement is not None:
        task["extension"] = [write_placement(body.placement)]
    task["requester"] = staff_reference(body.responsible_physician)
    task["restriction"] = {"period": {"start": body.date.isoformat()}}
    return [assembly.add(task), encounter]


def write_interrupted(
    assembly: Assembly, message: Message, body: UtskrivningsklarAvbruten, case: dict[str, str]
) -> list[str]:
    """``svu.utskrivningsklar_avbruten``: cancelled, with the reason and the new date, if any (V-10)."""
    encounter = write_encounter(assembly, case)
    task = new_task(message, _READY, "cancelled", encounter)
    task["statusReason"] = {"text": text(body.reason)}
    if body.responsible_physician is not None:
        task["requester"] = staff_reference(body.responsible_physician)
    if body.date is not None:
        task["restriction"] = {"period": {"start": body.date.isoformat()}}
    return [assembly.add(task), encounter]


def write_marked_ready(assembly: Assembly, message: Message, _: Klarmarkering, case: dict[str, str]) -> list[str]:
    """``svu.klarmarkering``: the ward's part is completed (V-12)."""
    encounter = write_encounter(assembly, case)
    return [assembly.add(new_task(message, "svu.klarmarkering", "completed", encounter)), encounter]


def write_sip_position(assembly: Assembly, message: Message, body: SipStallning, case: dict[str, str]) -> list[str]:
    """``svu.sip_stallning``: accepted or rejected, with its comment (V-13)."""
    encounter = write_encounter(assembly, case)
    task = new_task(message, "svu.sip_stallning", "accepted" if body.approves else "rejected", encounter)
    if body.kallelseansvarig is not None:
        who = staff_reference(body.kallelseansvarig)
        task["extension"] = [{"url": names.EXT_KALLELSEANSVARIG, "valueReference": who}]
    if body.comment is not None:
        task["statusReason"] = {"text": text(body.comment)}
    return [assembly.add(task), encounter]


def write_signed(assembly: Assembly, message: Message, _: Justering, case: dict[str, str]) -> list[str]:
    """``svu.justering``: accepted by the unit (V-15)."""
    encounter = write_encounter(assembly, case)
    return [assembly.add(new_task(message, "svu.justering", "accepted", encounter)), encounter]


def write_look_up(assembly: Assembly, message: Message, _: Uppslag, case: dict[str, str]) -> list[str]:
    """``uppslag``: a request to the hub, so without owner (messages.md §3)."""
    encounter = write_encounter(assembly, case)
    task = new_task(message, "uppslag", "requested", encounter)
    task["requester"] = task.pop("owner")
    return [assembly.add(task), encounter]
