"""The steps of a case as one unit sees them (C-30): colours, each party none · partly · done, who may act and who has
acted. Pure; imports the rules and the language only.
"""

from __future__ import annotations

from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.process import law_of
from hub.processes.engine.unit_view import able, colours
from hub.views.rows import name_of
from schemas.directory import Directory

PARTIES = ("slutenvard", "oppenvard", "kommun")


def steps(case: Case, unit: str, directory: Directory) -> list[dict[str, Any]]:
    """In the order shown. A step that has not begun is grey, awaits nobody and no party has done anything."""
    seen = colours(case, unit, directory)
    return [
        _begun(case, step, standing, seen[step], directory)
        if (standing := case.steps.get(step)) is not None
        else {
            "step": step,
            "state": "grey",
            "colours": seen[step],
            "parties": dict.fromkeys(PARTIES, "none"),
            "units": [],
        }
        for step in law_of(case).steps
    ]


def _begun(
    case: Case, step: str, standing: dict[str, Any], seen: dict[str, str], directory: Directory
) -> dict[str, Any]:
    act = standing["act"]
    return {
        "step": step,
        "state": "blue" if act == "skriva" else "yellow" if law_of(case).still_awaits(case, standing) else "green",
        "colours": seen,
        "act": act,
        "message": standing["message"],
        "sequence": standing["sequence"],
        "at": standing["at"],
        "parties": {party: _party(case, step, standing, party) for party in PARTIES},
        "units": [_unit(case, step, standing, unit, directory) for unit in case.participants],
    }


def _party(case: Case, step: str, standing: dict[str, Any], party: str) -> str:
    """None · partly · done: a party is done when all its units are (C-2).

    One whose act nobody awaits is done when the step is, or when the step is its own message. In the kartlaggning, which
    is never done, a party that has written has done its part partly (V-11).
    """
    units = [unit for unit, participant in case.participants.items() if participant["party"] == party]
    if standing["act"] == "skriva":
        wrote = {unit for _, _, unit, *_ in case.fields.get(step, {}).values()}
        return "partly" if wrote.intersection(units) else "none"
    waits = [unit for unit in units if unit in standing["awaits"]]
    done = [unit for unit in units if unit in standing["done"]]
    if waits:
        return "partly" if done else "none"
    if done or not law_of(case).still_awaits(case, standing):
        return "done" if units else "none"
    sent = standing["source"].removeprefix("urn:hsa:") in units
    return "done" if sent and standing["act"] == "kvittera" else "none"


def _unit(case: Case, step: str, standing: dict[str, Any], unit: str, directory: Directory) -> dict[str, Any]:
    participant, act = case.participants[unit], standing["act"]
    done = standing["done"].get(unit)
    return {
        "unit": unit,
        "name": name_of(unit, directory),
        "party": participant["party"],
        "awaited": unit in standing["awaits"],
        "may_act": able(case, unit, step, act, directory) if act in {"kvittera", "justera", "godkanna"} else [],
        "acted": None if done is None else {"person": done[0], "role": done[1], "time": done[2]},
    }
