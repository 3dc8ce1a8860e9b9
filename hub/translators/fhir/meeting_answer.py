"""AppointmentResponse: ``sip.kallelsesvar``, what a called unit answers (P-7). Imports the shapes.

With those who come it is accepted; an answer in words alone is tentative, because only the rules of a region know whether it means
that nobody comes.
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, text, unit_reference, write_encounter
from hub.translators.fhir.bundle import View
from hub.translators.fhir.meeting import meeting_id
from hub.translators.fhir.meeting_resources import AppointmentResponse
from hub.translators.fhir.plan_fields import parts_of
from schemas.envelope import Message
from schemas.sip import Kallelsesvar
from schemas.sip_parts import Attendee, Invitee

_ATTENDEE: Final = {"name": "valueString", "title": "valueString", "how": "valueCode", "extent": "valueCode"}
_INVITEE: Final = {"name": "valueString", "relation": "valueString"}


def read_call_answer(view: View, answer: AppointmentResponse) -> dict[str, Any]:
    """The fields of ``Kallelsesvar``. Raises ``Refused``: a status that says another thing than the list of who comes, another time."""
    named = answer.appointment.identifier
    fields: dict[str, Any] = {"meeting": meeting_id(view, [] if named is None else [named], answer, ".appointment")}
    if answer.start is not None or answer.end is not None:
        raise view.refused("answer-time", answer, ".start" if answer.start is not None else ".end")
    view.organisation(answer.actor, answer, ".actor")
    fields["text"] = answer.comment
    attendees = _parts(view, answer, names.EXT_ATTENDEE, _ATTENDEE)
    if answer.participantStatus not in (("accepted",) if attendees else ("declined", "tentative")):
        raise view.refused("answer-status", answer, ".participantStatus")
    if attendees:
        fields["attendees"] = attendees
    invitees = _parts(view, answer, names.EXT_INVITEE, _INVITEE)
    empty = view.value(answer, answer.extension, names.EXT_EMPTY_LIST, "valueCode")
    if empty is not None and (empty != "invitees" or invitees):
        raise view.refused("empty-list", answer, f".extension('{names.EXT_EMPTY_LIST}').value")
    if invitees or empty is not None:
        fields["invitees"] = invitees
    return fields


def _parts(view: View, answer: AppointmentResponse, url: str, kinds: dict[str, str]) -> tuple[dict[str, Any], ...]:
    return tuple(parts_of(view, answer, found, kinds) for found in answer.extension if found.url == url)


def write_call_answer(assembly: Assembly, message: Message, body: Kallelsesvar, case: dict[str, str]) -> list[str]:
    """``sip.kallelsesvar``: who comes and how, or words (P-7)."""
    extensions = [_extension(names.EXT_ATTENDEE, one, _ATTENDEE) for one in body.attendees or ()]
    extensions += [_extension(names.EXT_INVITEE, one, _INVITEE) for one in body.invitees or ()]
    if body.invitees == ():
        extensions.append({"url": names.EXT_EMPTY_LIST, "valueCode": "invitees"})
    answer: dict[str, Any] = {"resourceType": "AppointmentResponse"}
    if extensions:
        answer["extension"] = extensions
    answer["appointment"] = {
        "type": "Appointment",
        "identifier": {"system": names.MEETING, "value": body.meeting},
    }
    answer["actor"] = unit_reference(message.unit)
    answer["participantStatus"] = "accepted" if body.attendees else "tentative"
    if body.text is not None:
        answer["comment"] = text(body.text)
    return [assembly.add(answer), write_encounter(assembly, case, in_stay=False)]


def _extension(url: str, of: Attendee | Invitee, kinds: dict[str, str]) -> dict[str, Any]:
    said = ((part, kind, getattr(of, part)) for part, kind in kinds.items())
    return {
        "url": url,
        "extension": [
            {"url": part, kind: text(value) if kind == "valueString" else value}
            for part, kind, value in said
            if value is not None
        ],
    }
