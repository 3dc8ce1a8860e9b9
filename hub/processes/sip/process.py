"""SIP, the coordinated individual plan: its steps and its table (processes.md §3, §4, sip-messages.md). Imports the rules only."""

from __future__ import annotations

from dataclasses import replace

from hub.processes.engine.process import Process
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.shared.frist import frist
from hub.processes.shared.participants import ROLL
from hub.processes.shared.registers import FOLKBOKFORING, VERIFIERING, adressering
from hub.processes.sip.approval import GODKANNANDE, GODKANNANDE_START, UPPDATERING, UPPRATTANDE
from hub.processes.sip.audience import is_a_ward_of_the_region, the_whole_plan
from hub.processes.sip.calendar import calendar
from hub.processes.sip.closed import CLOSED
from hub.processes.sip.consent import ATERKALLELSE, SAMTYCKE, consent_kind
from hub.processes.sip.contents import CONTENTS
from hub.processes.sip.coordinator import SAMORDNINGSANSVARIG
from hub.processes.sip.deadlines import concerned, deadlines, owing, passed
from hub.processes.sip.diagram import pictures
from hub.processes.sip.differences import DIFFERENCES
from hub.processes.sip.disclosure import (
    hears,
    narrowed,
    reads_unpublished,
    sees_unpublished,
    shows_act,
    shows_element,
    visible,
    without_drafts,
)
from hub.processes.sip.documents import DOCUMENTS
from hub.processes.sip.end import AVSLUT
from hub.processes.sip.events import EVENTS
from hub.processes.sip.extras import extras
from hub.processes.sip.follow_up import UPPFOLJNING, UTVARDERING
from hub.processes.sip.gate import CONSENT
from hub.processes.sip.information import INFORMATION
from hub.processes.sip.initiativ import INITIATIV, the_person_has_no_other_sip
from hub.processes.sip.kallelse import KALLELSE
from hub.processes.sip.kallelse_andrad import KALLELSE_ANDRAD
from hub.processes.sip.kartlaggning import KARTLAGGNING
from hub.processes.sip.koppling import KOPPLING
from hub.processes.sip.lage import LAGE, catch_up
from hub.processes.sip.las import LAS
from hub.processes.sip.makulering import MAKULERING
from hub.processes.sip.meeting_answers import KALLELSESVAR, MOTE
from hub.processes.sip.outline import outline, position
from hub.processes.sip.participants import DELTAGARE
from hub.processes.sip.people import PEOPLE
from hub.processes.sip.person_views import shown_to_person
from hub.processes.sip.plan import ATERSTALLNING, DELNING, PLAN_RULE
from hub.processes.sip.plan_views import SipPlanViews
from hub.processes.sip.prints import LEADS_TO_PRINTS, warn_of_prints
from hub.processes.sip.proposals import SipProposals
from hub.processes.sip.rule_book import RULE_BOOK
from hub.processes.sip.sections import SipSections
from hub.processes.sip.state import SipState, coordinators
from hub.processes.sip.steps import STEPS, STEPS_BY_PROFILE, newcomer, still_awaits
from hub.processes.sip.svar import SVAR

_RULES = (
    INITIATIV,
    INFORMATION,
    SAMTYCKE,
    ATERKALLELSE,
    SVAR,
    KALLELSE,
    KALLELSE_ANDRAD,
    KALLELSESVAR,
    SAMORDNINGSANSVARIG,
    KARTLAGGNING,
    MOTE,
    PLAN_RULE,
    DELNING,
    LAS,
    GODKANNANDE_START,
    GODKANNANDE,
    UPPRATTANDE,
    UPPFOLJNING,
    UPPDATERING,
    UTVARDERING,
    AVSLUT,
    ATERSTALLNING,
    DELTAGARE,
    replace(ROLL, guards=CONSENT, touches=the_whole_plan),
    MAKULERING,
    *PEOPLE,
    replace(adressering("S-3", "P-4"), touches=the_whole_plan),
    VERIFIERING,
    FOLKBOKFORING,
    KOPPLING,
    frist("P-15"),
    LAGE,
)

SIP = Process(
    name="sip",
    title="SIP",
    steps=STEPS,
    steps_by_profile=STEPS_BY_PROFILE,
    rules=tuple(
        replace(rule, effects=(*rule.effects, warn_of_prints)) if rule.message in LEADS_TO_PRINTS else rule
        for rule in _RULES
    ),
    opening_rule="S-2",
    profiles=SIP_PROFILES,
    state=SipState,
    events=EVENTS,
    closed=CLOSED,
    addressing=lambda profile: profile.addressing,
    lasting=frozenset({"open", "ended"}),
    sees_unpublished=sees_unpublished,
    hears=hears,
    reads_unpublished=reads_unpublished,
    shows_act=shows_act,
    visible=visible,
    shows_element=shows_element,
    still_awaits=still_awaits,
    standing=lambda _: (),
    outline=outline,
    position=position,
    newcomer=newcomer,
    narrowed=narrowed,
    consent_kind=consent_kind,
    sharing_kind=lambda profile: "" if profile is None else profile.sharing_kind,
    one_open_per_person=the_person_has_no_other_sip,
    named={"samordningsansvarig": coordinators},
    catch_up=catch_up,
    rule_book=RULE_BOOK,
    without_kept=without_drafts,
    reads_from_outside=is_a_ward_of_the_region,
    documents=DOCUMENTS,
    pictures=pictures,
    differences=DIFFERENCES,
    deadlines=deadlines,
    concerned=concerned,
    owing=owing,
    passed=passed,
    calendar=calendar,
    extras=extras,
    plan=SipPlanViews(),
    proposals=SipProposals(),
    shown_to_person=shown_to_person,
    sections=SipSections(),
    contents=CONTENTS,
)
