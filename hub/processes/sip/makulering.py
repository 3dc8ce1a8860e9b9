"""When a whole SIP can be revoked (S-13, P-15, PR-8). Imports the engine and the shared rules only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hub.processes.engine.rule import Context, Rule, guard
from hub.processes.shared.meddelande import makulering
from hub.processes.sip.audience import a_ward_of_the_region
from hub.processes.sip.call import ACTORS
from hub.processes.sip.element_events import kind_of
from hub.processes.sip.gate import GATE, TO_THE_END, others_know
from hub.processes.sip.state import sip
from hub.processes.sip.who import is_coordinating_unit, writer
from schemas.shared import Makulering


def _is_the_whole_case(s: Context) -> bool:
    return bool(s.data.case)


def _consent_was_withdrawn(s: Context) -> bool:
    consent = s.case.consent()
    return consent.outcome is None and consent.registered_until is not None


def _consent_is_refused(s: Context) -> bool:
    """S-4; refused when others had come in, it is as withdrawn."""
    return s.case.samtycke == "refused" and not others_know(s.case)


@guard(
    "S-13",
    sv="Kallelsen är sänd: SIP:en avslutas med sip.avslut i stället.",
    en="The call has been sent: the SIP ends by sip.avslut instead.",
    element="/data/case",
)
def it_has_not_gone_too_far(s: Context) -> bool:
    if not _is_the_whole_case(s) or _consent_is_refused(s):
        return True
    own = sip(s.case)
    withdrawn = s.profile.revoked_after_withdrawal and _consent_was_withdrawn(s)
    return withdrawn or (s.case.status == "open" and own.state in s.profile.revoked_in and not _was_called(s))


def _was_called(s: Context) -> bool:
    return any("sent" in one and one["kind"] != ACTORS for one in sip(s.case).meetings.values())


@guard(
    "S-13",
    sv="Ärendet tas bort av enheten som öppnade det, eller av samordningsansvarigs enhet, som regionen har det.",
    en="The case is removed by the unit that opened it, or by the coordinator's unit, as the region has it.",
    element="/source",
)
def who_may_remove_it(s: Context) -> bool:
    if not _is_the_whole_case(s):
        return True
    who = s.profile.revoked_by
    if who == "participant":
        return True
    if who == "coordinator_unit":
        return is_coordinating_unit(s) or (not sip(s.case).coordinator and s.unit == s.case.opened_by)
    return s.unit == s.case.opened_by


@guard(
    "P-14",
    sv="SIP:en är avslutad: meddelanden i den makuleras inte.",
    en="The SIP has ended: its messages are not revoked.",
    element="/data/message",
)
def messages_are_revoked_while_it_goes_on(s: Context) -> bool:
    return _is_the_whole_case(s) or s.case.status == "open"


def mark_the_notes(s: Context) -> None:
    """P-15: with the case every note is marked as revoked, one by one."""
    if not (s.profile.signs_notes and _is_the_whole_case(s)):
        return
    who = writer(s)
    for address, one in s.case.elements.items():
        if kind_of(address) == "anteckning" and not one.removed:
            s.emit("edited", element=address, change="makulerad", **who)


def the_notes(data: Makulering) -> Iterable[str]:
    return ("anteckning/",) if data.case else ()


_SHARED = makulering(
    GATE, ("S-13", "P-15"), (who_may_remove_it, it_has_not_gone_too_far, messages_are_revoked_while_it_goes_on)
)
MAKULERING: Rule = replace(
    _SHARED,
    effects=(mark_the_notes, *_SHARED.effects),
    touches=the_notes,
    guards=(),
    checks=tuple(one for one in _SHARED.checks if one.name != "without_consent_only_the_case"),
    in_status=TO_THE_END,
    from_outside=a_ward_of_the_region,
)
