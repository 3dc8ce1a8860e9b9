"""The person and people around it in a SIP: outsiders, a death (C-15, C-63, P-16, PR-6). Imports the engine and the shared rules only."""

from __future__ import annotations

from dataclasses import replace

from hub.processes.engine.rule import Context, Fault, Rule, guard
from hub.processes.shared.kvittens import kvittens
from hub.processes.shared.meddelande import felsant, meddelande
from hub.processes.shared.people import people
from hub.processes.sip.audience import a_ward_of_the_region
from hub.processes.sip.end import end_by_itself
from hub.processes.sip.gate import CONSENT, GATE, the_unit_has_answered
from hub.processes.sip.state import awaits_its_answer, is_locked


def name_outsiders(s: Context) -> None:
    """The names that the plan's responsible and a meeting's rows may point to."""
    s.emit("outsiders_named", people={one.name: one.person_objects for one in s.data.people})


def end_with_the_death(s: Context) -> None:
    """P-16: in some regions the SIP ends by itself when a participant registers the death."""
    if s.profile.death_ends:
        end_by_itself(s, "P-16")


@guard(
    "PR-6",
    sv="Utvärderingen är låst: inga fler meddelanden tas emot.",
    en="The evaluation is locked: no more messages are accepted.",
    element="/type",
)
def the_evaluation_is_not_locked(s: Context) -> bool:
    return not is_locked(s.case, "utvardering")


@guard(
    "P-2",
    sv="En mottagare har inte svarat på initiativet, och får inga meddelanden före sitt svar.",
    en="A receiver has not answered the initiativ, and gets no messages before its answer.",
    element="/data/receivers",
)
def the_receivers_have_answered(s: Context) -> bool | Fault:
    for number, unit in enumerate(s.data.receivers or ()):
        if awaits_its_answer(s.case, unit):
            return Fault(f"/data/receivers/{number}")
    return True


_BY_NAME = {rule.message: rule for rule in people(GATE)}
_NARSTAENDE, _AVLIDEN, _KONTAKT, _UPPSLAG = (
    _BY_NAME.pop(name) for name in ("narstaende", "avliden", "kontakt", "uppslag")
)
_MEDDELANDE = meddelande(GATE)
_KVITTENS = kvittens(GATE, "S-5", "P-3")
PEOPLE: tuple[Rule, ...] = (
    replace(_NARSTAENDE, effects=(*_NARSTAENDE.effects, name_outsiders), from_outside=a_ward_of_the_region),
    replace(
        _AVLIDEN,
        rules=("C-63", "P-16"),
        effects=(*_AVLIDEN.effects, end_with_the_death),
        guards=(GATE.still_listed,),
        from_outside=a_ward_of_the_region,
    ),
    replace(_KONTAKT, from_outside=a_ward_of_the_region),
    replace(_UPPSLAG, guards=CONSENT, from_outside=a_ward_of_the_region),
    *_BY_NAME.values(),
    replace(
        _MEDDELANDE,
        rules=(*_MEDDELANDE.rules, "PR-6"),
        guards=(*_MEDDELANDE.guards, the_evaluation_is_not_locked),
        checks=(*_MEDDELANDE.checks, the_receivers_have_answered),
        from_outside=a_ward_of_the_region,
    ),
    replace(felsant(GATE), guards=(GATE.still_listed,)),
    replace(_KVITTENS, guards=(*_KVITTENS.guards, the_unit_has_answered)),
)
