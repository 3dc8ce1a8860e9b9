"""The steps of a case as one unit sees them (C-30): colours, each party none · partly · done, who may act and who has
acted. Pure; imports the rules and the language only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.events import WRITING
from hub.processes.engine.process import process_of_case
from hub.processes.engine.record import name_of
from hub.processes.engine.unit_view import able, colours
from schemas.directory import Directory

PARTIES = ("slutenvard", "oppenvard", "kommun")


def steps(case: Case, unit: str, directory: Directory) -> list[dict[str, Any]]:
    """In the order shown. A step that has not begun is grey, awaits nobody and no party has done anything."""
    seen = colours(case, unit, directory)
    return [
        _begun(case, step, seen[step], directory)
        if step in case.steps
        else {
            "step": step,
            "state": "grey",
            "colours": seen[step],
            "parties": dict.fromkeys(PARTIES, "none"),
            "units": [],
        }
        for step in process_of_case(case).steps_of(case)
    ]


def _begun(case: Case, step: str, seen: dict[str, str], directory: Directory) -> dict[str, Any]:
    standing = case.steps[step]
    awaited = [one for one in case.awaited.values() if one.step == step]
    still = any(process_of_case(case).still_awaits(case, one) for one in awaited)
    writing = "writing" in standing
    return {
        "step": step,
        "state": "blue" if writing else "yellow" if still else "green",
        "colours": seen,
        "act": WRITING if writing else awaited[-1].act if awaited else None,
        "message": standing["message"],
        "sequence": standing["sequence"],
        "at": standing["at"],
        "parties": {party: _party(case, step, awaited, party, still=still) for party in PARTIES},
        "units": [_unit(case, awaited, unit, directory) for unit in case.participants],
    }


def _party(case: Case, step: str, awaited: Sequence[Awaited], party: str, *, still: bool) -> str:
    """None · partly · done: a party is done when all its units are (C-2).

    A party of which no act is awaited is done when the step is, or when the step is its own message. In a document that is
    never done, a party that has written has done its part partly (V-11).
    """
    units = [unit for unit, participant in case.participants.items() if participant["party"] == party]
    if "writing" in case.steps[step]:
        return "partly" if process_of_case(case).writers(case, step).intersection(units) else "none"
    done = [unit for unit in units if any(unit in one.done for one in awaited)]
    if any(unit in one.by for unit in units for one in awaited):
        return "partly" if done else "none"
    if done or not still:
        return "done" if units else "none"
    sent = case.steps[step]["source"].removeprefix("urn:hsa:") in units
    return "done" if sent and all(one.act == "kvittera" for one in awaited) else "none"


def _unit(case: Case, awaited: Sequence[Awaited], unit: str, directory: Directory) -> dict[str, Any]:
    done = next((one.done[unit] for one in reversed(awaited) if unit in one.done), None)
    able_to = {role: None for one in awaited for role in able(case, unit, one.step, one.act, directory)}
    return {
        "unit": unit,
        "name": name_of(unit, directory),
        "party": case.participants[unit]["party"],
        "awaited": any(unit in one.by for one in awaited),
        "may_act": list(able_to),
        "acted": None if done is None else {"person": done[0], "role": done[1], "time": done[2]},
    }
