"""How a SIP ends: by an act, by itself with its consent or the person's death (S-12, P-14 to P-16). Imports the engine and the
shared rules only.
"""

from __future__ import annotations

from datetime import timedelta

from hub.processes.engine.rule import Context, Rule, guard
from hub.processes.shared.audience import ALL_PARTIES, everyone_else, step_told
from hub.processes.shared.koppling import tell_linked
from hub.processes.sip.audience import a_ward_of_the_region, move
from hub.processes.sip.fields import cells
from hub.processes.sip.gate import consent_is_not_refused, consent_is_registered, the_initiativ_is_sent
from hub.processes.sip.state import document, is_locked, sip
from hub.processes.sip.who import is_coordinating_unit, is_the_coordinator, senders

ENDED = "avslutad"


def end(s: Context, why: str | None = None) -> None:
    """The SIP has ended: its plan is closed as it stands, and nothing is awaited."""
    archived = s.now + timedelta(hours=s.profile.on_the_list_after_the_end)
    tell_linked(s, "avslutad")
    s.emit("sip_ended", at=s.at, archived=archived.isoformat(), **({"why": why} if why else {}))


def end_by_itself(s: Context, rule: str) -> None:
    """The SIP ends with something else that happened."""
    if s.case.status == "open":
        end(s, rule)


@guard(
    "P-14",
    sv="Bara den registrerade samordningsansvariga avslutar. Byt samordningsansvarig först.",
    en="Only the registered coordinator ends it. Change the coordinator first.",
    element="/actor",
)
def the_coordinator_ends_it(s: Context) -> bool:
    return not s.profile.coordinator_ends or is_the_coordinator(s)


@guard(
    "P-14",
    sv="Avslutet är slutgiltigt: inget kan ändras efteråt. Sänd med confirmed true.",
    en="The end is final: nothing can be changed afterwards. Send it with confirmed true.",
    element="/data/confirmed",
)
def it_is_confirmed(s: Context) -> bool:
    return "confirmed" not in s.profile.cells["sip.avslut"] or s.data.confirmed is True


@guard(
    "P-14",
    sv="Utvärderingen är inte låst. Lås den först, eller ange at_persons_wish och reason.",
    en="The evaluation is not locked. Lock it first, or give at_persons_wish and reason.",
    element="/data/at_persons_wish",
)
def it_is_evaluated_or_wished(s: Context) -> bool:
    if "at_persons_wish" not in s.profile.cells["sip.avslut"] or s.data.at_persons_wish:
        return True
    return is_locked(s.case, "utvardering")


@guard(
    "P-14",
    sv="Ange reason: varför SIP:en avslutas.",
    en="Give reason: why the SIP ends.",
    element="/data/reason",
)
def the_reason_is_given(s: Context) -> bool:
    needs = s.data.at_persons_wish or s.data.what == "plan"
    return s.data.reason is not None or not needs


@guard(
    "P-14",
    sv="En godkänd version av planen avslutas. Godkänn den först.",
    en="An approved version of the plan is ended. Approve it first.",
    element="/data/what",
)
def the_plan_to_end_is_approved(s: Context) -> bool:
    if s.data.what != "plan":
        return True
    own = sip(s.case)
    begun_by_mistake = own.state == "dokumenteras" and own.version > 1 and not own.living.get("anteckning")
    return own.state == "godkand" or begun_by_mistake


@guard(
    "P-14",
    sv="Ärendet avslutas när planen är avslutad, personen har avlidit eller ingen anteckning finns.",
    en="The case is ended when the plan has ended, the person has died or there is no note.",
    element="/data/what",
)
def nothing_goes_on(s: Context) -> bool:
    own = sip(s.case)
    if s.data.what != "arende" or s.case.deceased or own.state == "plan_avslutad":
        return True
    return own.version == 1 and not own.living.get("anteckning")


@guard(
    "P-14",
    sv="Ärendet avslutas av samordningsansvarigs enhet.",
    en="The case is ended by the coordinator's unit.",
    element="/source",
)
def the_coordinating_unit_ends_the_case(s: Context) -> bool:
    return s.data.what != "arende" or is_coordinating_unit(s)


def end_plan_or_case(s: Context) -> None:
    if s.data.what == "plan":
        move(s, "plan_avslutad")
        step_told(s, "plan", None, [])
        return
    if s.data.at_persons_wish and sip(s.case).locked_once and document(s.case, "utvardering").get("status") != "locked":
        s.warnings.append("utvardering-saknas")
    end(s)


AVSLUT = Rule(
    "sip.avslut",
    ALL_PARTIES,
    ("P-14", "S-12"),
    (end_plan_or_case,),
    everyone_else,
    guards=(*senders("sip.avslut", "P-14"), consent_is_registered, consent_is_not_refused, the_initiativ_is_sent),
    checks=(
        *cells("sip.avslut", "P-14"),
        the_coordinator_ends_it,
        it_is_evaluated_or_wished,
        the_reason_is_given,
        the_plan_to_end_is_approved,
        nothing_goes_on,
        the_coordinating_unit_ends_the_case,
        it_is_confirmed,
    ),
    from_outside=a_ward_of_the_region,
)
