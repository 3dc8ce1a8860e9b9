"""The named care contact (V-7, law 2017:612 2:5). Imports the engine and the shared rules only."""

from __future__ import annotations

from typing import Any

from hub.processes.engine.rule import Context, Rule, guard
from hub.processes.shared.audience import OPPENVARD, everyone_else
from hub.processes.shared.registers import STAFF
from hub.processes.svu.gate import SHARING, TO_THE_END, on_the_start_list
from hub.processes.svu.state import svu
from schemas.messages import Question


def _changed(s: Context) -> dict[str, Any] | None:
    """The care contact that the message is about: of one person at several units that at the unit named, else the only
    one, who then changes unit (MP 5.7.1).
    """
    own = [v for v in svu(s.case).vardkontakter if v["person"] == s.data.person]
    there = [v for v in own if v["unit"] == s.data.unit]
    if not there and s.data.change == "andrad" and len(own) == 1:
        return own[0]
    return there[0] if there else None


@guard(
    "V-7",
    sv="Personen är redan fast vårdkontakt vid enheten: ändra med change andrad.",
    en="The person is named at the unit already: change it with change andrad.",
    element="/data/person",
)
def a_new_one_is_not_named_yet(s: Context) -> bool:
    return s.data.change != "utsedd" or _changed(s) is None


@guard(
    "V-7",
    sv="Personen är inte fast vårdkontakt vid enheten.",
    en="The person is not a named care contact at the unit.",
    element="/data/person",
)
def a_changed_one_is_named(s: Context) -> bool:
    return s.data.change == "utsedd" or _changed(s) is not None


@guard(
    "V-7",
    sv="En annan är redan kallelseansvarig: ändra den först.",
    en="Another is kallelseansvarig already: change that one first.",
    element="/data/kallelseansvarig",
)
def one_calls_at_most(s: Context) -> bool:
    if s.data.change == "borttagen" or not s.data.kallelseansvarig:
        return True
    this = _changed(s)
    return not any(v["kallelseansvarig"] and v != this for v in svu(s.case).vardkontakter)


@guard(
    "V-7",
    sv="Ange responsibility: den som inte är kallelseansvarig har ett angivet ansvar.",
    en="Give responsibility: one who is not kallelseansvarig has a stated responsibility.",
    element="/data/responsibility",
)
def one_who_does_not_call_answers_for_something(s: Context) -> bool:
    return s.data.change == "borttagen" or s.data.kallelseansvarig or s.data.responsibility is not None


@guard(
    "V-7",
    sv="Ange unit: en öppenvårdsenhet i katalogen, där personen är fast vårdkontakt.",
    en="Give unit: a unit of outpatient care in the directory, where the person is the named care contact.",
    element="/data/unit",
)
def the_unit_is_of_outpatient_care(s: Context) -> bool:
    unit = s.directory.unit_by_hsa.get(s.data.unit)
    return s.data.change == "borttagen" or (unit is not None and unit.party == "oppenvard")


def name_contact(s: Context) -> None:
    """V-7: HSA is asked afterwards whether it knows the person; the outcome is told."""
    before = _changed(s)
    if before is not None and before["unit"] != s.data.unit:
        s.emit("vardkontakt", change="borttagen", person=before["person"], unit=before["unit"], at=s.at)
    facts = {"kallelseansvarig": s.data.kallelseansvarig, "responsibility": s.data.responsibility}
    s.emit("vardkontakt", change=s.data.change, person=s.data.person, unit=s.data.unit, at=s.at, **facts)
    if s.data.change != "borttagen":
        asked = {"actor": s.data.person, "role": STAFF, "unit": s.unit, "concerns": "fast_vardkontakt"}
        s.asks.append(Question.model_validate({"question": "verifiering", **asked}))


VARDKONTAKT = (
    Rule(
        "svu.fast_vardkontakt",
        OPPENVARD,
        ("V-7",),
        (name_contact,),
        everyone_else,
        guards=(*SHARING, on_the_start_list),
        checks=(
            the_unit_is_of_outpatient_care,
            a_new_one_is_not_named_yet,
            a_changed_one_is_named,
            one_calls_at_most,
            one_who_does_not_call_answers_for_something,
        ),
        in_status=TO_THE_END,
    ),
)
