"""Who is told and who is awaited, as all processes do it (processes.md §1). Imports the engine and the disclosure only."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.process import standing
from hub.processes.engine.rule import Context
from hub.processes.engine.unit_view import able
from hub.processes.shared.disclosure import hears, visible
from schemas.directory import Directory, Unit

SLUTENVARD = frozenset({"slutenvard"})
OPPENVARD = frozenset({"oppenvard"})
ALL_PARTIES = frozenset({"slutenvard", "oppenvard", "kommun"})


def everyone_else(s: Context) -> list[str]:
    """messages.md §2: the participants but the sending unit, which is told only of its own act when that awaits itself.

    V-2: before anything is published, slutenvard alone; C-24: not one who came in when nothing may be shared.
    """
    this = (s.message.source, s.message.id)
    awaited = {unit for one in s.case.awaited.values() if one.is_of(*this) for unit in one.by}
    return [unit for unit in s.case.participants if hears(s.case, unit) and (unit != s.unit or unit in awaited)]


def those_of(s: Context, *parties: str) -> list[str]:
    """The participating units of some parties."""
    return [unit for unit, participant in s.case.participants.items() if participant["party"] in parties]


def organisation_takes_part(case: Case, unit: Unit, directory: Directory) -> bool:
    """C-4: the organisation number is the border of secrecy."""
    known = directory.unit_by_hsa
    return any(other in known and known[other].organisation == unit.organisation for other in case.participants)


def with_duty(s: Context, units: list[str], step: str, act: str) -> list[str]:
    """Those of the units of which a role in the case answers for an act of a step (C-1)."""
    return [unit for unit in units if able(s.case, unit, step, act, s.directory)]


def step_told(s: Context, step: str, act: str | None, awaits: list[str], done: dict[str, Any] | None = None) -> None:
    """A step stands as this message left it."""
    this = {"source": s.message.source, "message": s.message.id, "at": s.at}
    s.emit("stepped", step=step, act=act, awaits=awaits, **this, **({"done": done} if done else {}))


def join(s: Context, unit: str, *, for_information: bool = False) -> None:
    """C-4, C-10: a unit of the directory comes in with the roles of its configuration; ``for_information``: of what was
    there before it nothing is asked of it.
    """
    entry = s.directory.unit_by_hsa[unit]
    asked = {"for_information": True} if for_information else {}
    s.emit("joined", unit=unit, party=entry.party, roles=list(entry.roles), by=s.message.id, **asked)
    s.joined.append(unit)


def ask(s: Context, units: Sequence[str], *, anew: bool, but: Container[str] = ()) -> None:
    """C-13: ask units that came in for what still awaits someone, and for what the process always asks of units that come in.

    ``anew``: ask a unit again that had answered before it left, where the process wants that; else it is left alone. ``but``:
    steps of which nothing is asked. A unit that came in for information is asked for nothing that was there before it,
    whenever it is shown it or gets a role for it.
    """
    for key, awaited in s.case.awaited.items():
        step = awaited.step
        newcomer = s.process.newcomer(s, key)
        if step in but or not (awaited.by or newcomer.always):
            continue
        asked = [
            unit
            for unit in units
            if s.case.participants[unit]["party"] in newcomer.parties
            and unit not in awaited.by
            and (unit not in awaited.done or (anew and newcomer.anew))
            and awaited.source != f"urn:hsa:{unit}"
            and step in visible(s.case, unit).steps
            and not _is_for_information(s.case.participants[unit], awaited)
            and able(s.case, unit, step, awaited.act, s.directory)
        ]
        if asked:
            s.emit("awaited", step=key, units=asked, by=s.message.id)


def _is_for_information(participant: Mapping[str, Any], awaited: Awaited) -> bool:
    """C-10, C-33: the act was asked for before a unit came in for information."""
    return "for_information" in participant and awaited.sequence < participant["since"]


def catch_up(s: Context, before: Mapping[str, Case]) -> None:
    """C-13: units that may see more of the case than ``before`` get what they were not told, and are asked for it."""
    for unit, then in before.items():
        now = visible(s.case, unit)
        if not {*standing(now)} <= {*standing(then), s.case.sequence}:
            s.joined.append(unit)
            ask(s, [unit], anew=False, but=then.steps)


def nothing_changes(s: Context) -> None:
    """The history holds it; the case stays as it is."""


def nobody(s: Context) -> list[str]:  # noqa: ARG001 - a row's ``tells``
    return []
