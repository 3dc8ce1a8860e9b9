"""Encounter: ``sip.mote``, the meeting as held (P-8). Imports the shapes and the parties.

The meeting that was held is an Encounter that refers to its Appointment; a fulfilled Appointment would have to repeat the time of the
call (app-3). Each person is a PractitionerRole or a RelatedPerson. One that was not held is cancelled.
"""

from __future__ import annotations

from typing import Any

from hub.translators.fhir import names
from hub.translators.fhir.assembly import NO_STAY, Assembly, concept, text
from hub.translators.fhir.bundle import View, code_of, swedish_day
from hub.translators.fhir.call_participants import read_role, role_types
from hub.translators.fhir.meeting import meeting_id
from hub.translators.fhir.parties import (
    of_the_case,
    read_named_contact,
    read_party,
    write_named_contact,
    write_party,
)
from hub.translators.fhir.resources import Encounter
from schemas.envelope import Message
from schemas.sip import Mote


def read_meeting(view: View, held: Encounter) -> dict[str, Any]:
    """The fields of ``Mote``. Raises ``Refused``."""
    if held.status not in ("finished", "cancelled"):
        raise view.refused("meeting-status", held, ".status")
    ids = [one.identifier for one in held.appointment if one.identifier is not None]
    fields: dict[str, Any] = {"meeting": meeting_id(view, ids, held, ".appointment"), "held": held.status == "finished"}
    forms = [code for one in held.type if (code := code_of(one, names.MEETING_FORM)) is not None]
    if held.type and len(forms) != 1:
        raise view.refused("code-system", held, ".type")
    fields["form"] = forms[0] if forms else None
    attended: list[dict[str, Any]] = []
    for index, participant in enumerate(held.participant):
        element = f".participant[{index}]"
        row = read_party(view, participant.individual, held, f"{element}.individual") | read_role(participant.type)
        present = [one.valueBoolean for one in participant.extension if one.url == names.EXT_PRESENT]
        if len(present) > 1 or None in present:
            raise view.refused("extension-value", held, f"{element}.extension('{names.EXT_PRESENT}').value")
        attended.append({**row, "present": present[0]} if present else row)
    empty = view.value(held, held.extension, names.EXT_EMPTY_LIST, "valueCode")
    if empty is not None and (empty != "attended" or attended):
        raise view.refused("empty-list", held, f".extension('{names.EXT_EMPTY_LIST}').value")
    if attended or empty is not None:
        fields["attended"] = tuple(attended)
    fields["person_present"] = view.value(held, held.extension, names.EXT_PERSON_PRESENT, "valueBoolean")
    fields["note"] = view.value(held, held.extension, names.EXT_NOTE, "valueString")
    day = view.value(held, held.extension, names.EXT_FOLLOW_UP_DATE, "valueDate")
    if day is not None:
        fields["follow_up_date"] = swedish_day(day, view, held, f".extension('{names.EXT_FOLLOW_UP_DATE}').value")
    who = view.value(held, held.extension, names.EXT_COORDINATOR, "valueReference")
    if who is not None:
        element = f".extension('{names.EXT_COORDINATOR}').value"
        fields["samordningsansvarig"] = read_named_contact(view, who, held, element)
    return fields


def write_meeting(assembly: Assembly, _: Message, body: Mote, case: dict[str, str]) -> list[str]:
    """``sip.mote``: finished, with those who came, or cancelled (P-8)."""
    held: dict[str, Any] = {"resourceType": "Encounter"}
    if extensions := _extensions(assembly, body):
        held["extension"] = extensions
    held |= {"status": "finished" if body.held else "cancelled", "class": NO_STAY}
    if body.form is not None:
        held["type"] = [concept(names.MEETING_FORM, body.form)]
    held["episodeOfCare"] = [{"identifier": case}]
    participants: list[dict[str, Any]] = []
    for row in body.attended or ():
        participant: dict[str, Any] = {}
        if not row.present:
            participant["extension"] = [{"url": names.EXT_PRESENT, "valueBoolean": False}]
        if types := role_types(row):
            participant["type"] = types
        participant["individual"] = write_party(assembly, row, of_the_case(case), as_entry=True)
        participants.append(participant)
    if participants:
        held["participant"] = participants
    held["appointment"] = [{"type": "Appointment", "identifier": {"system": names.MEETING, "value": body.meeting}}]
    return [assembly.add(held)]


def _extensions(assembly: Assembly, body: Mote) -> list[dict[str, Any]]:
    extensions: list[dict[str, Any]] = []
    if body.person_present is not None:
        extensions.append({"url": names.EXT_PERSON_PRESENT, "valueBoolean": body.person_present})
    if body.note is not None:
        extensions.append({"url": names.EXT_NOTE, "valueString": text(body.note)})
    if body.follow_up_date is not None:
        extensions.append({"url": names.EXT_FOLLOW_UP_DATE, "valueDate": body.follow_up_date.isoformat()})
    if body.samordningsansvarig is not None:
        who = write_named_contact(assembly, body.samordningsansvarig)
        extensions.append({"url": names.EXT_COORDINATOR, "valueReference": who})
    if body.attended == ():
        extensions.append({"url": names.EXT_EMPTY_LIST, "valueCode": "attended"})
    return extensions
