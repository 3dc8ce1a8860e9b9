"""SIP's answers per region: one frozen row each (processes.md §4, sip-messages.md §2–§6). Imports what the shared rules ask and the
code lists.

``senders``: message → who may send it, as codes of ``sip/who.py``; a message that is not there is none in the region.
``cells``: message → the fields that the region has, ``R`` required once sent, ``o`` optional; a field that is not there is
refused. What the body itself requires stands as ``R``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Literal

from hub.processes.profiles import sip_codes as codes
from hub.processes.profiles.sip_codes import Choices
from hub.processes.profiles.sip_elements import ELEMENTS, ElementKind
from hub.processes.shared.answers import SharedAnswers

Cell = Literal["R", "o"]
Cells = Mapping[str, Mapping[str, Cell]]
Known = Literal["consent", "initiativ", "sent", "call"]
ProposedReceivers = Literal["participants", "last_meeting", "called_before"]
ShownToPerson = Literal["approved", "ongoing"]


def _cells(required: str = "", optional: str = "") -> Mapping[str, Cell]:
    """Field → cell, of two texts of field names."""
    return MappingProxyType({**dict.fromkeys(required.split(), "R"), **dict.fromkeys(optional.split(), "o")})


def _of(*who: str) -> frozenset[str]:
    return frozenset(who)


@dataclass(frozen=True, slots=True, kw_only=True)
class SipProfile(SharedAnswers):
    """A region's answers in SIP; a field is named after its question and says its P-id."""

    name: str
    states: tuple[str, ...]
    """The states of §5 in their order; the first is the one in which a case opens."""
    steps: tuple[str, ...]
    """C-30: in the order shown."""
    phases: Mapping[str, str] = field(default_factory=dict)
    """State → the phase to which it belongs; empty where the region has no phases."""
    proposes: ProposedReceivers = "participants"
    """P-4: who is proposed as receivers of a call: all who take part; those of the last meeting; before the first call nobody but whom
    the registers name, then all who take part."""
    shown_to_person: ShownToPerson | None = None
    """P-17: what the person may be shown at 1177: the content approved last, where that is said; an ongoing plan; nothing."""
    senders: Mapping[str, frozenset[str]]
    cells: Cells
    elements: Mapping[str, ElementKind]
    """P-9: kind of element → what it holds."""
    codes: Mapping[str, frozenset[str]]
    """Name of a list → its codes."""
    choices: Mapping[str, Choices] = field(default_factory=dict)
    """S-7: field of the assessment → what may be ticked in it; in other fields nothing is."""
    known_from: Known
    """§1: what makes the case known outside the opener's unit: a consent that lets share, the sent initiativ, the first that is
    sent at all, the first call."""
    addressing: Literal["adds", "suggests", "person"]
    """P-4."""
    first_version: int = 1
    """E-7: the number of the plan's first version."""
    coordinator_in_person: bool = False
    """§1: the coordinator is the registered person, not its unit."""
    coordinator_from_opening: bool = False
    """P-21: until another is named, the opener's unit."""
    coordinator_is_the_caller: bool = False
    """LC-4: the first call of kind ny makes the caller coordinator."""
    coordinator_changes: frozenset[str] = frozenset({"bytt"})
    """P-21."""
    consent_kinds: tuple[str, ...] = ("",)
    """C-21: each has its own record; the empty one is the consent to the SIP, which messages call ``sip`` where there are several."""
    sharing_kind: str = ""
    """The kind of consent that lets units share."""
    consent_ends: frozenset[str] = frozenset()
    """P-15: the kinds of consent with whose loss the case ends."""
    consent_to_send: bool = False
    """P-1: the initiativ is not sent without consent, or with a refused one."""
    receivers_answer: bool = False
    """P-2: receivers accept or decline the initiativ."""
    receivers_at_opening: bool = False
    """P-4: the initiativ's receivers come in with it."""
    kvittera_default: bool = False
    """P-3: whether a receiver without ``kvittera`` is asked."""
    all_read_drafts: bool = False
    """SA-2: what is saved is told to nobody, and may be read by those who take part; elsewhere a draft is its unit's alone."""
    call_awaits: Literal["all", "asked", "nobody", "answers"] = "nobody"
    """P-3, P-7: kvittens of all other participants, of the receivers that are asked, of nobody; an answer of all receivers."""
    death_ends: bool = False
    """P-16: a death registered by a participant ends the case."""
    on_the_list_after_the_end: int = 0
    """C-54: hours that an ended case stays on the start list."""
    information_is_registered: bool = False
    """P-22: information may be registered, though the consent does not wait for it (CL: l.39-42 of the manual)."""
    coordinator_before_consent: bool = False
    """E-9: the coordinator is named before the consent, which its unit obtains."""
    coordinator_ends: bool = False
    """P-14: the registered coordinator in person ends the SIP."""
    coordinators_unit_stays: bool = True
    """P-21: the coordinator's unit stays until another coordinates; else the coordinator falls away with it."""
    consent_says_all: bool = False
    """CL-1: a consent says what, whom and how long."""
    asks_about_minors: bool = False
    """C-25, CL: of a patient under 18 it warns when no guardian consents, and when the child's voice is not heard."""
    consent_of_all_parties: bool = False
    """SA-3: the hub says that a consent holds for all parties of the SIP, and for a year where no end is given."""
    new_parties_update_consent: bool = False
    """SA-3: a party that comes in later warns that the consent is to cover it."""
    wards_act_from_outside: bool = False
    """C-6."""
    units_leave_at_any_time: bool = False
    """PR-4."""
    new_calls_end_with_the_first: bool = False
    """S-5: once a version has been valid, a call of kind ny is refused."""
    follow_up_at_any_time: bool = False
    """S-5: a call to a follow-up is sent in any state."""
    warns_without_outpatient_care: bool = False
    """CL-3."""
    form_without_link_warns: bool = False
    """A meeting at a distance without link and telephone warns."""
    locks_documents: bool = False
    """C-53, PR-5."""
    signs_notes: bool = False
    """P-9: the plan is notes, each signed by its author."""
    anyone_writes: bool = False
    """E-6: any participant writes any element."""
    shares_efforts: bool = False
    """LC-6: an insats is its author's alone until it is shared."""
    ends_elements: bool = False
    """E-4: elements are ended and stay, marked."""
    required_at_once: bool = False
    """C-56: what an element requires is there when it is added."""
    carries_over: bool = True
    """E-7: the next version begins with all living elements."""
    approved_by: Literal["units", "person", "coordinator", "nobody"] = "nobody"
    """P-10."""
    approval_of_content: bool = False
    """P-10: an approval is lost with the next edit."""
    updating_breaks_approval: bool = False
    """S-11: the update breaks an approval, and is the coordinator's in person."""
    plan_open_in: frozenset[str] = frozenset()
    """S-8: the states in which a call's words are brought into the plan."""
    plan_closed_in: Mapping[str, str] = field(default_factory=dict)
    """State → the rule by which edits are refused in it."""
    approval_starts_in: frozenset[str] = frozenset()
    """§5: the states in which the plan may be put up for approval, or approved by the coordinator."""
    followed_up_in: frozenset[str] = frozenset()
    """S-10: the states in which the follow-up is written; empty: any."""
    follow_up_begins_in: frozenset[str] = frozenset()
    """P-12: the states in which the follow-up is activated."""
    next_version_from: frozenset[str] = frozenset()
    """P-11: the states in which the next version may begin."""
    ongoing_from: str | None = None
    """P-10: the state from which the SIP goes on, where nobody approves it."""
    before_the_meeting: frozenset[str] = frozenset()
    """LC-1: the states in which nothing of the plan is written."""
    state_after_call: Mapping[str, str] = field(default_factory=dict)
    """§5: «state kind» of a sent call → the state after."""
    plan_is_done_in: frozenset[str] = frozenset()
    """C-30: the states in which the step of the plan stays green when its words are edited."""
    state_after_meeting: Mapping[str, str] = field(default_factory=dict)
    state_after_edit: Mapping[str, str] = field(default_factory=dict)
    state_after_lock: Mapping[str, str] = field(default_factory=dict)
    """«state document change» → the state after."""
    state_after_update: str = ""
    state_when_followed_up: str | None = None
    state_when_evaluated: str | None = None
    revoked_in: frozenset[str] = frozenset()
    """S-13: the states in which the whole case is removed."""
    revoked_by: Literal["participant", "opener", "coordinator_unit"] = "opener"
    """S-13."""
    revoked_after_withdrawal: bool = False
    """P-15: after a withdrawn consent the case is removed."""
    on_the_list_after_approval: timedelta = timedelta(hours=72)
    """C-54."""
    deadlines: frozenset[str] = frozenset({"samtycke_upphor"})
    """§6: the deadlines that the region has."""
    documents: frozenset[str] = frozenset({"samtycke", "kallelse", "plan", "jamforelse"})
    """§8: what the region prints."""
    final_in: frozenset[str] = frozenset()
    """§8: the states in which the current version of the plan is printed as final."""
    prints_consents: bool = False
    """SA-4: a given consent is printed for the person."""
    prints_for_outsiders_by_permission: bool = False
    """CL-4: copies to others than the person are owed only where the consent says so."""
    reminder: str | None = None
    """P-19: the code of which the region's units are reminded after a held physical meeting."""

    def has(self, message: str) -> bool:
        """Whether the region has the message."""
        return message in self.senders


