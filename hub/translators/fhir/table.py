"""The table of the messages in FHIR: name → resource in focus, reader, writer. Imports every group of resources.

``test_fhir_round_trip`` compares it with ``schemas.messages.MESSAGES``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from hub.translators.fhir import (
    admission,
    assessment,
    audit_event,
    careteam,
    communication,
    consent,
    coordinator,
    free_messages,
    hub_messages,
    initiative,
    meeting,
    meeting_answer,
    meeting_held,
    outsiders,
    plan,
    plan_state,
    plan_tasks,
    population,
    statement,
    stay,
    tasks,
)
from hub.translators.fhir.act_resources import AuditEvent, QuestionnaireResponse, Task
from hub.translators.fhir.assembly import Assembly
from hub.translators.fhir.bundle import View
from hub.translators.fhir.meeting_resources import Appointment, AppointmentResponse
from hub.translators.fhir.plan_resources import CarePlan
from hub.translators.fhir.resources import CareTeam, Communication, Consent, Encounter, Patient
from hub.translators.fhir.shapes import Resource
from schemas.envelope import Message

Read = Callable[[View, Any], dict[str, Any]]
Write = Callable[[Assembly, Message, Any, dict[str, str]], list[str]]


class BundleForm(NamedTuple):
    """The form of one message in a Bundle."""

    focus: type[Resource]
    """The type of the resource that ``MessageHeader.focus`` refers to."""
    read: Read
    """(view, resource in focus) → the fields of the body; raises ``Refused``."""
    write: Write
    """Adds the entries; returns the full URLs for ``MessageHeader.focus``, the act's own resource first."""


TABLE: Final[dict[str, BundleForm]] = {
    "information": BundleForm(
        Communication, communication.read_information_message, communication.write_information_message
    ),
    "samtycke": BundleForm(Consent, consent.read_consent, consent.write_consent_message),
    "aterkallelse": BundleForm(Consent, consent.read_withdrawal, consent.write_withdrawal),
    "atkomst": BundleForm(AuditEvent, audit_event.read_access, audit_event.write_access),
    "deltagare": BundleForm(CareTeam, careteam.read_participant, careteam.write_participant),
    "roll": BundleForm(CareTeam, careteam.read_role, careteam.write_role),
    "narstaende": BundleForm(CareTeam, outsiders.read_outsiders, outsiders.write_outsiders),
    "kontakt": BundleForm(CareTeam, careteam.read_contact, careteam.write_contact),
    "kvittens": BundleForm(Communication, communication.read_kvittens, communication.write_kvittens),
    "felsant": BundleForm(Communication, free_messages.read_wrongly_sent, free_messages.write_wrongly_sent),
    "meddelande": BundleForm(Communication, free_messages.read_message, free_messages.write_message),
    "makulering": BundleForm(Communication, free_messages.read_revocation, free_messages.write_revocation),
    "avliden": BundleForm(Patient, population.read_death, population.write_death),
    "uppslag": BundleForm(Task, tasks.read_look_up, tasks.write_look_up),
    "utskrift": BundleForm(AuditEvent, audit_event.read_print, audit_event.write_print),
    "adressering": BundleForm(CareTeam, hub_messages.read_addressing, hub_messages.write_addressing),
    "folkbokforing": BundleForm(Patient, population.read_news, population.write_news),
    "frist": BundleForm(Task, hub_messages.read_deadline, hub_messages.write_deadline),
    "verifiering": BundleForm(CareTeam, hub_messages.read_verification, hub_messages.write_verification),
    "svu.inskrivning": BundleForm(Encounter, admission.read_admission, admission.write_admission),
    "svu.beraknad_utskrivning": BundleForm(Encounter, stay.read_estimate, stay.write_estimate),
    "svu.utskrivningsklar": BundleForm(Task, tasks.read_ready, tasks.write_ready),
    "svu.utskrivningsklar_avbruten": BundleForm(Task, tasks.read_interrupted, tasks.write_interrupted),
    "svu.fast_vardkontakt": BundleForm(CareTeam, careteam.read_care_contact, careteam.write_care_contact),
    "svu.kartlaggning": BundleForm(QuestionnaireResponse, assessment.read_assessment, assessment.write_assessment),
    "svu.stallningstagande": BundleForm(Task, statement.read_statement, statement.write_statement),
    "svu.klarmarkering": BundleForm(Task, tasks.read_marked_ready, tasks.write_marked_ready),
    "svu.sip_stallning": BundleForm(Task, tasks.read_sip_position, tasks.write_sip_position),
    "svu.justering": BundleForm(Task, tasks.read_signed, tasks.write_signed),
    "svu.utskrivning": BundleForm(Encounter, stay.read_discharge, stay.write_discharge),
    "svu.utskrivning_angrad": BundleForm(Encounter, stay.read_undone, stay.write_undone),
    "sip.initiativ": BundleForm(CarePlan, initiative.read_initiative, initiative.write_initiative),
    "sip.kallelse": BundleForm(Appointment, meeting.read_call, meeting.write_call),
    "sip.kallelse_andrad": BundleForm(Appointment, meeting.read_changed_call, meeting.write_changed_call),
    "sip.kallelsesvar": BundleForm(
        AppointmentResponse, meeting_answer.read_call_answer, meeting_answer.write_call_answer
    ),
    "sip.samordningsansvarig": BundleForm(CareTeam, coordinator.read_coordinator, coordinator.write_coordinator),
    "sip.kartlaggning": BundleForm(
        QuestionnaireResponse, assessment.read_sip_assessment, assessment.write_sip_assessment
    ),
    "sip.mote": BundleForm(Encounter, meeting_held.read_meeting, meeting_held.write_meeting),
    "sip.plan": BundleForm(CarePlan, plan.read_plan, plan.write_plan),
    "sip.uppfoljning": BundleForm(CarePlan, plan.read_follow_up, plan.write_follow_up),
    "sip.utvardering": BundleForm(CarePlan, plan.read_evaluation, plan.write_evaluation),
    "sip.lage": BundleForm(Communication, plan_state.read_state, plan_state.write_state),
    **{name: BundleForm(Task, plan_tasks.reader(name), plan_tasks.write_task) for name in plan_tasks.FORMS},
}
"""Message name → its form in a Bundle."""
