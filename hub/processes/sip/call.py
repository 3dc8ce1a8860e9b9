"""The call to a meeting, whole: a draft completed by what is sent, who is called, whose act is awaited (S-5, P-3, P-4, P-6). Imports the
engine and the shared rules only.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from typing import Any

from hub.processes.engine.rule import Context
from hub.processes.shared.audience import ask, everyone_else, join, with_duty
from hub.processes.sip.element_events import PLAN, value_of
from hub.processes.sip.state import awaits_its_answer, sip
from schemas.sip import Kallelse
from schemas.sip_parts import ReceivingUnit

CALL, EVALUATION_CALL = "kallelse", "kallelse_utvardering"
FOLLOW_UP, EVALUATION, ACTORS = "uppfoljning", "utvardering", "aktorsmote"
MEETING_FIELDS = ("form", "start", "end", "place", "link", "link_external", "phone", "conference_id")
_CALL = ("initiator", "reason", "comment", "agenda", "purpose", "questions", "convener", "answer_by", "participants")
FIELDS = frozenset({*MEETING_FIELDS, *_CALL, "receivers"})
"""What a call says, which its changes may name."""
CALL_FIELDS = (*MEETING_FIELDS, *_CALL)
"""What a call says of its meeting, beside its id, its kind and its receivers, in the order shown."""
AS_HELD = frozenset({"held", "held_at", "held_in", "form_held", "attended", "person_present", "note", "follow_up_date"})
"""What a meeting as held says beside its call (P-8)."""
ASKS_ANEW = frozenset({"form", "start", "end", "place"})
"""PR-7: those who were asked are asked anew when one of these changes."""


def step_of(kind: str) -> str:
    """The step that a call of a kind belongs to (C-30)."""
    return EVALUATION_CALL if kind == EVALUATION else CALL


def key_of(meeting: str, kind: str) -> str:
    """The key of what a meeting's call awaits."""
    return f"{step_of(kind)}/{meeting}"


def said(data: Any) -> dict[str, Any]:
    """What a call, or its change, says: fields of the meeting and of the call, as the case keeps them."""
    meeting = data.meeting.model_dump(mode="json", exclude_none=True)
    found = {name: meeting[name] for name in MEETING_FIELDS if name in meeting}
    written = data.model_dump(mode="json", exclude_none=True, include=set(_CALL))
    found.update(written)
    if data.receivers is not None:
        found["receivers"] = {one.unit: _wanted(one) for one in data.receivers}
    return found


def _wanted(receiver: ReceivingUnit) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if receiver.kvittera is not None:
        wanted["kvittera"] = receiver.kvittera
    if receiver.professions:
        wanted["professions"] = list(receiver.professions)
    return wanted


def draft(s: Context) -> dict[str, Any]:
    """The call as it was saved before it was sent; empty when it was not."""
    found = sip(s.case).meetings.get(s.data.meeting.id, {})
    return {} if "sent" in found else found


def whole(s: Context) -> dict[str, Any]:
    """The call as it stands with this message: the draft, completed."""
    data: Kallelse = s.data
    kind = data.kind if "kind" in data.model_fields_set else draft(s).get("kind", data.kind)
    return {**_filled_in(s), **draft(s), **said(data), "kind": kind}


def _filled_in(s: Context) -> dict[str, Any]:
    """What stands on a call that does not say it, in the regions that have the fields: the convener is the actor with its unit, the
    purpose and the questions are the plan's (P-6).
    """
    known = s.profile.cells["sip.kallelse"]
    plan = s.case.elements.get(PLAN)
    found: dict[str, Any] = {}
    if "convener" in known and s.message.actor is not None:
        found["convener"] = {"person": s.message.actor, "unit": s.unit}
    for name in ("purpose", "questions"):
        if name in known and plan is not None and (text := value_of(plan, name)) is not None:
            found[name] = text
    return found


