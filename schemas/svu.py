"""The bodies of SVU's own messages (messages.md §4). Imports the parts and the identity types only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SerializationInfo, SerializerFunctionWrapHandler, WrapSerializer

from schemas.identity_types import Hsa, Kommunkod
from schemas.moments import CANONICAL
from schemas.parts import CaseId, Code, Day, Flag, Information, Line, Moment, Part, Patient, Samtycke, Text, Version


class Placement(Part):
    """Law 2017:612 5:2: another municipality than that of folkbokforing decided the placement, and who says so."""

    municipality: Kommunkod
    stated_by: Line


class Inskrivning(Part):
    """``svu.inskrivning``: the admission notice (V-4, law 2017:612 2:1-2:3).

    May embed information and samtycke, so that an EHR pushes one message. A draft may lack any field (C-56).
    """

    patient: Patient | None = None
    admitted_at: Moment | None = None
    estimated_discharge: Day | None = None
    reason: Text | None = None
    information: Information | None = None
    samtycke: Samtycke | None = None
    placement: Placement | None = None
    sip: CaseId | None = None
    """The person's SIP with which the stay is linked (PR-13, sip-messages.md §9)."""
    draft: Flag = False


class BeraknadUtskrivning(Part):
    """``svu.beraknad_utskrivning``: the estimated day of discharge has changed, and why (V-8, law 2:4)."""

    date: Day
    reason: Text


class Utskrivningsklar(Part):
    """``svu.utskrivningsklar``: the treating physician has judged that inpatient care is no longer needed (V-9, 1:3)."""

    date: Day
    responsible_physician: Hsa
    placement: Placement | None = None


class UtskrivningsklarAvbruten(Part):
    """``svu.utskrivningsklar_avbruten``: interrupted, or moved to a new date with its physician (V-10)."""

    reason: Text
    date: Day | None = None
    responsible_physician: Hsa | None = None


class FastVardkontakt(Part):
    """``svu.fast_vardkontakt``: a named care contact of outpatient care (V-7). Person and unit name it together."""

    person: Hsa
    unit: Hsa
    change: Literal["utsedd", "andrad", "borttagen"] = "utsedd"
    kallelseansvarig: Flag = False
    responsibility: Line | None = None
    """Required unless the contact is kallelseansvarig: dialys, rehabilitering, psykiatri …"""


class Written(Part):
    """One field of the kartlaggning as it is written; ``version`` is the one it was written on, 0 for none."""

    text: Text | None = None
    choices: tuple[Code, ...] = Field(default=(), max_length=50)
    version: Version | None = None


def _in_order(fields: object, write: SerializerFunctionWrapHandler, info: SerializationInfo) -> object:
    """The fields in the order sent; by name when messages are compared, because their order has no meaning (D-2)."""
    if info.context is CANONICAL and isinstance(fields, dict):
        return write(dict(sorted(fields.items())))
    return write(fields)


class Kartlaggning(Part):
    """``svu.kartlaggning``: begun, or some of its fields written; each party its own half (V-11, C-51)."""

    start: Flag = False
    fields: Annotated[dict[Code, Written], WrapSerializer(_in_order)] = Field(default_factory=dict, max_length=50)


class YesNo(Part):
    """A yes or a no; the description is required on yes before the part is marked ready (V-12)."""

    needed: Flag
    description: Text | None = None


class SlutenvardsDel(Part):
    """The ward's part of the stallningstagande (V-12); what is left out stays as it was."""

    patient_opinion: Text | None = None
    egenvard: YesNo | None = None
    forbrukningsmaterial: YesNo | None = None
    responsible_physician: Hsa | None = None
    sip_position: Code | None = None


class OppenvardsDel(Part):
    """Outpatient care's part (V-13); whether it approves the position on SIP is a message of its own."""

    responsible_physicians: tuple[Hsa, ...] | None = Field(default=None, min_length=1, max_length=10)
    responsibility_division: Text | None = None


class KommunsDel(Part):
    """The municipality's part (V-14)."""

    planned_efforts: Text | None = None


class Stallningstagande(Part):
    """``svu.stallningstagande``: the sender's own part, or some fields of it (V-12 to V-15)."""

    slutenvard: SlutenvardsDel | None = None
    oppenvard: OppenvardsDel | None = None
    kommun: KommunsDel | None = None


class Klarmarkering(Part):
    """``svu.klarmarkering``: the ward's part is ready; the others' parts and every justering open (V-12)."""


class SipStallning(Part):
    """``svu.sip_stallning``: outpatient care approves the ward's position on SIP, or does not (V-13)."""

    approves: Flag
    comment: Text | None = None
    kallelseansvarig: Hsa | None = None
    """Set by the hub on a no: the contact who talks to the ward about it."""


class Justering(Part):
    """``svu.justering``: the unit signs the stallningstagande for its party (V-15)."""


class Utskrivning(Part):
    """``svu.utskrivning``: the person has left the ward (V-16)."""

    date: Day
    kind: Literal["utskrivning", "avslut_i_fortid"]
    discharged_to: Code | None = None
    ended_with: Code | None = None
    comment: Text | None = None
    confirmed: Flag = False
    """True: the sender knows that no fast vardkontakt is kallelseansvarig."""


class UtskrivningAngrad(Part):
    """``svu.utskrivning_angrad``: the discharge is undone, the case opens again (V-17)."""

    reason: Text | None = None
