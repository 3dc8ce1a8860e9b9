"""The coordinator of the SIP (S-6, P-21). Imports the engine and the shared rules only."""

from __future__ import annotations

from hub.processes.engine.rule import Context, Fault, Rule, codes, guard
from hub.processes.shared.audience import ALL_PARTIES, everyone_else, join
from hub.processes.shared.gate import the_person_is_not_protected
from hub.processes.shared.registers import STAFF
from hub.processes.sip.audience import a_ward_of_the_region, catch_up_those_who_now_know, the_whole_plan, who_know
from hub.processes.sip.fields import cells
from hub.processes.sip.gate import consent_is_not_refused, consent_is_registered, consent_stands
from hub.processes.sip.las import await_the_approval
from hub.processes.sip.state import sip
from hub.processes.sip.who import senders
from schemas.messages import Question
from schemas.sip import Samordningsansvarig
from schemas.sip_parts import NamedContact


def name_coordinator(s: Context, named: NamedContact | Samordningsansvarig, change: str) -> None:
    """The coordinator is another from now on, its unit takes part, and HSA is asked about the person afterwards."""
    said = named.model_dump(mode="json", exclude_none=True, include={"person", "phone", "email"})
    before = who_know(s)
    if named.unit not in s.case.participants:
        join(s, named.unit)
    s.emit("coordinator", change=change, unit=named.unit, **said)
    await_the_approval(s)
    catch_up_those_who_now_know(s, before)
    if named.person is not None and change != "borttagen":
        s.asks.append(
            Question(
                question="verifiering", actor=named.person, role=STAFF, unit=s.unit, concerns="samordningsansvarig"
            )
        )


@guard(
    "P-21",
    sv="Samordningsansvarigs enhet finns inte i katalogen. Sök den i katalogens träd.",
    en="The coordinator's unit is not in the directory. Look it up in the directory's tree.",
    element="/data/samordningsansvarig/unit",
)
def a_named_coordinators_unit_is_known(s: Context) -> bool:
    """Of the coordinator that an initiativ names; its unit comes in with it."""
    named = s.data.samordningsansvarig
    return named is None or named.unit in s.directory.unit_by_hsa


@guard(
    "P-21",
    sv="I ärendets region ändras samordningsansvarig med: {codes}.",
    en="In the region of the case the coordinator is changed by: {codes}.",
    element="/data/change",
)
def the_change_exists_here(s: Context) -> bool | Fault:
    known = s.profile.coordinator_changes
    return s.data.change in known or Fault(codes=codes(known))


@guard(
    "S-6",
    sv="Det finns redan en samordningsansvarig. Ta bort eller byt den först.",
    en="There is a coordinator already. Remove or change that one first.",
    element="/data/change",
)
def there_is_one_at_a_time(s: Context) -> bool:
    return s.data.change != "utsedd" or "person" not in sip(s.case).coordinator


@guard(
    "P-21",
    sv="Det finns ingen samordningsansvarig att byta eller ta bort.",
    en="There is no coordinator to change or remove.",
    element="/data/change",
)
def there_is_one_to_change(s: Context) -> bool:
    if s.data.change == "borttagen":
        registered = sip(s.case).coordinator
        return (registered.get("person"), registered.get("unit")) == (s.data.person, s.data.unit)
    return s.data.change == "utsedd" or bool(sip(s.case).coordinator)


@guard(
    "P-21",
    sv="Samordningsansvarigs enhet deltar inte i ärendet. Lägg till enheten med deltagare först.",
    en="The coordinator's unit takes no part in the case. Add the unit with deltagare first.",
    element="/data/unit",
)
def its_unit_takes_part(s: Context) -> bool:
    return s.data.unit in s.case.participants


@guard(
    "S-4",
    sv=consent_is_registered.sv,
    en=consent_is_registered.en,
    element="/type",
    early="consent",
)
def consent_is_registered_or_may_wait(s: Context) -> bool | Fault:
    """E-9: where the coordinator's unit obtains the consent, it is named before."""
    return s.profile.coordinator_before_consent or consent_is_registered.holds(s)


def change_coordinator(s: Context) -> None:
    name_coordinator(s, s.data, s.data.change)


SAMORDNINGSANSVARIG = Rule(
    "sip.samordningsansvarig",
    ALL_PARTIES,
    ("P-21", "S-6"),
    (change_coordinator,),
    everyone_else,
    guards=(
        *senders("sip.samordningsansvarig", "P-21"),
        the_person_is_not_protected,
        consent_is_registered_or_may_wait,
        consent_is_not_refused,
        consent_stands,
    ),
    checks=(
        *cells("sip.samordningsansvarig", "P-21"),
        the_change_exists_here,
        there_is_one_at_a_time,
        there_is_one_to_change,
        its_unit_takes_part,
    ),
    from_outside=a_ward_of_the_region,
    brings_units_in=True,
    touches=the_whole_plan,
)
