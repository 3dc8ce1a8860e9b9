"""How a call is told: whole, with what its draft said and what the region fills in (P-6, PR-7). Imports the engine and the
language only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.sip.call import MEETING_FIELDS
from hub.processes.sip.state import sip
from schemas.envelope import Message
from schemas.sip import Kallelse, KallelseAndrad
from schemas.sip_parts import Meeting

_NOT_ITS_OWN = frozenset({"meeting", "send", "version", "recalled"})


def the_call_whole(message: Message, case: Case) -> Mapping[str, Any]:
    """The fields that a call does not repeat, as they stand: what its draft said, its convener, the plan's purpose and questions."""
    data = message.data
    assert isinstance(data, Kallelse)
    return _missing(data, case) if data.send else {}


def the_changed_call_whole(message: Message, case: Case) -> Mapping[str, Any]:
    """A change of who is called tells the whole call, because some hear of it for the first time; any other change tells what changed."""
    data = message.data
    assert isinstance(data, KallelseAndrad)
    return _missing(data, case) if data.receivers is not None else {}


def _missing(data: Kallelse | KallelseAndrad, case: Case) -> dict[str, Any]:
    stands = sip(case).meetings.get(data.meeting.id)
    if stands is None:
        return {}
    there = {"id": data.meeting.id, **{name: stands[name] for name in MEETING_FIELDS if name in stands}}
    receivers = [{"unit": unit, **wanted} for unit, wanted in stands.get("receivers", {}).items()]
    names = type(data).model_fields.keys() - _NOT_ITS_OWN
    written = {name: stands[name] for name in names if name in stands} | ({"receivers": receivers} if receivers else {})
    call = type(data).model_validate({"meeting": there, **written})
    found = {
        name: getattr(call, name)
        for name in names
        if name not in data.model_fields_set and getattr(call, name) != getattr(data, name)
    }
    meeting: Meeting = call.meeting
    return found if meeting == data.meeting else {**found, "meeting": meeting}
