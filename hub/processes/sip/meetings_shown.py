"""The meetings of a SIP as the views show them: the call, what each called unit has answered, the meeting as held (P-6 to P-8, PR-12).
Pure; imports the engine's record and the state only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.record import CaseRecord, name_of, words
from hub.processes.sip.call import CALL_FIELDS, key_of, step_of
from hub.processes.sip.state import sip, standing_meetings

_AS_HELD = ("attended", "person_present", "note", "follow_up_date")


def latest_meeting(case: Case) -> dict[str, Any] | None:
    """The meeting that begins last, of those whose calls stand: what a list shows under the step."""
    found = [(one.get("start", ""), id_, one) for id_, one in standing_meetings(case)]
    if not found:
        return None
    start, id_, one = max(found, key=lambda each: each[:2])
    return {
        "id": id_,
        "step": step_of(one["kind"]),
        "kind": one["kind"],
        "start": start or None,
        "form": one.get("form"),
        "place": one.get("place"),
    }


def meeting_messages(case: Case) -> set[int]:
    """The numbers of the messages that answer the calls."""
    every = sip(case).meetings.values()
    return {number for one in every for numbers in one.get("answers", {}).values() for number in numbers}


def meetings(record: CaseRecord) -> list[dict[str, Any]]:
    """Every meeting that was called, or that the unit itself has saved, in the order of the first words about each."""
    return [_meeting(record, id_, one) for id_, one in sip(record.case).meetings.items()]


def _meeting(record: CaseRecord, id_: str, one: Mapping[str, Any]) -> dict[str, Any]:
    awaited = record.case.awaited.get(key_of(id_, one["kind"]))
    return {
        "id": id_,
        "kind": one["kind"],
        "state": _state(one),
        **{name: one[name] for name in CALL_FIELDS if name in one},
        "caller": {"unit": one.get("caller"), "name": name_of(one.get("caller", ""), record.directory)},
        "version": one["version"],
        "sequence": one["sequence"],
        "sent": one.get("sent"),
        "receivers": _receivers(record, one, awaited),
        "answers": _answers(record, one),
        "held": _held(one),
    }


def _state(one: Mapping[str, Any]) -> str:
    """One of saved, called, recalled, cancelled (by Ny plan), held, not_held."""
    if "sent" not in one:
        return "saved"
    for state in ("recalled", "cancelled"):
        if one.get(state):
            return state
    return {True: "held", False: "not_held"}.get(one.get("held", ""), "called")


def _receivers(record: CaseRecord, one: Mapping[str, Any], awaited: Awaited | None) -> list[dict[str, Any]]:
    """Each called unit: told for information, awaited, or done with who did it; where a call goes to all, those that it waits for."""
    named: Mapping[str, Mapping[str, Any]] = one.get("receivers", {})
    done = {} if awaited is None else awaited.done
    waits = [] if awaited is None else awaited.by
    rows = []
    for unit in dict.fromkeys([*named, *done, *waits]):
        person, role, time = done.get(unit, (None, None, None))
        rows.append(
            {
                "unit": unit,
                "name": name_of(unit, record.directory),
                "professions": list(named.get(unit, {}).get("professions", ())),
                "state": "done" if unit in done else "awaited" if unit in waits else "told",
                "acted": {"person": person, "role": role, "time": time} if unit in done else None,
            }
        )
    return rows


def _answers(record: CaseRecord, one: Mapping[str, Any]) -> list[dict[str, Any]]:
    """P-7: every answer with who gave it and when; C-62: no wishes for relatives of a person with protected identity."""
    hidden = {"meeting", *({"invitees"} if record.case.blocked else ())}
    found = []
    for number in sorted(number for numbers in one.get("answers", {}).values() for number in numbers):
        message = record.messages.get(number)
        if message is not None:
            said = {name: value for name, value in words(message.message.data).items() if name not in hidden}
            found.append({**said, "sequence": number, "by": message.by(record.directory)})
    return found


def _held(one: Mapping[str, Any]) -> dict[str, Any] | None:
    """The meeting as held, or that it was not."""
    if "held" not in one:
        return None
    said = {name: one[name] for name in _AS_HELD if name in one}
    form = {"form": one["form_held"]} if "form_held" in one else {}
    return {"held": one["held"], "at": one.get("held_at"), **form, **said}
