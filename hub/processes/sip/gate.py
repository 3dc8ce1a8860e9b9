"""What a SIP lets through: before consent, with a refused one, after one was lost, after the end (S-4, P-15, C-24). Imports the engine
and the shared guards only.
"""

from __future__ import annotations

from hub.processes.engine.case import Case
from hub.processes.engine.rule import Context, guard
from hub.processes.shared.gate import Gate, the_person_is_not_protected
from hub.processes.sip.state import sip, standing_meetings, takes_full_part

TO_THE_END = frozenset({"open", "ended"})
CONSENTS = frozenset({"given", "menprovning"})
"""Outcomes with which the SIP goes on (C-21, C-22)."""


def _was_lost(s: Context) -> bool:
    """A consent was registered and withdrawn, or has run out, or was refused when others had come in."""
    consent = s.case.consent()
    if consent.outcome == "refused":
        return others_know(s.case)
    return consent.outcome is None and consent.registered_until is not None


def others_know(case: Case) -> bool:
    """Whether the case is known outside the opener's unit: to all who take part, or to those called to an aktorsmote."""
    return case.published or any(True for _ in standing_meetings(case))


@guard(
    "S-4",
    sv="Samtycke är inte registrerat: bara information, samtycke, utskrift och makulering av ärendet tas emot.",
    en="No consent is registered: only information, samtycke, printing and the revoking of the case are accepted.",
    element="/type",
    early="consent",
)
def consent_is_registered(s: Context) -> bool:
    return s.case.samtycke is not None or _was_lost(s)


@guard(
    "S-4",
    sv="Samtycke är nekat: det blir ingen SIP. Registrera ett nytt samtycke, eller makulera ärendet.",
    en="Consent is refused: there is no SIP. Register a new samtycke, or revoke the case.",
    element="/type",
)
def consent_is_not_refused(s: Context) -> bool:
    return s.case.samtycke != "refused" or _was_lost(s)


@guard(
    "P-15",
    sv="Samtycket är återkallat eller har upphört: registrera ett nytt samtycke, eller avsluta SIP:en.",
    en="The consent is withdrawn or has expired: register a new samtycke, or end the SIP.",
    element="/type",
)
def consent_stands(s: Context) -> bool:
    return not _was_lost(s)


def may_tell_others_more(s: Context) -> bool:
    """LC: whether the consent to the transfer of information stands; elsewhere the one consent is both."""
    return not s.profile.sharing_kind or s.case.consent(s.profile.sharing_kind).outcome in CONSENTS


@guard(
    "P-15",
    sv="Samtycke till informationsöverföring är inte registrerat. Registrera ett samtycke av det slaget.",
    en="No consent to the transfer of information is registered. Register one of that kind.",
    element="/type",
    early="consent",
)
def the_transfer_is_registered(s: Context) -> bool:
    consent = s.case.consent(s.profile.sharing_kind)
    return consent.outcome is not None or consent.registered_until is not None


@guard(
    "P-15",
    sv="Samtycke till informationsöverföring saknas: inget nytt kan berättas för andra. Registrera ett samtycke av det slaget.",
    en="There is no consent to the transfer of information: nothing new can be told others. Register one of that kind.",
    element="/type",
)
def the_transfer_is_allowed(s: Context) -> bool:
    return may_tell_others_more(s)


@guard(
    "P-1",
    sv="Initiativet är inte sänt. Sänd sip.initiativ med send true först.",
    en="The initiativ is not sent. Send sip.initiativ with send true first.",
    element="/type",
)
def the_initiativ_is_sent(s: Context) -> bool:
    return sip(s.case).sent or not s.profile.receivers_answer


@guard(
    "P-2",
    sv="Enheten har inte svarat på initiativet: svara med sip.svar först.",
    en="The unit has not answered the initiativ: answer by sip.svar first.",
    element="/source",
)
def the_unit_has_answered(s: Context) -> bool:
    return takes_full_part(s.case, s.unit)


CONSENT = (the_person_is_not_protected, consent_is_registered, consent_is_not_refused, consent_stands)
"""What must hold before the SIP is worked on."""
SHARING = (*CONSENT, the_initiativ_is_sent, the_transfer_is_registered, the_transfer_is_allowed)
"""What must hold before others are told something new."""


@guard(
    "P-14",
    sv="SIP:en är avslutad: bara läsning och utskrift tas emot. Öppna en ny med sip.initiativ.",
    en="The SIP has ended: only reading and printing are accepted. Open a new one with sip.initiativ.",
    element="/subject",
)
def the_sip_goes_on(s: Context) -> bool:
    return s.case.status == "open"


GATE = Gate((the_unit_has_answered, *SHARING), consent_is_not_refused, the_sip_goes_on, TO_THE_END)