_SHARED_CODES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "initiator": codes.INITIATORS,
        "form": codes.FORMS,
        "profession": codes.PROFESSIONS,
        "meeting_role": codes.MEETING_ROLES,
        "status": codes.ACTIVITY_STATUS,
        "opening": frozenset({"ny", "ny_efter_utskrivning"}),
    }
)
_CALL_KINDS = frozenset({"ny", "uppfoljning"})
_MEETING = "meeting meeting.id meeting.form meeting.start"

MINA_PLANER = SipProfile(
    name="mina_planer",
    documents=frozenset({"samtycke", "kallelse", "kartlaggning", "plan", "jamforelse"}),
    final_in=frozenset({"aktiv"}),
    deadlines=_of("kvittens_forsenad", "uppfoljning_arlig", "samtycke_upphor"),
    information_before_consent=True,
    states=("oppnad", "kallad", "godkanns", "aktiv", "uppdateras"),
    steps=("kallelse", "kartlaggning", "plan"),
    senders={
        "sip.initiativ": _of("any_unit"),
        "sip.kallelse": _of("participant"),
        "sip.kallelse_andrad": _of("caller"),
        "sip.samordningsansvarig": _of("participant"),
        "sip.kartlaggning": _of("participant"),
        "sip.plan": _of("participant"),
        "sip.godkannande_start": _of("participant"),
        "sip.godkannande": _of("participant"),
        "sip.uppfoljning": _of("participant"),
        "sip.uppdatering": _of("coordinator_unit"),
        "sip.avslut": _of("participant"),
        "samtycke": _of("participant"),
    },
    cells={
        "sip.initiativ": _cells("patient", "kind reason stallforetradare samordningsansvarig information samtycke svu"),
        "sip.kallelse": _cells(
            f"{_MEETING} meeting.place initiator reason",
            "kind meeting.end meeting.link meeting.phone comment send",
        ),
        "sip.kallelse_andrad": _cells(
            "meeting meeting.id",
            "meeting.form meeting.start meeting.place meeting.end meeting.link meeting.phone initiator reason comment"
            " version recalled",
        ),
        "sip.samordningsansvarig": _cells("person unit change", "phone email"),
        "sip.kartlaggning": _cells("", "start fields send"),
        "sip.plan": _cells("edits", "confirmed"),
        "sip.godkannande_start": _cells(),
        "sip.godkannande": _cells("approver", "plan_version"),
        "sip.uppfoljning": _cells("items items.element", "items.version items.text items.status"),
        "sip.uppdatering": _cells("reason", "confirmed"),
        "sip.avslut": _cells("reason"),
    },
    elements=ELEMENTS["mina_planer"],
    codes={**_SHARED_CODES, "call": _CALL_KINDS, "assessment": codes.ASSESSMENT, "approver": frozenset({"enhet"})},
    known_from="consent",
    addressing="adds",
    coordinators_unit_stays=False,
    wards_act_from_outside=True,
    new_calls_end_with_the_first=True,
    anyone_writes=True,
    choices=codes.ASSESSMENT_CHOICES,
    approved_by="units",
    updating_breaks_approval=True,
    plan_open_in=frozenset({"oppnad", "kallad", "uppdateras"}),
    plan_closed_in={"godkanns": "S-9", "aktiv": "S-10"},
    approval_starts_in=frozenset({"kallad", "uppdateras"}),
    followed_up_in=frozenset({"aktiv"}),
    state_after_call={"oppnad ny": "kallad"},
    state_after_update="uppdateras",
    revoked_in=frozenset({"oppnad"}),
    revoked_by="participant",
    coordinator_in_person=True,
    coordinator_changes=frozenset({"utsedd", "borttagen"}),
    call_awaits="all",
    on_the_list_after_the_end=72,
)
PRATOR = SipProfile(
    name="prator",
    documents=frozenset({"samtycke", "kallelse", "kartlaggning", "plan", "uppfoljning", "utvardering", "jamforelse"}),
    phases=MappingProxyType(
        {
            "utkast": "forberedelse",
            "initierad": "forberedelse",
            "planeras": "genomforande",
            "planerad": "genomforande",
            "foljs_upp": "genomforande",
            "utvarderas": "avslut",
        }
    ),
    deadlines=_of("kvittens_forsenad", "initiativ_obesvarat", "utvardering_dags", "samtycke_upphor"),
    messages_reach_new_units=True,
    states=("utkast", "initierad", "planeras", "planerad", "foljs_upp", "utvarderas"),
    steps=("initiativ", "kartlaggning", "kallelse", "plan", "uppfoljning", "kallelse_utvardering", "utvardering"),
    senders={
        "sip.initiativ": _of("any_unit"),
        "sip.svar": _of("asked_receiver"),
        "sip.kallelse": _of("participant"),
        "sip.kallelse_andrad": _of("caller", "coordinator_unit"),
        "sip.samordningsansvarig": _of("participant"),
        "sip.kartlaggning": _of("participant"),
        "sip.mote": _of("participant"),
        "sip.plan": _of("participant"),
        "sip.las": _of("participant"),
        "sip.uppfoljning": _of("participant"),
        "sip.uppdatering": _of("participant"),
        "sip.utvardering": _of("participant"),
        "sip.avslut": _of("participant"),
        "samtycke": _of("participant"),
    },
    cells={
        "sip.initiativ": _cells(
            "patient reason requested_by receivers samtycke", "kind stallforetradare samordningsansvarig svu send"
        ),
        "sip.svar": _cells("accepts", "comment suggested_unit"),
        "sip.kallelse": _cells(
            f"{_MEETING} meeting.place receivers",
            "kind meeting.end meeting.link meeting.phone comment send",
        ),
        "sip.kallelse_andrad": _cells(
            "meeting meeting.id",
            "meeting.form meeting.start meeting.place meeting.end meeting.link meeting.phone comment receivers version recalled",
        ),
        "sip.samordningsansvarig": _cells("unit change", "person phone email"),
        "sip.kartlaggning": _cells("", "start fields"),
        "sip.mote": _cells("meeting attended person_present", "held form"),
        "sip.plan": _cells("edits", "confirmed"),
        "sip.las": _cells("document change"),
        "sip.uppfoljning": _cells("", "activate items items.element items.version items.text items.status"),
        "sip.uppdatering": _cells("", "document reason confirmed"),
        "sip.utvardering": _cells("", "date summary goals"),
        "sip.avslut": _cells("", "reason at_persons_wish"),
    },
    elements=ELEMENTS["prator"],
    codes={
        **_SHARED_CODES,
        "call": frozenset({"ny", "utvardering"}),
        "assessment": codes.SBAR,
        "situation_by": codes.SITUATION_BY,
        "document": frozenset({"kartlaggning", "plan", "uppfoljning", "utvardering"}),
        "lock": frozenset({"signerad", "last", "upplast"}),
    },
    known_from="initiativ",
    addressing="suggests",
    units_leave_at_any_time=True,
    locks_documents=True,
    follow_up_begins_in=frozenset({"planerad"}),
    next_version_from=frozenset({"planerad", "foljs_upp"}),
    state_after_edit={"initierad": "planeras"},
    state_after_lock={"planeras plan last": "planerad", "planerad plan upplast": "planeras"},
    state_after_update="planeras",
    state_when_followed_up="foljs_upp",
    state_when_evaluated="utvarderas",
    revoked_in=frozenset({"utkast"}),
    coordinator_from_opening=True,
    consent_to_send=True,
    receivers_answer=True,
    receivers_at_opening=True,
    kvittera_default=True,
    call_awaits="asked",
)
SAMSA = SipProfile(
    name="samsa",
    prints_consents=True,
    documents=frozenset({"samtycke", "kallelse", "plan", "arende", "jamforelse"}),
    final_in=frozenset({"upprattad", "uppfoljd"}),
    proposes="last_meeting",
    shown_to_person="approved",
    deadlines=_of("kvittens_forsenad", "svara_senast", "uppfoljning_dags", "samtycke_upphor"),
    printing_has_a_reason=True,
    states=("sparad", "skickad", "sip_mote", "upprattad", "uppfoljd"),
    steps=("kallelse", "plan"),
    first_version=0,
    senders={
        "sip.initiativ": _of("any_unit"),
        "sip.kallelse": _of("participant"),
        "sip.kallelse_andrad": _of("called", "caller"),
        "sip.kallelsesvar": _of("called"),
        "sip.samordningsansvarig": _of("participant"),
        "sip.mote": _of("participant"),
        "sip.plan": _of("participant"),
        "sip.godkannande": _of("participant"),
        "sip.upprattande": _of("convener"),
        "sip.avslut": _of("coordinator_unit"),
        "samtycke": _of("participant"),
    },
    cells={
        "sip.initiativ": _cells(
            "patient kind",
            "reason need_found_by stallforetradare samordningsansvarig receivers samtycke svu send",
        ),
        "sip.kallelse": _cells(
            f"{_MEETING} receivers",
            "kind meeting.place meeting.end meeting.link meeting.phone meeting.link_external meeting.conference_id comment"
            " purpose questions convener answer_by participants send",
        ),
        "sip.kallelse_andrad": _cells(
            "meeting meeting.id version",
            "meeting.form meeting.start meeting.place meeting.end meeting.link meeting.phone meeting.link_external"
            " meeting.conference_id comment purpose questions convener answer_by receivers participants recalled",
        ),
        "sip.kallelsesvar": _cells("meeting text", "invitees"),
        "sip.samordningsansvarig": _cells("person unit change", "phone email"),
        "sip.mote": _cells("meeting attended", "held form person_present samordningsansvarig"),
        "sip.plan": _cells("edits", "send confirmed"),
        "sip.godkannande": _cells("approver show_1177", "how show_1177_reason plan_version"),
        "sip.upprattande": _cells("kind"),
        "sip.avslut": _cells("confirmed", "reason"),
    },
    elements=ELEMENTS["samsa"],
    codes={
        **_SHARED_CODES,
        "opening": frozenset({"ny", "ny_efter_utskrivning", "uppfoljning"}),
        "call": _CALL_KINDS,
        "approver": frozenset({"person", "stallforetradare"}),
        "how_approved": codes.HOW_APPROVED,
    },
    known_from="sent",
    all_read_drafts=True,
    addressing="person",
    consent_of_all_parties=True,
    new_parties_update_consent=True,
    new_calls_end_with_the_first=True,
    follow_up_at_any_time=True,
    form_without_link_warns=True,
    anyone_writes=True,
    approved_by="person",
    approval_of_content=True,
    plan_is_done_in=frozenset({"upprattad", "uppfoljd"}),
    state_after_call={
        "sparad ny": "sip_mote",
        "sparad uppfoljning": "sip_mote",
        "skickad ny": "sip_mote",
        "skickad uppfoljning": "sip_mote",
    },
    revoked_in=frozenset({"sparad"}),
    coordinator_from_opening=True,
    consent_to_send=True,
    receivers_at_opening=True,
    call_awaits="asked",
)
LIFECARE = SipProfile(
    name="lifecare",
    documents=frozenset({"samtycke", "kallelse", "kartlaggning", "plan", "jamforelse"}),
    final_in=frozenset({"pagaende"}),
    proposes="called_before",
    shown_to_person="ongoing",
    deadlines=_of("delmal_saknas", "kalla_uppfoljning", "uppfoljning_dags", "samtycke_upphor"),
    states=("underlag", "kallad", "mote_hallet", "planeras", "pagaende"),
    steps=("kartlaggning", "kallelse", "mote", "plan"),
    senders={
        "sip.initiativ": _of("any_unit"),
        "sip.kallelse": _of("participant"),
        "sip.kallelse_andrad": _of("coordinator_unit"),
        "sip.samordningsansvarig": _of("participant"),
        "sip.kartlaggning": _of("coordinator_unit", "assessment_author"),
        "sip.mote": _of("coordinator_unit"),
        "sip.plan": _of("participant"),
        "sip.delning": _of("participant"),
        "sip.uppfoljning": _of("participant"),
        "sip.avslut": _of("coordinator_unit"),
        "sip.aterstallning": _of("administrator"),
        "samtycke": _of("participant"),
    },
    cells={
        "sip.initiativ": _cells(
            "patient need_found_by samordningsansvarig", "kind reason stallforetradare samtycke svu"
        ),
        "sip.kallelse": _cells(
            f"{_MEETING} receivers",
            "kind meeting.place meeting.end meeting.link meeting.phone agenda participants send",
        ),
        "sip.kallelse_andrad": _cells(
            "meeting meeting.id",
            "meeting.form meeting.start meeting.place meeting.end meeting.link meeting.phone agenda receivers participants"
            " version recalled",
        ),
        "sip.samordningsansvarig": _cells("person unit change", "phone email"),
        "sip.kartlaggning": _cells("", "start fields removed send"),
        "sip.mote": _cells("meeting attended note", "held form person_present follow_up_date samordningsansvarig"),
        "sip.plan": _cells("edits", "confirmed"),
        "sip.delning": _cells("element shared"),
        "sip.uppfoljning": _cells("items items.element", "items.version items.text items.outcome items.attainment"),
        "sip.avslut": _cells("reason"),
        "sip.aterstallning": _cells("element reason"),
    },
    elements=ELEMENTS["lifecare"],
    codes={
        **_SHARED_CODES,
        "call": frozenset({"ny", "uppfoljning", "aktorsmote"}),
        "assessment": codes.AREA_FIELDS,
        "area": codes.AREAS,
        "outcome": codes.OUTCOMES,
        "attainment": codes.ATTAINMENT,
        "delivery": codes.DELIVERY,
    },
    known_from="call",
    addressing="person",
    coordinator_ends=True,
    shares_efforts=True,
    ends_elements=True,
    required_at_once=True,
    ongoing_from="pagaende",
    plan_is_done_in=frozenset({"pagaende"}),
    before_the_meeting=frozenset({"underlag", "kallad"}),
    state_after_call={"underlag ny": "kallad"},
    state_after_meeting={"kallad": "mote_hallet"},
    state_after_edit={"mote_hallet": "planeras"},
    revoked_in=frozenset({"underlag"}),
    coordinator_in_person=True,
    coordinator_is_the_caller=True,
    consent_kinds=("", "informationsoverforing"),
    sharing_kind="informationsoverforing",
    consent_ends=frozenset({""}),
    death_ends=True,
)
COSMIC_LINK = SipProfile(
    name="cosmic_link",
    final_in=frozenset({"godkand", "plan_avslutad"}),
    prints_for_outsiders_by_permission=True,
    deadlines=_of("svar_forsenat", "plan_forsenad", "uppfoljning_dags", "samtycke_upphor"),
    states=("arende", "kallad", "dokumenteras", "godkand", "plan_avslutad"),
    steps=("kallelse", "mote", "plan"),
    senders={
        "sip.initiativ": _of("any_unit"),
        "sip.kallelse": _of("coordinator_unit"),
        "sip.kallelse_andrad": _of("caller"),
        "sip.kallelsesvar": _of("called", "caller"),
        "sip.samordningsansvarig": _of("coordinator_unit", "opener_without_coordinator"),
        "sip.mote": _of("coordinator_unit", "leader"),
        "sip.plan": _of("participant"),
        "sip.las": _of("participant"),
        "sip.godkannande": _of("coordinator_unit"),
        "sip.uppdatering": _of("participant"),
        "sip.avslut": _of("participant"),
        "samtycke": _of("coordinator_unit"),
    },
    cells={
        "sip.initiativ": _cells("patient", "kind reason stallforetradare samordningsansvarig information samtycke svu"),
        "sip.kallelse": _cells(
            f"{_MEETING} meeting.place receivers",
            "kind meeting.end meeting.link meeting.phone comment participants send",
        ),
        "sip.kallelse_andrad": _cells("meeting meeting.id", "receivers participants version recalled"),
        "sip.kallelsesvar": _cells("meeting", "text attendees"),
        "sip.samordningsansvarig": _cells("person unit change", "phone email"),
        "sip.mote": _cells("meeting form attended follow_up_date samordningsansvarig", "held person_present note"),
        "sip.plan": _cells("edits", "confirmed"),
        "sip.las": _cells("document change"),
        "sip.godkannande": _cells("approver with_person", "plan_version"),
        "sip.uppdatering": _cells("", "reason confirmed"),
        "sip.avslut": _cells("what", "reason"),
    },
    elements=ELEMENTS["cosmic_link"],
    codes={
        **_SHARED_CODES,
        "call": _CALL_KINDS,
        "approver": frozenset({"samordningsansvarig"}),
        "lock": frozenset({"signerad"}),
        "template": frozenset(codes.TEMPLATES),
    },
    known_from="call",
    addressing="person",
    information_is_registered=True,
    coordinator_before_consent=True,
    consent_says_all=True,
    asks_about_minors=True,
    new_calls_end_with_the_first=True,
    warns_without_outpatient_care=True,
    signs_notes=True,
    required_at_once=True,
    carries_over=False,
    approved_by="coordinator",
    plan_closed_in={"godkand": "P-10", "plan_avslutad": "P-10"},
    approval_starts_in=frozenset({"dokumenteras"}),
    next_version_from=frozenset({"godkand"}),
    state_after_call={"arende ny": "kallad"},
    state_after_edit={"arende": "dokumenteras", "kallad": "dokumenteras"},
    state_after_update="dokumenteras",
    revoked_in=frozenset({"arende"}),
    revoked_by="coordinator_unit",
    revoked_after_withdrawal=True,
    coordinator_changes=frozenset({"utsedd", "bytt"}),
    call_awaits="answers",
    consent_ends=frozenset({""}),
    reminder="kva:AU124",
)
SIP_PROFILES: Mapping[str, SipProfile] = MappingProxyType(
    {profile.name: profile for profile in (MINA_PLANER, PRATOR, SAMSA, LIFECARE, COSMIC_LINK)}
)
