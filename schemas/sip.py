"""The bodies of SIP's own messages, as ``sip-messages.md`` §3 says them field by field. Imports the parts and the identity types
only.

A field that a region's profile requires or does not have is the rules' matter (``processes/profiles/sip.py``): the body holds
what any of the five has.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SerializationInfo, SerializerFunctionWrapHandler, WrapSerializer

from schemas.identity_types import Hsa, KnownHsa
from schemas.moments import CANONICAL
from schemas.parts import CaseId, Code, Day, Flag, Information, Line, Part, Patient, Samtycke, Text, Version
from schemas.sip_parts import (
    Address,
    Attended,
    Attendee,
    Edit,
    Eid,
    FollowedUp,
    GoalEvaluated,
    Invitee,
    Meeting,
    NamedContact,
    ParticipantRow,
    ReceivingUnit,
    Representative,
    Who,
)
from schemas.svu import Written


def _as_list(value: object) -> object:
    return value if value is None or isinstance(value, (list, tuple)) else [value]


def _one_alone(value: Any, write: SerializerFunctionWrapHandler) -> object:
    """One consent is written without a list."""
    written = write(value)
    return written[0] if isinstance(written, (list, tuple)) and len(written) == 1 else written


Consents = Annotated[
    tuple[Samtycke, ...],
    Field(min_length=1, max_length=2),
    BeforeValidator(
        _as_list, json_schema_input_type=Samtycke | Annotated[tuple[Samtycke, ...], Field(min_length=1, max_length=2)]
    ),
    WrapSerializer(_one_alone),
]
"""One samtycke, or a list of two of different kinds (LC)."""


class Initiativ(Part):
    """``sip.initiativ``: opens the case and makes the empty plan (S-1, S-2, P-1). ``send`` false saves a draft (PR-1, SA-2)."""

    patient: Patient
    kind: Literal["ny", "ny_efter_utskrivning", "uppfoljning"] | None = None
    reason: Text | None = None
    requested_by: Who | None = None
    need_found_by: Who | None = None
    stallforetradare: Representative | None = None
    samordningsansvarig: NamedContact | None = None
    receivers: tuple[ReceivingUnit, ...] | None = Field(default=None, min_length=1, max_length=500)
    information: Information | None = None
    samtycke: Consents | None = None
    svu: CaseId | None = None
    send: Flag = True


class Svar(Part):
    """``sip.svar``: an asked receiver accepts or declines the initiativ (P-2)."""

    accepts: Flag
    comment: Text | None = None
    suggested_unit: Hsa | None = None


class Kallelse(Part):
    """``sip.kallelse``: a call to a meeting (S-5, P-6). ``send`` false saves a draft."""

    kind: Code = "ny"
    meeting: Meeting
    initiator: Who | None = None
    reason: Text | None = None
    comment: Text | None = None
    agenda: Text | None = None
    purpose: Text | None = None
    questions: Text | None = None
    convener: NamedContact | None = None
    answer_by: Day | None = None
    receivers: tuple[ReceivingUnit, ...] | None = Field(default=None, min_length=1, max_length=500)
    participants: tuple[ParticipantRow, ...] | None = Field(default=None, max_length=100)
    send: Flag = True


class KallelseAndrad(Part):
    """``sip.kallelse_andrad``: those of a call's fields that change, each as it shall be, or its recall (P-6, PR-7)."""

    meeting: Meeting
    version: Version | None = None
    recalled: Flag = False
    initiator: Who | None = None
    reason: Text | None = None
    comment: Text | None = None
    agenda: Text | None = None
    purpose: Text | None = None
    questions: Text | None = None
    convener: NamedContact | None = None
    answer_by: Day | None = None
    receivers: tuple[ReceivingUnit, ...] | None = Field(default=None, min_length=1, max_length=500)
    participants: tuple[ParticipantRow, ...] | None = Field(default=None, max_length=100)


class Kallelsesvar(Part):
    """``sip.kallelsesvar``: what a called unit answers (P-7)."""

    meeting: Eid
    text: Text | None = None
    attendees: tuple[Attendee, ...] | None = Field(default=None, min_length=1, max_length=20)
    invitees: tuple[Invitee, ...] | None = Field(default=None, max_length=20)


class Samordningsansvarig(Part):
    """``sip.samordningsansvarig``: who coordinates the SIP (S-6, P-21); in PR a unit alone may."""

    person: Hsa | None = None
    unit: Hsa
    change: Literal["utsedd", "bytt", "borttagen"]
    phone: Line | None = None
    email: Line | None = None


def _in_order(fields: object, write: SerializerFunctionWrapHandler, info: SerializationInfo) -> object:
    """The fields in the order sent; by name when messages are compared, because their order has no meaning (D-2)."""
    if info.context is CANONICAL and isinstance(fields, dict):
        return write(dict(sorted(fields.items())))
    return write(fields)


