"""Consent in a SIP: its kinds, what it opens and what ends with it (C-21 to C-25, P-15, S-4). Imports the engine and the shared rules
only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.rule import Context, Fault, Guard, Rule, codes, guard
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.shared.audience import ALL_PARTIES, everyone_else
from hub.processes.shared.consent import aterkallelse, samtycke, that_kind_is_registered
from hub.processes.sip.audience import (
    a_ward_of_the_region,
    catch_up_those_who_now_know,
    publish,
    the_whole_plan,
    who_know,
)
from hub.processes.sip.end import end_by_itself
from hub.processes.sip.gate import CONSENTS, others_know
from hub.processes.sip.minors import warn_without_guardian
from hub.processes.sip.state import coordinating_unit
from hub.processes.sip.who import senders
from schemas.envelope import Message
from schemas.parts import Samtycke
from schemas.swedish_time import local_day

THE_SIP = "sip"
"""What messages call the consent to the SIP itself, where there are several kinds."""


def consent_kind(data: Any) -> str:
    """The kind that a samtycke or an aterkallelse is about: without kind, that of the SIP itself."""
    return "" if data.kind in {None, THE_SIP} else str(data.kind)


@guard(
    "C-21",
    sv="Ange kind. I ärendets region finns: {codes}.",
    en="Give kind. The region of the case has: {codes}.",
    element="/data/kind",
)
def the_kind_exists_here(s: Context) -> bool | Fault:
    kinds = s.profile.consent_kinds
    known = [kind or THE_SIP for kind in kinds] if len(kinds) > 1 else [None]
    return s.data.kind in known or Fault(codes=codes(kind or "(ingen)" for kind in known))


@guard(
    "CL-1",
    sv="Ange scope (vad), holds_for eller others (vilka) och valid_to (hur länge): samtycket säger det i ärendets region.",
    en="Give scope (what), holds_for or others (whom) and valid_to (how long): the consent says so in the case's region.",
    element="/data",
)
def it_says_what_whom_and_how_long(s: Context) -> bool | Fault:
    if not s.profile.consent_says_all or s.data.outcome != "given":
        return True
    missing = [name for name in ("scope", "valid_to") if getattr(s.data, name) is None]
    if s.data.holds_for is None and s.data.others is None:
        missing.append("holds_for")
    return not missing or Fault(f"/data/{missing[0]}")


@guard(
    "E-9",
    sv="Samordningsansvarig utses före samtycket, i initiativet eller med sip.samordningsansvarig.",
    en="The coordinator is named before the consent, in the initiativ or by sip.samordningsansvarig.",
    element="/type",
)
def the_coordinator_comes_before_consent(s: Context) -> bool | Fault:
    if not s.profile.coordinator_before_consent or coordinator_to_be(s) is not None:
        return True
    return False if s.message.name == s.name else Fault("/data")  # it rides in an initiativ


def coordinator_to_be(s: Context) -> str | None:
    """The coordinator's unit, also where the initiativ that carries the consent names it."""
    named = getattr(s.message.data, "samordningsansvarig", None)
    return coordinating_unit(s.case) if named is None else str(named.unit)


def _in_the_initiativ(check: Guard) -> Guard:
    """The sender's guard, of a consent that may ride in the initiativ that names the coordinator."""

    def the_unit_may_register_it(s: Context) -> bool | Fault:
        return coordinator_to_be(s) == s.unit or check.holds(s)

    return replace(check, holds=the_unit_may_register_it) if check.name == "unit_may_send" else check


def open_the_case(s: Context) -> None:
    """A consent makes the case known where the region has it so; menprovning opens it with a warning (C-22)."""
    if s.data.outcome == "menprovning":
        s.warnings.append("lag-4-2")
    warn_without_guardian(s, local_day(s.now))
    opened = bool(s.case.opened_by)  # inside an initiativ the opening itself makes the case known
    if opened and s.profile.known_from == "consent" and s.data.outcome in CONSENTS:
        publish(s)


def end_with_the_consent(s: Context) -> None:
    """P-15: in some regions the SIP ends by itself with the consent."""
    if consent_kind(s.data) in s.profile.consent_ends:
        end_by_itself(s, "P-15")


def end_with_a_late_no(s: Context) -> None:
    """A consent that is refused when others have come in is as a withdrawn one (S-4, P-15)."""
    if s.data.outcome == "refused" and others_know(s.case):
        end_with_the_consent(s)


def in_the_regions_words(s: Context) -> Samtycke:
    """The consent with what the region's hub says: it holds for all parties of the SIP, and for a year where no end is given (SA-3)."""
    data: Samtycke = s.data
    if not s.profile.consent_of_all_parties or data.outcome != "given":
        return data
    parties = tuple(s.case.participants) or (s.unit,)
    until = data.valid_to or _a_year_after(data.valid_from or local_day(s.now))
    return data.model_copy(update={"holds_for": parties, "valid_to": until})


def _a_year_after(day: date) -> date:
    return day.replace(year=day.year + 1) if (day.month, day.day) != (2, 29) else date(day.year + 1, 2, 28)


def as_registered(message: Message, case: Case) -> Mapping[str, Any]:
    """A notice of the consent that stands shows what the hub has filled in (SA-3)."""
    data = message.data
    assert isinstance(data, Samtycke)
    stands = case.consent(consent_kind(data)).record
    said = data.model_dump(mode="json", exclude_none=True)
    if not SIP_PROFILES[case.profile].consent_of_all_parties or not said.items() <= stands.items():
        return {}
    whole = Samtycke.model_validate(stands)
    return {name: getattr(whole, name) for name in stands.keys() - said.keys()}


@guard(
    "C-23",
    sv="Samtycket gäller för alla parter i SIP:en, och hubben skriver vilka. Utelämna holds_for; ange andra i others.",
    en="The consent holds for all parties of the SIP, and the hub writes which. Leave out holds_for; give others in others.",
    element="/data/holds_for",
)
def the_hub_says_for_whom(s: Context) -> bool:
    return not s.profile.consent_of_all_parties or s.data.holds_for is None


def take_the_defaults(s: Context) -> None:
    s.data = in_the_regions_words(s)
    s.memo["knew"] = who_know(s)


def tell_who_may_know_now(s: Context) -> None:
    """The coordinator's unit hears of the case once the consent lets it be shared."""
    catch_up_those_who_now_know(s, s.memo["knew"])


_SHARED = samtycke(ALL_PARTIES)
_WITHDRAWAL = aterkallelse(ALL_PARTIES, that_kind_is_registered)
SAMTYCKE: Rule = replace(
    _SHARED,
    rules=(*_SHARED.rules, "S-4"),
    effects=(take_the_defaults, *_SHARED.effects, open_the_case, tell_who_may_know_now, end_with_a_late_no),
    guards=(
        the_coordinator_comes_before_consent,
        *(_in_the_initiativ(check) for check in senders("samtycke", "C-21")),
        *_SHARED.guards,
    ),
    checks=(the_kind_exists_here, *_SHARED.checks, it_says_what_whom_and_how_long, the_hub_says_for_whom),
    completes=as_registered,
    from_outside=a_ward_of_the_region,
    brings_units_in=True,
    touches=the_whole_plan,
)
ATERKALLELSE: Rule = replace(
    _WITHDRAWAL,
    rules=("C-24", "P-15"),
    effects=(*_WITHDRAWAL.effects, end_with_the_consent),
    guards=(*senders("samtycke", "C-21"), *_WITHDRAWAL.guards),
    tells=everyone_else,
    from_outside=a_ward_of_the_region,
)
