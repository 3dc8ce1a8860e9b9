"""Reads the header of a message Bundle: event, id, sender, author, time, case (messages.md §1, fhir.md "Message exchange"). Imports
the view and the names.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from hub.translators.fhir import names
from hub.translators.fhir.act_resources import AuditEvent, QuestionnaireResponse, Task
from hub.translators.fhir.bundle import View, moment
from hub.translators.fhir.meeting_resources import Appointment
from hub.translators.fhir.plan_resources import CarePlan
from hub.translators.fhir.refusals import refused
from hub.translators.fhir.resources import (
    Communication,
    Consent,
    Encounter,
    EpisodeOfCare,
    Practitioner,
    PractitionerRole,
    Provenance,
)
from hub.translators.fhir.shapes import Resource

_TIME_OF: Final[tuple[tuple[type[Resource], str], ...]] = (
    (Communication, "sent"),
    (Consent, "dateTime"),
    (Task, "authoredOn"),
    (QuestionnaireResponse, "authored"),
    (AuditEvent, "recorded"),
    (CarePlan, "created"),
    (Appointment, "created"),
)
"""Resource → its element with the time of the act."""
_CASE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-._:]{0,131}")
_ROLE: Final = re.compile(r"[a-z0-9][a-z0-9_.\-]{0,59}")
_MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-._:]{0,127}")


def event(view: View, *, from_hub: bool = False) -> str:
    """The message's name. Raises ``Refused`` for a response and for an unknown event; ``from_hub``: the hub's own are allowed."""
    header = view.header
    if header.response is not None:
        raise view.refused("is-a-response", header, ".response")
    coding = header.eventCoding
    if coding is None or coding.system != names.EVENT or coding.code not in (names.WRITES if from_hub else names.READS):
        raise view.refused("unknown-event", header, ".event")
    return coding.code


def message_id(view: View) -> str:
    """The message's id: the extension ``message-id``, when it is not a FHIR id (``fhir_id``), else ``MessageHeader.id``."""
    header = view.header
    if header.id is None or not header.id[0].isalnum() or len(header.id) > 64:
        raise view.refused("message-id", header, ".id")
    if header.extension:
        longer = view.extension(header, header.extension, names.EXT_MESSAGE_ID)
        if longer is not None:
            if longer.valueString is None or not _MESSAGE_ID.fullmatch(longer.valueString):
                raise view.refused("message-id", header, f".extension('{names.EXT_MESSAGE_ID}').value")
            return longer.valueString
    return header.id


def sender(view: View) -> str:
    """The acting unit."""
    unit = view.organisation(view.header.sender, view.header, ".sender")
    if unit is None:
        raise view.refused("sender-missing", view.header, ".sender")
    return unit


def author(view: View) -> tuple[str, str | None]:
    """(the acting person, their role) (C-1, C-3): from a PractitionerRole, or from a Practitioner without role."""
    header, reference = view.header, view.header.author
    if reference is None:
        raise view.refused("C-3", header, ".author")
    role: str | None = None
    person = None
    named = view.resolve(reference, Resource, header, ".author")
    if isinstance(named, PractitionerRole):
        role = _role(view, named)
        who = view.resolve(named.practitioner, Practitioner, named, ".practitioner")
        if who is not None:
            person = view.hsa(who.identifier, who, ".identifier.value")
        elif named.practitioner is not None:
            person = view.logical_hsa(named.practitioner, named, ".practitioner")
    elif isinstance(named, Practitioner):
        person = view.hsa(named.identifier, named, ".identifier.value")
    elif named is not None:
        raise view.refused("reference-unresolved", header, ".author")
    if person is None:
        person = view.logical_hsa(reference, header, ".author")
    if person is None:
        raise view.refused("C-3", header, ".author")
    return person, role


def _role(view: View, named: PractitionerRole) -> str | None:
    for concept in named.code:
        for coding in concept.coding:
            if coding.system == names.ROLE and coding.code is not None:
                if not _ROLE.fullmatch(coding.code):
                    raise view.refused("role-code", named, ".code.coding.code")
                return coding.code
    return None


def read_draft(view: View) -> bool | None:
    """Whether the message is saved, not sent (C-52, C-56); None when the header does not say. Raises ``Refused``."""
    found = view.value(view.header, view.header.extension, names.EXT_DRAFT, "valueBoolean")
    return None if found is None else bool(found)


def read_send(view: View) -> bool | None:
    """SIP's ``send``: the opposite of a draft. Raises ``Refused``."""
    draft = read_draft(view)
    return None if draft is None else not draft


def business_time(view: View, focus: Resource) -> datetime:
    """The time of the act: from the Provenance of the focus (or the first one, when none names it), else the focus' own time, else
    ``Bundle.timestamp``.

    The timestamp is last because senders fill it carelessly (fhir.md), and the business time decides the order.
    """
    provenance: Provenance | None = None
    for resource in view.resources:
        if isinstance(resource, Provenance):
            if provenance is None:
                provenance = resource
            for target in resource.target:
                if view.resolve(target, Resource, resource, ".target") is focus:
                    provenance = resource
    if provenance is not None:
        recorded = moment(provenance.recorded, view, provenance, ".recorded")
        assert recorded is not None
        return recorded
    for kind, element in _TIME_OF:
        if isinstance(focus, kind) and getattr(focus, element) is not None:
            found = moment(getattr(focus, element), view, focus, f".{element}")
            break
    else:
        found = moment(view.bundle.timestamp, view, view.header, ".timestamp")
    if found is None:
        raise refused("time-missing", "Bundle")
    return found


def subject(view: View, encounter: Encounter | None) -> str:
    """The message's subject: the hub's case id, else the sender's own reference as ``ref:…`` (messages.md §1)."""
    if encounter is None:
        raise refused("case-missing", "Bundle.entry.resource.ofType(Encounter)")
    own: list[str] = []
    hubs: list[str] = []
    for reference in encounter.episodeOfCare:
        found = [reference.identifier] if reference.identifier is not None else []
        episode = view.resolve(reference, EpisodeOfCare, encounter, ".episodeOfCare")
        if episode is not None:
            found += episode.identifier
        for identifier in found:
            if identifier.value is not None:
                (hubs if identifier.system == names.CASE else own).append(identifier.value)
    values = hubs or own
    if not values:
        raise view.refused("case-missing", encounter, ".episodeOfCare")
    if len(set(hubs)) > 1 or not _CASE.fullmatch(values[0]):
        raise view.refused("case-id", encounter, ".episodeOfCare.identifier.value")
    return values[0] if hubs else f"ref:{values[0]}"
