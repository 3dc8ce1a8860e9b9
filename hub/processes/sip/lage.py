"""The SIP as it stands, in one shape for the notice to units that come in (``sip.lage``, E-8) and for the view of the plan (§4). Pure;
imports the case and the language only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.element import Element
from hub.processes.engine.rule import HUB_PARTY, Context, Rule
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.shared.participants import note_catch_up
from hub.processes.sip.disclosure import shows_element, visible
from hub.processes.sip.document_words import words_of
from hub.processes.sip.element_events import is_current, kind_of
from hub.processes.sip.protected import lage_shown
from hub.processes.sip.state import awaits_its_answer, sip, standing_meetings
from schemas.sip import ElementSnapshot, Lage, PlanSnapshot

_MEETING_BOOKKEEPING = frozenset({"source", "message", "answers", "written", "held_at", "held_in", "changed"})


def snapshot(one: Element) -> ElementSnapshot:
    """An element as it stands."""
    state = one.state
    return ElementSnapshot(
        element=one.address,
        version=one.version,
        under=state.get("under"),
        unit=state.get("unit"),
        ended=_who(state.get("ended")),
        signed=_who(state.get("signed")),
        fields={name: _written(written) for name, written in state["fields"].items() if written[0] is not None},
    )


def _written(written: Sequence[Any]) -> dict[str, Any]:
    value, version, sequence, unit, actor, time = written
    return {
        "value": value,
        "version": version,
        "sequence": sequence,
        "by": {"unit": unit, "actor": actor, "time": time},
    }


def _who(written: Sequence[Any] | None) -> dict[str, Any] | None:
    if written is None:
        return None
    sequence, unit, actor, time = written
    return {"sequence": sequence, "unit": unit, "actor": actor, "time": time}


def plan_of(case: Case, elements: Iterable[Element], *, version: int, current: bool, state: str) -> PlanSnapshot:
    """A version of the plan, of its elements in the order in which they were added."""
    order = {kind: number for number, kind in enumerate(SIP_PROFILES[case.profile].elements)}
    kept = [one for one in elements if kind_of(one.address) in order]
    kept.sort(key=lambda one: (order[kind_of(one.address)], one.state["since"], one.address))
    return PlanSnapshot(version=version, current=current, state=state, elements=tuple(snapshot(one) for one in kept))


def current_plan(case: Case, units: Iterable[str]) -> PlanSnapshot:
    """The plan's current version as all of these units may see it; the case's elements are loaded."""
    own, carries = sip(case), SIP_PROFILES[case.profile].carries_over
    shown = [
        one
        for one in case.elements.values()
        if kind_of(one.address) in SIP_PROFILES[case.profile].elements
        and is_current(case, one, carries_over=carries)
        and all(shows_element(case, unit, one) for unit in units)
    ]
    return plan_of(case, shown, version=own.version, current=True, state=own.state)


def meetings(case: Case) -> tuple[dict[str, Any], ...]:
    """The calls that stand, without the hub's bookkeeping."""
    return tuple(
        {"id": id_, **{name: value for name, value in one.items() if name not in _MEETING_BOOKKEEPING}}
        for id_, one in standing_meetings(case)
    )


def documents(case: Case) -> dict[str, Any]:
    """How the documents stand: status, holder, version, and per field its words with version, sequence and writer."""
    return {
        name: {
            **{key: value for key, value in one.items() if key in {"status", "unit"} and value is not None},
            "version": one.get("version", 1),
            "fields": {
                field: {"version": version, "sequence": sequence, **words_of(case, name, field)}
                for field, (version, sequence, _) in one.get("fields", {}).items()
            },
        }
        for name, one in sip(case).documents.items()
    }


def facts(case: Case) -> dict[str, Any]:
    """What a unit that comes in needs to know of the case."""
    own = sip(case)
    bookkeeping = {"source", "message", "sequence", "kind"}
    found: dict[str, Any] = {
        "status": case.status,
        "state": own.state,
        "kind": own.kind,
        "profile": case.profile,
        "person": dict(case.person),
        "opened_by": case.opened_by,
        "participants": sorted(case.participants),
        "initiativ": {name: value for name, value in own.initiativ.items() if name not in bookkeeping},
        "samtycke": {kind or "sip": dict(one.record) for kind, one in case.consents.items() if one.outcome is not None},
        "links": dict(case.links),
    }
    if case.information is not None:
        found["information"] = {"given": case.information, "reason": case.information_reason}
    return found


def catch_up(case: Case, units: Sequence[str]) -> tuple[str, Lage]:
    """E-8: one message for the units that come in, in place of those that made the state. Units that have not answered the initiativ
    are told of it and of the calls that name them (PR-2).
    """
    waiting = [unit for unit in units if awaits_its_answer(case, unit)]
    whole = case
    for unit in waiting:
        case = visible(case, unit)
    coordinator: Mapping[str, Any] = sip(case).coordinator
    return "sip.lage", Lage(
        units=tuple(units),
        case=facts(case),
        documents=documents(case),
        meetings=meetings(case),
        samordningsansvarig={name: value for name, value in coordinator.items() if name != "sequence"} or None,
        plan=None if waiting else current_plan(whole, units),
    )


def those_who_came_in(s: Context) -> list[str]:
    return [unit for unit in s.data.units if unit in s.case.participants]


LAGE = Rule(
    "sip.lage",
    frozenset({HUB_PARTY}),
    ("E-8", "C-10"),
    (note_catch_up,),
    those_who_came_in,
    in_status=frozenset({"open", "ended"}),
    shows=lage_shown,
)
