"""The participants of a call (P-4, P-6): receiving units, persons who are expected, the convener, the place. Imports the shapes and
the parties.

The participant's ``type`` in ``names.PARTICIPANT`` says which of them it is. Without it a unit is a receiver, a person is expected,
and a Location is the place. The acting unit is a participant of its own, because R4 requires at least one.
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.act_resources import RelatedPerson
from hub.translators.fhir.assembly import Assembly, concept, text, unit_reference
from hub.translators.fhir.bundle import View, code_of
from hub.translators.fhir.meeting_resources import Appointment, AppointmentParticipant, Location
from hub.translators.fhir.parties import read_named_contact, read_party, write_named_contact, write_party
from hub.translators.fhir.receivers import RECEIVER, read_receiver, receiver_extensions, receiver_types
from hub.translators.fhir.resources import Patient
from hub.translators.fhir.shapes import Concept
from schemas.envelope import Message
from schemas.sip import Kallelse, KallelseAndrad
from schemas.sip_parts import ParticipantRow

_EXPECTED: Final = "expected"
_CONVENER: Final = "convener"
_CALLER: Final = "caller"
_PLACE: Final = "place"
_KINDS: Final = frozenset({RECEIVER, _EXPECTED, _CONVENER, _CALLER, _PLACE})


def read_participants(view: View, call: Appointment, fields: dict[str, Any]) -> None:
    """Add ``receivers``, ``participants``, ``convener`` and the meeting's ``place``. Raises ``Refused``."""
    lists: dict[str, list[dict[str, Any]]] = {"receivers": [], "participants": []}
    for index, participant in enumerate(call.participant):
        element = f".participant[{index}]"
        kind = _kind(view, call, participant, element)
        if kind == _CALLER:
            view.organisation(participant.actor, call, f"{element}.actor")
        elif kind == RECEIVER:
            unit = view.unit(participant.actor, call, f"{element}.actor")
            told = read_receiver(view, call, unit, participant.extension, participant.type, element)
            lists["receivers"].append(told)
        elif kind == _EXPECTED:
            party = read_party(view, participant.actor, call, f"{element}.actor")
            lists["participants"].append(party | read_role(participant.type))
        elif kind == _CONVENER:
            contact = read_named_contact(view, participant.actor, call, f"{element}.actor")
            _once(view, call, fields, "convener", contact, element)
        else:
            _once(view, call, fields["meeting"], "place", _place(view, call, participant, element), element)
        if participant.status != "needs-action" and kind in (RECEIVER, _EXPECTED):
            raise view.refused("appointment-participant", call, f"{element}.status")
    fields |= {field: tuple(found) for field, found in lists.items() if found}
    empty = view.value(call, call.extension, names.EXT_EMPTY_LIST, "valueCode")
    if empty is not None:
        if empty != "participants" or lists["participants"]:
            raise view.refused("empty-list", call, f".extension('{names.EXT_EMPTY_LIST}').value")
        fields["participants"] = ()


def _kind(view: View, call: Appointment, participant: AppointmentParticipant, element: str) -> str:
    stated = [code for one in participant.type if (code := code_of(one, names.PARTICIPANT)) is not None]
    if len(stated) == 1 and stated[0] in _KINDS:
        return stated[0]
    actor = participant.actor
    if stated or actor is None:
        raise view.refused("appointment-participant", call, f"{element}.type")
    entry = view.entry(actor)
    if isinstance(entry, Location) or actor.type == "Location":
        return _PLACE
    if isinstance(entry, (Patient, RelatedPerson)) or actor.type in ("Patient", "RelatedPerson"):
        return _EXPECTED
    return RECEIVER


def _once(
    view: View, call: Appointment, fields: dict[str, Any], field: str, value: dict[str, Any] | str, element: str
) -> None:
    if field in fields:
        raise view.refused("appointment-participant", call, element)
    fields[field] = value


def _place(view: View, call: Appointment, participant: AppointmentParticipant, element: str) -> str:
    actor = participant.actor
    location = view.resolve(actor, Location, call, f"{element}.actor")
    name = location.name if location is not None else actor.display if actor is not None else None
    if name is None:
        raise view.refused("appointment-place", call, f"{element}.actor")
    return name


def read_role(types: list[Concept]) -> dict[str, Any]:
    """The role of a person at a meeting, as ``tolk``; nothing where none is told."""
    role = next((code for one in types if (code := code_of(one, names.MEETING_ROLE)) is not None), None)
    return {} if role is None else {"role": role}


def write_participants(
    assembly: Assembly, message: Message, body: Kallelse | KallelseAndrad, patient: dict[str, Any]
) -> list[dict[str, Any]]:
    """The participants: the acting unit, then those whom the body names. ``patient``: a reference to the person of the case."""
    participants: list[dict[str, Any]] = [_participant(_CALLER, unit_reference(message.unit), "accepted")]
    if body.convener is not None:
        participants.append(_participant(_CONVENER, write_named_contact(assembly, body.convener), "accepted"))
    if body.meeting.place is not None:
        place = {"type": "Location", "display": text(body.meeting.place)}
        participants.append(_participant(_PLACE, place, "accepted"))
    for receiver in body.receivers or ():
        participant = receiver_extensions(receiver) | {"type": receiver_types(receiver)}
        participants.append({**participant, "actor": unit_reference(receiver.unit), "status": "needs-action"})
    for row in body.participants or ():
        expected = _participant(_EXPECTED, write_party(assembly, row, patient), "needs-action")
        expected["type"] += role_types(row)
        participants.append(expected)
    return participants


def role_types(row: ParticipantRow) -> list[dict[str, Any]]:
    """The concept of a person's role at the meeting, if any."""
    return [] if row.role is None else [concept(names.MEETING_ROLE, row.role)]


def _participant(kind: str, actor: dict[str, Any], status: str) -> dict[str, Any]:
    return {"type": [concept(names.PARTICIPANT, kind)], "actor": actor, "status": status}
