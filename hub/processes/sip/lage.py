"""The SIP as it stands, in one shape for the notice to units that come in (``sip.lage``, E-8) and for the view of the plan (§4). Pure;
imports the case and the language only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.element import Element
from hub.processes.engine.rule import HUB_PARTY, Context, Rule
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.shared.participants import note_catch_up
from hub.processes.sip.disclosure import shows_element, visible
from hub.processes.sip.document_words import words_of
from hub.processes.sip.element_events import PLAN, is_current, kind_of
from hub.processes.sip.protected import lage_shown, without_contacts
from hub.processes.sip.state import awaits_its_answer, sip, standing_meetings
from schemas.sip import ElementSnapshot, Lage, PlanSnapshot

_MEETING_BOOKKEEPING = frozenset({"source", "message", "answers", "written", "held_at", "held_in", "changed"})


def snapshot(one: Element) -> ElementSnapshot:
    """An element as it stands."""
    state = one.state
    return ElementSnapshot(
        element=one.address,
        version=one.version,
        under=state.get("under", None if one.address == PLAN else PLAN),
        unit=None if one.address == PLAN else state.get("unit"),
        ended=written_by(state.get("ended")),
        signed=written_by(state.get("signed")),
        fields={name: field_snapshot(written) for name, written in state["fields"].items() if written[0] is not None},
    )


def field_snapshot(written: Sequence[Any]) -> dict[str, Any]:
    """A field as an element keeps it, as views and notices show it: value, version, sequence and by whom."""
    value, version, sequence, unit, actor, time = written
    return {
        "value": value,
        "version": version,
        "sequence": sequence,
        "by": {"unit": unit, "actor": actor, "time": time},
    }


def written_by(written: Sequence[Any] | None) -> dict[str, Any] | None:
    """Who did something to an element, as views and notices show it; None where nobody did."""
    if written is None:
        return None
    sequence, unit, actor, time = written
    return {"sequence": sequence, "unit": unit, "actor": actor, "time": time}


def in_order(case: Case, elements: Iterable[Element]) -> list[Element]:
    """Elements of the plan in the order shown: kind by kind, and in a kind in the order in which they were added."""
    order = {kind: number for number, kind in enumerate(SIP_PROFILES[case.profile].elements)}
    return sorted(elements, key=lambda one: (order[kind_of(one.address)], one.state["since"], one.address))


def shown_parts(case: Case, units: Iterable[str], seen: Case) -> list[Element]:
    """The elements of the plan as ``seen`` holds them, in the version that is current there, that all of these units may see, in order;
    with protected identity without the people around the person (C-62).
    """
    profile = SIP_PROFILES[case.profile]
    found = [
        one
        for one in seen.elements.values()
        if kind_of(one.address) in profile.elements
        and is_current(seen, one, carries_over=profile.carries_over)
        and all(shows_element(case, unit, one) for unit in units)
    ]
    if case.blocked:
        found = [_without_contacts(one) for one in found]
    return in_order(case, found)


def _without_contacts(one: Element) -> Element:
    fields = one.state["fields"]
    kept = without_contacts(one.address, {name: written[0] for name, written in fields.items()})
    return replace(one, state={**one.state, "fields": {name: fields[name] for name in kept}})


def plan_of(elements: Iterable[Element], *, version: int, current: bool, state: str) -> PlanSnapshot:
    """A version of the plan, of its elements in order."""
    return PlanSnapshot(
        version=version, current=current, state=state, elements=tuple(snapshot(one) for one in elements)
    )


def current_plan(case: Case, units: Iterable[str]) -> PlanSnapshot:
    """The plan's current version as all of these units may see it; the case's elements are loaded."""
    own = sip(case)
    return plan_of(shown_parts(case, units, case), version=own.version, current=True, state=own.state)


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
