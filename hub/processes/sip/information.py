"""What the person was told before consent (C-20, P-22). Imports the engine and the shared rules only."""

from __future__ import annotations

from hub.processes.engine.rule import Context, Fault, Rule, guard
from hub.processes.shared.audience import ALL_PARTIES, everyone_else
from hub.processes.shared.consent import (
    brings_everything,
    inform,
    no_information_has_a_reason,
    replaces_information,
)
from hub.processes.shared.gate import the_person_is_not_protected
from hub.processes.sip.audience import a_ward_of_the_region


@guard(
    "P-22",
    sv="Information registreras inte i ärendets region. Registrera samtycke.",
    en="The region of the case registers no information. Register samtycke.",
    element="/type",
)
def information_exists_here(s: Context) -> bool | Fault:
    if s.profile.information_before_consent or s.profile.information_is_registered:
        return True
    return False if s.message.name == s.name else Fault("/data")  # it rides in an initiativ


@guard(
    "C-60",
    sv="En SIP öppnas med sip.initiativ: utelämna patient.",
    en="A SIP is opened by sip.initiativ: leave out patient.",
    element="/data/patient",
)
def it_opens_nothing(s: Context) -> bool:
    return s.data.patient is None


INFORMATION = Rule(
    "information",
    ALL_PARTIES,
    ("C-20", "P-22"),
    (inform,),
    everyone_else,
    guards=(information_exists_here, the_person_is_not_protected),
    checks=(it_opens_nothing, no_information_has_a_reason),
    from_outside=a_ward_of_the_region,
    brings=brings_everything,
    replaces=replaces_information,
    shown_narrowly=True,
)
