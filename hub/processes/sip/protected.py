"""What is not shown of a SIP once protected identity was learnt: the contacts around the person (C-62). Pure; imports the case and the
language only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.sip.element_events import kind_of
from schemas.envelope import Message
from schemas.sip import Lage, Plan
from schemas.sip_parts import ElementFields

INITIATIV_HIDES: Mapping[str, Any] = {"stallforetradare": None, "requested_by": None, "need_found_by": None}
CALL_HIDES: Mapping[str, Any] = {"participants": None, "initiator": None}
ANSWER_HIDES: Mapping[str, Any] = {"invitees": None}
MEETING_HIDES: Mapping[str, Any] = {"attended": None}
_ROW = frozenset({"name", "phone", "relation"})
"""Fields of a participant's row that say who it is."""


def without_contacts(element: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an element, by name, without those that point to the person's own people; units stay."""
    a_row = kind_of(element) == "deltagare" and "unit" not in fields
    return {
        name: value
        for name, value in fields.items()
        if not (a_row and name in _ROW)
        and not (name == "responsible" and _is_private(value))
        and name != "need_found_by"
    }


def _is_private(responsible: Any) -> bool:
    said = responsible.get("value", responsible) if isinstance(responsible, Mapping) else {}
    return "unit" not in (said or {})


def plan_shown(message: Message, case: Case) -> Mapping[str, Any]:
    """The edits of a plan as they are read."""
    data = message.data
    if not case.blocked or not isinstance(data, Plan):
        return {}
    shown = [
        edit
        if edit.set is None
        else edit.model_copy(
            update={"set": ElementFields.model_validate(without_contacts(edit.element, edit.set.said))}
        )
        for edit in data.edits
    ]
    return {"edits": tuple(shown)}


def lage_shown(message: Message, case: Case) -> Mapping[str, Any]:
    """The message of how a SIP stood, as it is read."""
    data = message.data
    if not case.blocked or not isinstance(data, Lage):
        return {}
    hidden: dict[str, Any] = {"person": {}, "initiativ": {}, "samtycke": {}}
    return {
        "case": {name: hidden.get(name, value) for name, value in data.case.items()},
        "meetings": tuple(
            {name: value for name, value in one.items() if name not in {"participants", "initiator", "attended"}}
            for one in data.meetings
        ),
        "plan": None
        if data.plan is None
        else data.plan.model_copy(
            update={
                "elements": tuple(
                    one.model_copy(update={"fields": without_contacts(one.element, one.fields)})
                    for one in data.plan.elements
                )
            }
        ),
    }
