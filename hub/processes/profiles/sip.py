"""SIP's answers per region: one frozen row each (processes.md §4, sip-messages.md §2–§6). Imports what the shared rules ask and the
code lists.

``senders``: message → who may send it, as codes of ``sip/who.py``; a message that is not there is none in the region.
``cells``: message → the fields that the region has, ``R`` required once sent, ``o`` optional; a field that is not there is
refused. What the body itself requires stands as ``R``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from hub.processes.profiles import sip_codes as codes
from hub.processes.profiles.sip_elements import ELEMENTS, ElementKind
from hub.processes.shared.answers import SharedAnswers

Cell = Literal["R", "o"]
Cells = Mapping[str, Mapping[str, Cell]]
Known = Literal["consent", "initiativ", "sent", "call"]


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
    senders: Mapping[str, frozenset[str]]
    cells: Cells
    elements: Mapping[str, ElementKind]
    """P-9: kind of element → what it holds."""
    codes: Mapping[str, frozenset[str]]
    """Name of a list → its codes."""
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
    """C-21: each has its own record; the first is consent to the SIP."""
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
    call_awaits: Literal["all", "asked", "nobody", "answers"] = "nobody"
    """P-3, P-7: kvittens of all other participants, of the receivers that are asked, of nobody; an answer of all receivers."""
    death_ends: bool = False
    """P-16: a death registered by a participant ends the case."""
    on_the_list_after_the_end: int = 0
    """C-54: hours that an ended case stays on the start list."""
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
    coordinator_in_person=True,
    coordinator_changes=frozenset({"utsedd", "borttagen"}),
    call_awaits="all",
    on_the_list_after_the_end=72,
)
PRATOR = SipProfile(
    name="prator",
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
    coordinator_from_opening=True,
    consent_to_send=True,
    receivers_answer=True,
    receivers_at_opening=True,
    kvittera_default=True,
    call_awaits="asked",
)
SAMSA = SipProfile(
    name="samsa",
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
        "approver": frozenset({"personen", "stallforetradare"}),
        "how_approved": codes.HOW_APPROVED,
    },
    known_from="sent",
    addressing="person",
    coordinator_from_opening=True,
    consent_to_send=True,
    receivers_at_opening=True,
    call_awaits="asked",
)
LIFECARE = SipProfile(
    name="lifecare",
    states=("underlag", "kallad", "mote_hallet", "planeras", "pagaende"),
    steps=("kartlaggning", "kallelse", "mote", "plan"),
    senders={
        "sip.initiativ": _of("any_unit"),
        "sip.kallelse": _of("participant"),
        "sip.kallelse_andrad": _of("coordinator_unit"),
        "sip.samordningsansvarig": _of("participant"),
        "sip.kartlaggning": _of("coordinator_unit"),
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
    coordinator_in_person=True,
    coordinator_is_the_caller=True,
    consent_kinds=("sip", "informationsoverforing"),
    sharing_kind="informationsoverforing",
    consent_ends=frozenset({"sip"}),
    death_ends=True,
)
COSMIC_LINK = SipProfile(
    name="cosmic_link",
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
        "sip.initiativ": _cells("patient", "kind reason stallforetradare samordningsansvarig samtycke svu"),
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
    coordinator_changes=frozenset({"utsedd", "bytt"}),
    call_awaits="answers",
    consent_ends=frozenset({""}),
    reminder="kva:AU124",
)
SIP_PROFILES: Mapping[str, SipProfile] = MappingProxyType(
    {profile.name: profile for profile in (MINA_PLANER, PRATOR, SAMSA, LIFECARE, COSMIC_LINK)}
)
