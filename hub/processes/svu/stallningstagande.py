"""The position statement: three parts, klarmarkering, the answer on SIP, and the rows of them all (V-12 to V-15). Imports
the justering and the common rows only.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from pydantic_core import to_json

from hub.processes.engine.rule import Context, Fault, Rule, codes, guard
from hub.processes.shared.audience import ALL_PARTIES, OPPENVARD, SLUTENVARD, everyone_else, those_of
from hub.processes.svu.disclosure import shows_who_calls
from hub.processes.svu.gate import SHARING
from hub.processes.svu.justering import (
    REQUIRED,
    STEP,
    adjust,
    await_justering,
    done,
    fully_adjusted,
    has_adjusted,
    is_complete,
    its_justering_is_awaited,
    kommuns_part_is_complete,
    oppenvard_approves,
    oppenvard_has_not_said_no,
    oppenvards_part_is_complete,
    the_role_may_adjust,
    the_ward_is_ready,
)
from hub.processes.svu.state import svu
from hub.processes.svu.tid import ask_about_physician

# --- the parts --------------------------------------------------------------------------------------------------------


@guard(
    "V-12",
    sv="Skriv den egna partens del, och bara den.",
    en="Write your own party's part, and that alone.",
    element="/data",
)
def it_is_ones_own_part(s: Context) -> bool:
    written = {name for name in REQUIRED if (part := getattr(s.data, name)) and part.model_dump(exclude_none=True)}
    named = {name for name in REQUIRED if getattr(s.data, name) is not None}
    return written == named == {s.party}


@guard(
    "V-12",
    sv="Slutenvården har inte klarmarkerat sin del ännu.",
    en="Inpatient care has not marked its part as ready yet.",
    element="/type",
)
def the_wards_part_comes_first(s: Context) -> bool:
    return s.party == "slutenvard" or svu(s.case).klarmarkerad


@guard(
    "V-15",
    sv="Ställningstagandet är slutjusterat: bara slutenvården kan bryta det.",
    en="The stallningstagande is fully adjusted: only inpatient care can break it.",
    element="/type",
)
def only_the_ward_breaks_what_all_adjusted(s: Context) -> bool:
    return s.party == "slutenvard" or not fully_adjusted(s)


@guard(
    "V-12",
    sv="Okänd kod för ställningstagande till SIP. Koderna är: {codes}.",
    en="Unknown code for the position on SIP. The codes are: {codes}.",
    element="/data/slutenvard/sip_position",
)
def the_position_is_known(s: Context) -> bool | Fault:
    code = None if s.data.slutenvard is None else s.data.slutenvard.sip_position
    return code is None or code in s.profile.sip_positions or Fault(codes=codes(s.profile.sip_positions))


def _fingerprint(value: Any) -> str:
    """By which the same words are known again."""
    return blake2b(to_json(value), digest_size=12).hexdigest()


def write_part(s: Context) -> None:
    """V-15: a change by a party that has itself adjusted removes every justering; the ward's own edit removes its
    klarmarkering. The same words again change nothing and break nothing.
    """
    part, document = getattr(s.data, s.party), f"{STEP}.{s.party}"
    stands = svu(s.case).fields.get(document, {})
    changed = False
    for name in part.model_fields_set:
        value = getattr(part, name)
        if value is None or (name in stands and stands[name][4:] == [_fingerprint(value)]):
            continue
        changed = True
        complete = not getattr(value, "needed", False) or value.description is not None
        s.emit("wrote", document=document, field=name, unit=s.unit, complete=complete, words=_fingerprint(value))
        if name == "sip_position":
            s.emit("positioned", code=value, at=s.at)
        elif name.startswith("responsible_physician"):
            for physician in (value,) if isinstance(value, str) else value:
                ask_about_physician(s, physician)
    if not changed:
        return
    broken = has_adjusted(s, s.party)
    if s.party == "slutenvard":
        s.emit("marked", ready=False)
    if broken or s.party == "slutenvard":
        await_justering(s, {} if broken else done(s))


# --- klarmarkering ----------------------------------------------------------------------------------------------------


@guard(
    "V-12",
    sv="Slutenvårdens del är redan klarmarkerad.",
    en="Inpatient care's part is marked as ready already.",
    element="/type",
)
def not_marked_yet(s: Context) -> bool:
    return not svu(s.case).klarmarkerad


@guard(
    "V-12",
    sv="Fyll i patient_opinion, egenvard, forbrukningsmaterial (beskrivning vid ja), responsible_physician och sip_position.",
    en="Fill in patient_opinion, egenvard, forbrukningsmaterial (description on yes), responsible_physician, sip_position.",
    element="/data",
)
def the_wards_part_is_complete(s: Context) -> bool:
    return is_complete(s, "slutenvard")


def mark_ready(s: Context) -> None:
    s.emit("marked", ready=True)
    await_justering(s, done(s))


# --- the answer on SIP ------------------------------------------------------------------------------------------------


@guard(
    "V-13",
    sv="Efter ett nej svarar öppenvården på nytt först när varje slutenvårdsenhet har justerat igen.",
    en="After a no, outpatient care answers anew only when every unit of inpatient care has adjusted again.",
    element="/type",
)
def after_a_no_the_ward_adjusts_first(s: Context) -> bool:
    awaited = s.case.awaited.get(STEP)
    adjusts = awaited is not None and not set(awaited.by).isdisjoint(those_of(s, "slutenvard"))
    return svu(s.case).sip_approved is not False or not adjusts


def answer_on_sip(s: Context) -> None:
    """V-13: a no removes every justering; a yes lets outpatient care adjust."""
    before = svu(s.case).sip_approved
    s.emit("sip_answered", approves=s.data.approves)
    if not s.data.approves:
        await_justering(s, {})
    elif before is False:
        await_justering(s, done(s))


STALLNINGSTAGANDE = (
    Rule(
        "svu.stallningstagande",
        ALL_PARTIES,
        ("V-12", "V-13", "V-14", "V-15"),
        (write_part,),
        everyone_else,
        guards=(*SHARING, the_wards_part_comes_first, only_the_ward_breaks_what_all_adjusted),
        checks=(it_is_ones_own_part, the_position_is_known),
        writes=(STEP,),
    ),
    Rule(
        "svu.klarmarkering",
        SLUTENVARD,
        ("V-12",),
        (mark_ready,),
        everyone_else,
        guards=(*SHARING, not_marked_yet, the_wards_part_is_complete),
        writes=(STEP,),
    ),
    Rule(
        "svu.sip_stallning",
        OPPENVARD,
        ("V-13",),
        (answer_on_sip,),
        everyone_else,
        guards=(*SHARING, the_ward_is_ready, only_the_ward_breaks_what_all_adjusted, after_a_no_the_ward_adjusts_first),
        writes=(STEP,),
        shows=shows_who_calls,
    ),
    Rule(
        "svu.justering",
        ALL_PARTIES,
        ("V-15", "V-13", "V-14"),
        (adjust,),
        everyone_else,
        guards=(
            *SHARING,
            the_ward_is_ready,
            oppenvard_has_not_said_no,
            its_justering_is_awaited,
            oppenvard_approves,
            oppenvards_part_is_complete,
            kommuns_part_is_complete,
        ),
        checks=(the_role_may_adjust,),
    ),
)
