"""Appointment: ``sip.kallelse`` and ``sip.kallelse_andrad`` (S-5, P-6). Imports the shapes and the participants.

A sent call is pending, a saved one, and one without a time (app-3), proposed; a recalled one is cancelled. ``call_participants`` has
those who are called. An Encounter identifies the case, because R4's Appointment cannot.
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, concept, instant, text, version_extension, write_encounter
from hub.translators.fhir.bundle import View, code_of, moment, swedish_day
from hub.translators.fhir.call_participants import read_participants, write_participants
from hub.translators.fhir.header import read_send
from hub.translators.fhir.meeting_resources import Appointment
from hub.translators.fhir.parties import of_the_case
from hub.translators.fhir.plan_elements import read_version
from hub.translators.fhir.plan_fields import read_who, write_who
from hub.translators.fhir.shapes import Identifier, Resource
from schemas.envelope import Message
from schemas.sip import Kallelse, KallelseAndrad
from schemas.sip_parts import Meeting

_PLACES: Final = {
    "link": names.EXT_LINK,
    "link_external": names.EXT_LINK_EXTERNAL,
    "phone": names.EXT_MEETING_PHONE,
    "conference_id": names.EXT_CONFERENCE_ID,
}
"""Field of the meeting → its extension."""
_TEXTS: Final = {"agenda": names.EXT_AGENDA, "purpose": names.EXT_PURPOSE, "questions": names.EXT_QUESTIONS}
"""Field of the call → its extension."""


def meeting_id(view: View, identifiers: list[Identifier], of: Resource, element: str) -> str:
    """The meeting's id among identifiers. Raises ``Refused`` unless there is exactly one."""
    ids = [one.value for one in identifiers if one.system == names.MEETING and one.value is not None]
    if len(ids) != 1:
        raise view.refused("meeting-id", of, element)
    return ids[0]


def read_call(view: View, call: Appointment) -> dict[str, Any]:
    """The fields of ``Kallelse``. Raises ``Refused``."""
    if call.status not in ("proposed", "pending", "booked"):
        raise view.refused("appointment-status", call, ".status")
    send = read_send(view)
    if send is False and call.status != "proposed":
        raise view.refused("draft-status", call, ".status")
    fields = _read(view, call)
    if call.serviceType:
        fields["kind"] = _code(view, call, call.serviceType, names.CALL_KIND, ".serviceType")
    return fields if send is None else {**fields, "send": send}


def read_changed_call(view: View, call: Appointment) -> dict[str, Any]:
    """The fields of ``KallelseAndrad``; a cancelled Appointment is a recalled call. Raises ``Refused``."""
    if call.status not in ("proposed", "pending", "booked", "cancelled"):
        raise view.refused("appointment-status", call, ".status")
    if call.cancelationReason is not None:
        raise view.refused("appointment-reason", call, ".cancelationReason")
    if call.serviceType:
        raise view.refused("appointment-kind", call, ".serviceType")
    fields = _read(view, call)
    fields["version"] = read_version(view, call, call.extension)
    return fields | ({"recalled": True} if call.status == "cancelled" else {})


def _read(view: View, call: Appointment) -> dict[str, Any]:
    meeting: dict[str, Any] = {"id": meeting_id(view, call.identifier, call, ".identifier")}
    if call.appointmentType is not None:
        meeting["form"] = _code(view, call, [call.appointmentType], names.MEETING_FORM, ".appointmentType")
    meeting |= _read_times(view, call)
    for field, url in _PLACES.items():
        meeting[field] = view.value(call, call.extension, url, "valueString")
    fields: dict[str, Any] = {"meeting": meeting, "comment": call.comment}
    fields["initiator"] = read_who(view, call, names.EXT_INITIATOR)
    reasons = [one.text for one in call.reasonCode if one.text is not None]
    if len(reasons) != len(call.reasonCode):
        raise view.refused("appointment-words", call, ".reasonCode")
    fields["reason"] = "\n".join(reasons) or None
    for field, url in _TEXTS.items():
        fields[field] = view.value(call, call.extension, url, "valueString")
    answer_by = view.value(call, call.extension, names.EXT_ANSWER_BY, "valueDate")
    if answer_by is not None:
        element = f".extension('{names.EXT_ANSWER_BY}').value"
        fields["answer_by"] = swedish_day(answer_by, view, call, element)
    read_participants(view, call, fields)
    return fields