def starts(call: dict[str, Any]) -> datetime | None:
    """When a meeting starts; None while nobody has said."""
    return datetime.fromisoformat(call["start"]) if "start" in call else None


def called_units(s: Context, call: dict[str, Any]) -> list[str]:
    """P-4: the receivers; where the call goes to all, all other participants."""
    if s.profile.call_awaits == "all":
        return [unit for unit in s.case.participants if unit != s.unit]
    return [unit for unit in call.get("receivers", {}) if unit != s.unit]


def asked_units(s: Context, call: dict[str, Any], units: Iterable[str]) -> list[str]:
    """P-3, P-7: those of the called units whose kvittens or answer the call awaits."""
    awaits = s.profile.call_awaits
    if awaits == "nobody":
        return []
    if awaits == "answers":
        return list(units)
    receivers, default = call.get("receivers", {}), _asked_by_default(s)
    asked = [unit for unit in units if awaits == "all" or receivers.get(unit, {}).get("kvittera", unit in default)]
    return with_duty(s, asked, step_of(call["kind"]), "kvittera")


def _asked_by_default(s: Context) -> Container[str]:
    """P-3: the units that a call asks where it does not say: all, or those that the send list asks (SA), because nobody answers that."""
    if s.profile.kvittera_default:
        return s.case.participants
    listed = sip(s.case).initiativ.get("receivers", ())
    return {one["unit"] for one in listed if one.get("kvittera")}


def act_of(s: Context) -> str:
    """What a call awaits of the called."""
    return "svara" if s.profile.call_awaits == "answers" else "kvittera"


def bring_in(s: Context, units: Iterable[str]) -> list[str]:
    """C-10: called units that are not in the case come in; where receivers answer the initiativ, they are asked that too."""
    new = [unit for unit in units if unit not in s.case.participants]
    for unit in new:
        join(s, unit)
    if new:
        ask(s, new, anew=True, but=(CALL, EVALUATION_CALL))
    if s.profile.receivers_answer and new:
        ask_for_an_answer(s, new)
    return new


def ask_for_an_answer(s: Context, units: list[str], informed: Sequence[str] = ()) -> None:
    """P-2: units that come in later answer the initiativ before anything else; those that are informed may answer it."""
    s.emit("invited", units=units, informed=list(informed))
    asked = [unit for unit in units if unit not in informed]
    if "initiativ" in s.case.awaited and asked:
        s.emit("awaited", step="initiativ", units=asked, by=s.message.id)


def waiting_to_answer(s: Context, units: Iterable[str]) -> list[str]:
    """PR-2: those of the units that have not answered the initiativ, and are told nothing but what names them."""
    return [unit for unit in units if awaits_its_answer(s.case, unit)]


def told_of_a_call(s: Context) -> list[str]:
    """All the others, those who were removed from the call included; where receivers answer the initiativ, a unit that has not answered
    hears of the calls that name it alone (PR-2).
    """
    called = sip(s.case).meetings[s.data.meeting.id].get("receivers", {})
    return list(dict.fromkeys([*everyone_else(s), *waiting_to_answer(s, called)]))


def warn_of_new_parties(s: Context, units: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """SA-3: units that come in after the consent, and people outside the hub while it names nobody else, are to be covered by it."""
    outside = any("unit" not in row and "person" not in row for row in rows)
    unnamed = "others" not in s.case.consent().record
    if s.profile.new_parties_update_consent and (units or (outside and unnamed)):
        s.warnings.append("samtycke-uppdatera")


def await_the_called(s: Context, call: dict[str, Any], units: list[str]) -> None:
    """The step waits for the call under the meeting's own key; other meetings' waits stay."""
    key, step = key_of(s.data.meeting.id, call["kind"]), step_of(call["kind"])
    this = {"source": s.message.source, "message": s.message.id, "at": s.at}
    s.emit("asked", key=key, step=step, act=act_of(s), awaits=units, **this)
