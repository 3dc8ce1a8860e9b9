"""Which units and systems a new directory takes away. Pure; imports the language only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas.directory import Directory
from schemas.messages import BilingualText

_GONE = BilingualText(sv="är borta", en="is gone")
_UNSERVED = BilingualText(sv="betjänas av inget system", en="is served by no system")


@dataclass(frozen=True, slots=True)
class Taken:
    """A unit or a system that a new directory takes away, or leaves without a system."""

    kind: Literal["unit", "system"]
    id: str
    how: BilingualText
    system: str | None
    """The system whose rows are counted: the unit's former one, or the system itself."""
    units: tuple[str, ...]
    """The units whose cases are counted."""
    unserved: bool = False
    """Nobody would be told what is for it."""
    moves: bool = False
    """Another system serves it from now on; the former one is still there."""


def taken_away(before: Directory | None, after: Directory) -> list[Taken]:
    """What is gone or moved, compared with the directory in force, and the units that from now on are served by no system."""
    if before is None:
        return [Taken("unit", hsa, _UNSERVED, None, (hsa,), unserved=True) for hsa in after.unserved]
    found = [
        Taken("system", system.id, _GONE, system.id, system.units)
        for system in before.systems
        if system.id not in after.system_by_id
    ]
    for unit in before.units:
        was, now = before.system_of.get(unit.hsa), after.system_of.get(unit.hsa)
        one = (unit.hsa,)
        if unit.hsa not in after.unit_by_hsa:
            found.append(Taken("unit", unit.hsa, _GONE, was, one))
        elif now is None and was is not None:
            found.append(Taken("unit", unit.hsa, _UNSERVED, was, one, unserved=True))
        elif was is not None and was != now and was in after.system_by_id:
            how = BilingualText(
                sv=f"flyttar från {was} till {now}, och det som väntar går till {was}",
                en=f"moves from {was} to {now}, and what waits goes to {was}",
            )
            found.append(Taken("unit", unit.hsa, how, was, one, moves=True))
    return found + [
        Taken("unit", hsa, _UNSERVED, None, (hsa,), unserved=True)
        for hsa in after.unserved
        if hsa not in before.unit_by_hsa
    ]
