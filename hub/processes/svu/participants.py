"""Which units of an SVU may not leave (C-11). Imports the engine only."""

from __future__ import annotations

from hub.processes.engine.rule import Context, guard


@guard(
    "C-11",
    sv="Den sista slutenvårdsenheten kan inte lämna ärendet: lägg till den som tar över först.",
    en="The last unit of inpatient care cannot leave the case: add the one that takes over first.",
    element="/data/unit",
)
def slutenvard_stays(s: Context) -> bool:
    leaving = s.data.unit if s.data.change != "tillagd" else None
    return any(p["party"] == "slutenvard" for unit, p in s.case.participants.items() if unit != leaving)
