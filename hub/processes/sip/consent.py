"""Consent in a SIP: its kinds, what it opens and what ends with it (C-21 to C-25, P-15, S-4). Imports the engine and the shared rules
only.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hub.processes.engine.rule import Context, Fault, Rule, codes, guard
from hub.processes.shared.audience import ALL_PARTIES, everyone_else
from hub.processes.shared.consent import aterkallelse, samtycke, that_kind_is_registered
from hub.processes.sip.audience import a_ward_of_the_region, publish, the_whole_plan
from hub.processes.sip.end import end_by_itself
from hub.processes.sip.gate import CONSENTS
from hub.processes.sip.who import senders
from schemas.parts import Samtycke
from schemas.swedish_time import local_day

_YEAR = timedelta(days=365)


def consent_kind(data: Any) -> str:
    """The kind that a samtycke or an aterkallelse is about; LC's withdrawal without kind is that of the SIP."""
    return str(data.kind or "")


@guard(
    "C-21",
    sv="Ange kind. I ärendets region finns: {codes}.",
    en="Give kind. The region of the case has: {codes}.",
    element="/data/kind",
)
def the_kind_exists_here(s: Context) -> bool | Fault:
    known = s.profile.consent_kinds
    return consent_kind(s.data) in known or Fault(codes=codes(kind or "(ingen)" for kind in known))


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


def open_the_case(s: Context) -> None:
    """A consent makes the case known where the region has it so; menprovning opens it with a warning (C-22)."""
    if s.data.outcome == "menprovning":
        s.warnings.append("lag-4-2")
    opened = bool(s.case.opened_by)  # inside an initiativ the opening itself makes the case known
    if opened and s.profile.known_from == "consent" and s.data.outcome in CONSENTS:
        publish(s)


def end_with_the_consent(s: Context) -> None:
    """P-15: in some regions the SIP ends by itself with the consent."""
    if consent_kind(s.data) in s.profile.consent_ends:
        end_by_itself(s, "P-15")


def in_the_regions_words(s: Context) -> Samtycke:
    """The consent with the region's defaults (SA-3)."""
    data: Samtycke = s.data
    if s.profile.consent_lasts_a_year and data.outcome == "given" and data.valid_to is None:
        return data.model_copy(update={"valid_to": (data.valid_from or local_day(s.now)) + _YEAR})
    return data


def take_the_defaults(s: Context) -> None:
    s.data = in_the_regions_words(s)


_SHARED = samtycke(ALL_PARTIES)
_WITHDRAWAL = aterkallelse(ALL_PARTIES, that_kind_is_registered)
SAMTYCKE: Rule = replace(
    _SHARED,
    rules=(*_SHARED.rules, "S-4"),
    effects=(take_the_defaults, *_SHARED.effects, open_the_case),
    guards=(*senders("samtycke", "C-21"), *_SHARED.guards),
    checks=(the_kind_exists_here, *_SHARED.checks, it_says_what_whom_and_how_long),
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
