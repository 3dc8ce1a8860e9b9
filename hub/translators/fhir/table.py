"""The one table of the messages: name → the resource in focus, how it is read, how it is written. Imports every group of
resources.

``test_fhir_round_trip`` holds it against ``schemas.messages.MESSAGES``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from hub.translators.fhir import (
    admission,
    assessment,
    careteam,
    communication,
    consent,
    outsiders,
    own,
    population,
    statement,
    stay,
    tasks,
    thread,
    trace,
)
from hub.translators.fhir.act_resources import AuditEvent, QuestionnaireResponse, Task
from hub.translators.fhir.assembly import Assembly
from hub.translators.fhir.bundle import View
from hub.translators.fhir.resources import CareTeam, Communication, Consent, Encounter, Patient
from hub.translators.fhir.shapes import Resource
from schemas.envelope import Message

Read = Callable[[View, Any], dict[str, Any]]
Write = Callable[[Assembly, Message, Any, dict[str, str]], list[str]]


class Act(NamedTuple):
    """How one message stands in a Bundle."""

    focus: type[Resource]
    """The type of the resource that ``MessageHeader.focus`` leads to."""
    read: Read
    """The fields of the body from the resource in focus; raises ``Refused``."""
    write: Write
    """The entries; the full URLs that ``MessageHeader.focus`` names, the act's own resource first."""


TABLE: Final[dict[str, Act]] = {
    "information": Act(Communication, communication.read_information_message, communication.write_information_message),
    "samtycke": Act(Consent, consent.read_consent, consent.write_consent_message),
    "aterkallelse": Act(Consent, consent.read_withdrawal, consent.write_withdrawal),
    "atkomst": Act(AuditEvent, trace.read_access, trace.write_access),
    "deltagare": Act(CareTeam, careteam.read_participant, careteam.write_participant),
    "roll": Act(CareTeam, careteam.read_role, careteam.write_role),
    "narstaende": Act(CareTeam, outsiders.read_outsiders, outsiders.write_outsiders),
    "kontakt": Act(CareTeam, careteam.read_contact, careteam.write_contact),
    "kvittens": Act(Communication, communication.read_kvittens, communication.write_kvittens),
    "felsant": Act(Communication, thread.read_wrongly_sent, thread.write_wrongly_sent),
    "meddelande": Act(Communication, thread.read_message, thread.write_message),
    "makulering": Act(Communication, thread.read_revocation, thread.write_revocation),
    "avliden": Act(Patient, population.read_death, population.write_death),
    "uppslag": Act(Task, tasks.read_look_up, tasks.write_look_up),
    "utskrift": Act(AuditEvent, trace.read_print, trace.write_print),
    "adressering": Act(CareTeam, own.read_addressing, own.write_addressing),
    "folkbokforing": Act(Patient, population.read_news, population.write_news),
    "frist": Act(Task, own.read_deadline, own.write_deadline),
    "verifiering": Act(CareTeam, own.read_verification, own.write_verification),
    "svu.inskrivning": Act(Encounter, admission.read_admission, admission.write_admission),
    "svu.beraknad_utskrivning": Act(Encounter, stay.read_estimate, stay.write_estimate),
    "svu.utskrivningsklar": Act(Task, tasks.read_ready, tasks.write_ready),
    "svu.utskrivningsklar_avbruten": Act(Task, tasks.read_interrupted, tasks.write_interrupted),
    "svu.fast_vardkontakt": Act(CareTeam, careteam.read_care_contact, careteam.write_care_contact),
    "svu.kartlaggning": Act(QuestionnaireResponse, assessment.read_assessment, assessment.write_assessment),
    "svu.stallningstagande": Act(Task, statement.read_statement, statement.write_statement),
    "svu.klarmarkering": Act(Task, tasks.read_marked_ready, tasks.write_marked_ready),
    "svu.sip_stallning": Act(Task, tasks.read_sip_position, tasks.write_sip_position),
    "svu.justering": Act(Task, tasks.read_signed, tasks.write_signed),
    "svu.utskrivning": Act(Encounter, stay.read_discharge, stay.write_discharge),
    "svu.utskrivning_angrad": Act(Encounter, stay.read_undone, stay.write_undone),
}
"""name → how it stands in a Bundle."""
