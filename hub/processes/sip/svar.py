"""What a receiver answers to the initiativ (P-2). Imports the engine and the shared rules only."""

from __future__ import annotations

from hub.processes.engine.rule import Context, Rule, guard
from hub.processes.shared.audience import ALL_PARTIES
from hub.processes.shared.disclosure import knows
from hub.processes.sip.audience import the_whole_plan
from hub.processes.sip.fields import cells
from hub.processes.sip.gate import CONSENT
from hub.processes.sip.initiativ import STEP
from hub.processes.sip.state import takes_full_part
from hub.processes.sip.who import senders


@guard(
    "P-2",
    sv="En annan enhet föreslås bara med ett nej, och den finns i katalogen.",
    en="Another unit is suggested with a no only, and is in the directory.",
    element="/data/suggested_unit",
)
def a_suggestion_comes_with_a_no(s: Context) -> bool:
    suggested = s.data.suggested_unit
    return suggested is None or (not s.data.accepts and suggested in s.directory.unit_by_hsa)


@guard(
    "P-15",
    sv="Samtycket gäller inte: bara ett nej tas emot.",
    en="The consent does not stand: only a no is accepted.",
    element="/data/accepts",
)
def a_yes_needs_consent(s: Context) -> bool:
    return not s.data.accepts or all(one.holds(s) for one in CONSENT)


def answer(s: Context) -> None:
    """A yes lets the unit in, and it is told how the case stands; a no takes it out of the case and its lists."""
    if (waiting := s.case.awaited.get(STEP)) is not None and s.unit in waiting.by:
        s.emit("acted", step=STEP, unit=s.unit, actor=s.message.actor, role=s.role, time=s.message.time.isoformat())
    if s.data.accepts:
        s.emit("accepted", unit=s.unit)
        s.joined.append(s.unit)
    else:
        s.emit("left", unit=s.unit)
        s.emit("declined", unit=s.unit)


def the_opener_and_those_who_accepted(s: Context) -> list[str]:
    return [u for u in s.case.participants if u != s.unit and takes_full_part(s.case, u) and knows(s.case, u)]


SVAR = Rule(
    "sip.svar",
    ALL_PARTIES,
    ("P-2",),
    (answer,),
    the_opener_and_those_who_accepted,
    guards=senders("sip.svar", "P-2"),
    checks=(*cells("sip.svar", "P-2"), a_suggestion_comes_with_a_no, a_yes_needs_consent),
    brings_units_in=True,
    touches=the_whole_plan,
)
