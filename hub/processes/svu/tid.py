"""The time of discharge: estimated, then utskrivningsklar, and its interruption (V-8 to V-10). Imports the engine and
the shared rules only.
"""

from __future__ import annotations

from hub.processes.engine.rule import Context, Rule, guard
from hub.processes.shared.audience import SLUTENVARD, everyone_else, step_told, those_of, with_duty
from hub.processes.shared.koppling import tell_linked
from hub.processes.svu.gate import SHARING
from hub.processes.svu.state import svu
from schemas.messages import Question
from schemas.swedish_time import local_day


def told_anew(s: Context) -> None:
    """V-8 to V-10: oppenvard and kommun acknowledge what holds now."""
    step_told(s, "tid", "kvittera", with_duty(s, those_of(s, "oppenvard", "kommun"), "tid", "kvittera"))


def ask_about_physician(s: Context, physician: str) -> None:
    """C-3, V-9: HSA is asked afterwards whether the person named is a physician; the outcome is told."""
    s.asks.append(
        Question(question="verifiering", actor=physician, role="lakare", unit=s.unit, concerns="responsible_physician")
    )


@guard(
    "V-10",
    sv="Patienten är utskrivningsklar: ändra eller avbryt med svu.utskrivningsklar_avbruten.",
    en="The patient is ready for discharge: move or interrupt that with svu.utskrivningsklar_avbruten.",
    element="/type",
)
def not_utskrivningsklar(s: Context) -> bool:
    return "klar" not in svu(s.case).dates


@guard(
    "V-10",
    sv="Patienten är inte utskrivningsklar: det finns inget att avbryta.",
    en="The patient is not ready for discharge: there is nothing to interrupt.",
    element="/type",
)
def utskrivningsklar(s: Context) -> bool:
    return "klar" in svu(s.case).dates


@guard(
    "V-10",
    sv="Ange date och responsible_physician tillsammans, eller ingen av dem.",
    en="Give date and responsible_physician together, or neither.",
    element="/data/responsible_physician",
)
def a_new_date_has_a_physician(s: Context) -> bool:
    return (s.data.date is None) == (s.data.responsible_physician is None)


def _warn_of_the_past(s: Context) -> None:
    if s.data.date < local_day(s.now):
        s.warnings.append("date-has-been")


def estimate(s: Context) -> None:
    _warn_of_the_past(s)
    s.emit("estimated", date=s.data.date.isoformat())
    told_anew(s)


def _ready(s: Context) -> None:
    """V-18: the law's clock starts from this notice."""
    this = {"source": s.message.source, "message": s.message.id}
    physician = s.data.responsible_physician
    s.emit("klar", date=s.data.date.isoformat(), physician=physician, at=s.at, **this)
    ask_about_physician(s, physician)
    told_anew(s)
    tell_linked(s, "utskrivningsklar")


def ready(s: Context) -> None:
    if s.data.placement is not None:
        s.emit("placed", **s.data.placement.model_dump())
    _ready(s)


def interrupt(s: Context) -> None:
    """V-10: the clock stops; with a new date it is a new notice, without one the last estimate stands again."""
    s.emit("klar_ended", at=s.at)
    if s.data.date is None:
        told_anew(s)
        tell_linked(s, "avbruten")
    else:
        _ready(s)


TID = (
    Rule(
        "svu.beraknad_utskrivning",
        SLUTENVARD,
        ("V-8",),
        (estimate,),
        everyone_else,
        guards=(*SHARING, not_utskrivningsklar),
        writes=("tid",),
    ),
    Rule(
        "svu.utskrivningsklar",
        SLUTENVARD,
        ("V-9", "V-18"),
        (ready,),
        everyone_else,
        guards=(*SHARING, not_utskrivningsklar),
        writes=("tid",),
    ),
    Rule(
        "svu.utskrivningsklar_avbruten",
        SLUTENVARD,
        ("V-10", "V-18"),
        (interrupt,),
        everyone_else,
        guards=(*SHARING, utskrivningsklar),
        writes=("tid",),
        checks=(a_new_date_has_a_physician,),
    ),
)