def _read_times(view: View, call: Appointment) -> dict[str, Any]:
    if call.requestedPeriod:
        raise view.refused("appointment-period", call, ".requestedPeriod")
    times: dict[str, Any] = {"start": moment(call.start, view, call, ".start")}
    if not view.value(call, call.extension, names.EXT_OPEN_END, "valueBoolean"):
        times["end"] = moment(call.end, view, call, ".end")
    later = view.value(call, call.extension, names.EXT_END, "valueDateTime")
    if later is not None:
        if call.end is not None:
            raise view.refused("extension-twice", call, ".end")
        times["end"] = moment(later, view, call, f".extension('{names.EXT_END}').value")
    return times


def _code(view: View, call: Appointment, concepts: list[Any], system: str, element: str) -> str:
    codes = [code for one in concepts if (code := code_of(one, system)) is not None]
    if len(codes) != 1:
        raise view.refused("code-system", call, element)
    return codes[0]


def write_call(assembly: Assembly, message: Message, body: Kallelse, case: dict[str, str]) -> list[str]:
    """``sip.kallelse``: pending, with those who are called (P-6)."""
    status = "pending" if body.send and body.meeting.start is not None else "proposed"
    return _write(assembly, message, body, case, status, [])


def write_changed_call(assembly: Assembly, message: Message, body: KallelseAndrad, case: dict[str, str]) -> list[str]:
    """``sip.kallelse_andrad``: what changes, or cancelled (P-6, PR-7)."""
    status = "proposed" if body.meeting.start is None else "pending"
    version = [] if body.version is None else [version_extension(body.version)]
    return _write(assembly, message, body, case, "cancelled" if body.recalled else status, version)


def _write(
    assembly: Assembly,
    message: Message,
    body: Kallelse | KallelseAndrad,
    case: dict[str, str],
    status: str,
    extensions: list[dict[str, Any]],
) -> list[str]:
    meeting = body.meeting
    times = _times(meeting, extensions)
    for of, urls in ((meeting, _PLACES), (body, _TEXTS)):
        said = ((url, getattr(of, field)) for field, url in urls.items())
        extensions += [{"url": url, "valueString": text(value)} for url, value in said if value is not None]
    if body.initiator is not None:
        extensions.append(write_who(names.EXT_INITIATOR, body.initiator))
    if body.answer_by is not None:
        extensions.append({"url": names.EXT_ANSWER_BY, "valueDate": body.answer_by.isoformat()})
    if body.participants == ():
        extensions.append({"url": names.EXT_EMPTY_LIST, "valueCode": "participants"})
    call: dict[str, Any] = {"resourceType": "Appointment"}
    if extensions:
        call["extension"] = extensions
    call["identifier"] = [{"system": names.MEETING, "value": meeting.id}]
    call["status"] = status
    if isinstance(body, Kallelse):
        call["serviceType"] = [concept(names.CALL_KIND, body.kind)]
    if meeting.form is not None:
        call["appointmentType"] = concept(names.MEETING_FORM, meeting.form)
    if body.reason is not None:
        call["reasonCode"] = [{"text": text(body.reason)}]
    call |= times
    call["created"] = instant(message.time)
    if body.comment is not None:
        call["comment"] = text(body.comment)
    url = assembly.add(call)
    call["participant"] = write_participants(assembly, message, body, of_the_case(case))
    return [url, write_encounter(assembly, case, in_stay=False)]


def _times(meeting: Meeting, extensions: list[dict[str, Any]]) -> dict[str, str]:
    """Start and end: both or none (app-2), so that an end that is not told repeats the start, and an end alone is an extension."""
    if meeting.start is None:
        if meeting.end is not None:
            extensions.append({"url": names.EXT_END, "valueDateTime": instant(meeting.end)})
        return {}
    if meeting.end is None:
        extensions.append({"url": names.EXT_OPEN_END, "valueBoolean": True})
    return {"start": instant(meeting.start), "end": instant(meeting.end or meeting.start)}