class SipKartlaggning(Part):
    """``sip.kartlaggning``: the assessment is begun, or fields of it are written or removed (S-7, P-5)."""

    start: Flag = False
    fields: Annotated[dict[Code, Written], WrapSerializer(_in_order)] = Field(default_factory=dict, max_length=50)
    removed: tuple[Code, ...] = Field(default=(), max_length=50)
    send: Flag = True


class Mote(Part):
    """``sip.mote``: the meeting as held, and who came (P-8)."""

    meeting: Eid
    held: Flag = True
    form: Code | None = None
    attended: tuple[Attended, ...] | None = Field(default=None, max_length=100)
    person_present: Flag | None = None
    note: Text | None = None
    follow_up_date: Day | None = None
    samordningsansvarig: NamedContact | None = None


class Plan(Part):
    """``sip.plan``: edits of the plan, in their order; all hold or none does (E-2)."""

    edits: tuple[Edit, ...] = Field(min_length=1, max_length=50)
    send: Flag = True
    confirmed: Flag = False


class ElementSnapshot(Part):
    """An element of the plan as it stands (§4)."""

    element: Address
    version: int
    under: Address | None = None
    unit: Line | None = None
    """The unit that added it."""
    ended: dict[str, Any] | None = None
    signed: dict[str, Any] | None = None
    fields: dict[str, Any] = Field(default_factory=dict)
    """Field → {value, version, sequence, by}."""


class Delning(Part):
    """``sip.delning``: an insats is shared from now on (LC-6)."""

    element: Address
    shared: Flag
    snapshot: ElementSnapshot | None = None
    """Set by the hub in the notice: the insats as it stands."""


class Las(Part):
    """``sip.las``: a document is signed, locked or unlocked (PR-5, C-53); a note is signed (CL)."""

    document: Annotated[
        str, Field(min_length=1, max_length=80, pattern=r"^[a-z]{1,15}(/[A-Za-z0-9][A-Za-z0-9.-]{0,63})?$")
    ]
    change: Literal["signerad", "last", "upplast"]


class GodkannandeStart(Part):
    """``sip.godkannande_start``: the plan is frozen, and every participating unit is asked to approve it (S-9)."""


class Godkannande(Part):
    """``sip.godkannande``: the plan is approved (P-10)."""

    approver: Code
    how: Code | None = None
    with_person: Flag | None = None
    show_1177: Flag | None = None
    show_1177_reason: Text | None = None
    plan_version: Version | None = None


class Upprattande(Part):
    """``sip.upprattande``: the next version of the plan is valid (P-10, P-11)."""

    kind: Literal["upprattad", "uppfoljd"]


class Uppfoljning(Part):
    """``sip.uppfoljning``: how it has gone (P-12)."""

    activate: Flag = False
    items: tuple[FollowedUp, ...] = Field(default=(), max_length=50)


class Uppdatering(Part):
    """``sip.uppdatering``: the next version is begun (S-11, P-11)."""

    document: Literal["plan", "kartlaggning"] = "plan"
    reason: Text | None = None
    confirmed: Flag = False


class Utvardering(Part):
    """``sip.utvardering``: the evaluation before the end (P-13)."""

    date: Day | None = None
    summary: Text | None = None
    goals: tuple[GoalEvaluated, ...] = Field(default=(), max_length=50)


class Avslut(Part):
    """``sip.avslut``: the case, or in CL the plan, has ended (S-12, P-14)."""

    what: Literal["plan", "arende"] | None = None
    reason: Text | None = None
    at_persons_wish: Flag | None = None
    confirmed: Flag | None = None


class Aterstallning(Part):
    """``sip.aterstallning``: a sub-goal or insats that was ended by mistake is open again (P-18)."""

    element: Address
    reason: Text


# --- from the hub -----------------------------------------------------------------------------------------------------


class PlanSnapshot(Part):
    """The plan as it stands, or stood in a version (§4)."""

    document: Literal["plan"] = "plan"
    version: int
    current: bool
    state: Code
    elements: tuple[ElementSnapshot, ...] = ()


class Lage(Part):
    """``sip.lage``, from the hub: the case as it stands, for units that come in (E-8)."""

    units: tuple[KnownHsa, ...]
    case: dict[str, Any]
    documents: dict[str, Any] = Field(default_factory=dict)
    meetings: tuple[dict[str, Any], ...] = ()
    samordningsansvarig: dict[str, Any] | None = None
    plan: PlanSnapshot | None = None


class Koppling(Part):
    """``koppling``, from the hub: what has happened in a linked case of the other process (§9)."""

    case: CaseId
    process: Literal["svu", "sip"]
    news: Literal[
        "oppnad",
        "kallad",
        "kallelse_aterkallad",
        "avslutad",
        "utskrivningsklar",
        "avbruten",
        "utskriven",
        "utskrivning_angrad",
    ]
    at: datetime
