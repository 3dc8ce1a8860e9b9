"""What a unit sees of a case: its colours (C-30), and what it may do now. Pure; imports the process, the case and the
language only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.events import evolve
from hub.processes.engine.process import all_steps, process_of_case
from hub.processes.engine.rule import Context
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.parts import Part

MESSAGE = "meddelande/kvittera"
"""How a list names a free message that awaits an acknowledgement (C-40)."""

ANSWER = {
    "kvittera": "kvittens",
    "justera": "justering",
    "godkanna": "godkannande",
    "svara": "svar",
    "sanda": "sandning",
}
"""What a unit answers with, by the act that a step awaits (messages.md §2)."""


def may(case: Case, unit: str, directory: Directory, now: datetime) -> tuple[str, ...]:
    """The names of what a unit may do now: the rows of its party whose guards about the case hold (messages.md §2)."""
    participant, process = case.participants.get(unit), process_of_case(case)
    if participant is None:
        return ()
    probe = Message("probe", unit, "", case.id, now, None, None, Part())
    party, profile = participant["party"], process.profiles[case.profile]
    context = Context(process, case, probe, probe.data, "", party, directory, profile, now)
    names = []
    for row in process.rules:
        context.name = row.message
        if party not in row.parties or case.status not in row.in_status:
            continue
        if all(condition.holds(context) for condition in row.guards):
            names.append(row.message)
    return tuple(names)


@dataclass(frozen=True, slots=True, eq=False)
class UnitView:
    """What a unit sees of a case: colours per step and role (C-30), and what it may do now (messages.md §2). One that is remembered is
    the same object each time.
    """

    colours: dict[str, dict[str, str]]
    may: tuple[str, ...]


_VIEWS_KEPT = 20_000


def unit_view(
    case: Case,
    unit: str,
    directory: Directory,
    now: datetime,
    known: tuple[object, ...] | None = None,
) -> UnitView:
    """A unit's colours and possibilities, of the case as notices tell it to the unit."""
    seen = process_of_case(case).visible(case, unit)
    return view_of(seen, unit, directory, now, known if seen is case else None)


def view_of(
    case: Case, unit: str, directory: Directory, now: datetime, known: tuple[object, ...] | None = None
) -> UnitView:
    """The same, of a case that holds nothing but what the unit may see; remembered per shape of case, since thousands of cases
    have the same few shapes.
    """
    key = (case.process, unit, unit == case.opened_by, case.has_left(now), shape(case, unit, known))
    found: UnitView = remembered(
        directory, key, lambda: UnitView(colours(case, unit, directory), may(case, unit, directory, now))
    )
    return found


def remembered(directory: Directory, key: object, make: Callable[[], Any]) -> Any:
    """What was made of a key under this version of the directory, made anew when it has been forgotten."""
    found = directory.remembered.get(key)
    if found is None:
        if len(directory.remembered) >= _VIEWS_KEPT:
            directory.remembered.clear()
        found = directory.remembered[key] = make()
    return found


DUTIES = frozenset({"kvittera", "justera", "godkanna"})
"""C-3: the acts for which a role must have the responsibility."""


def duty_roles(directory: Directory, unit: str, step: str, act: str) -> list[str]:
    """C-1: the unit's roles with the responsibility ``act`` (kvittera …) for a step."""
    entry = directory.unit_by_hsa.get(unit)
    return [] if entry is None else [role for role, steps in entry.roles.items() if act in steps.get(step, ())]  # type: ignore[call-overload]


def able(case: Case, unit: str, step: str, act: str, directory: Directory) -> list[str]:
    """C-1, C-12: those of the unit's roles in the case that answer for an act of a step."""
    participant = case.participants.get(unit)
    if participant is not None and act not in DUTIES:
        return list(participant["roles"])  # C-3: every other act needs an active role of the unit, and no more
    found = duty_roles(directory, unit, step, act) if participant is not None else []
    return [role for role in found if participant is not None and role in participant["roles"]]


def speakers(case: Case, unit: str, directory: Directory) -> list[str]:
    """C-40: those of the unit's roles in the case that acknowledge a free message: all that acknowledge any step."""
    participant = case.participants.get(unit)
    entry = directory.unit_by_hsa.get(unit)
    if participant is None or entry is None:
        return []
    return [role for role in participant["roles"] if acknowledges(entry.roles.get(role, {}))]


def acknowledges(duties: Mapping[Any, Sequence[str]]) -> bool:
    """Whether a role with these duties acknowledges anything."""
    return any("kvittera" in acts for acts in duties.values())


def duties(role: str, configured: Mapping[Any, Sequence[str]]) -> tuple[str, ...]:
    """What a role answers for, as ``disclosure.listed`` names it: what is configured, and what any active role may do (C-3)."""
    found = [f"{step}/{act}/{role}" for step, acts in configured.items() for act in acts]
    found += [f"{step}/{act}/{role}" for step in all_steps() for act in ANSWER if act not in DUTIES]
    return (*dict.fromkeys(found), *([f"{MESSAGE}/{role}"] if acknowledges(configured) else []))


def unable(case: Case, directory: Directory) -> dict[str, list[str]]:
    """Key of what is awaited → the units of which no role answers for it any more, since the directory has changed (C-1).
    They no longer count.
    """
    found = {}
    for key, awaited in case.awaited.items():
        if awaited.by:
            gone = [unit for unit in awaited.by if not able(case, unit, awaited.step, awaited.act, directory)]
            if gone:
                found[key] = gone
    return found


def as_configured(case: Case, directory: Directory) -> Case:
    """The case without waiting for those who are no longer able: the case itself where there are none."""
    stale = unable(case, directory)
    if stale:
        case = case.copy()
        for step, units in stale.items():
            evolve(case, ("unawaited", {"step": step, "units": units}))
    return case


def colours(case: Case, unit: str, directory: Directory) -> dict[str, dict[str, str]]:
    """C-30 for one unit: step → role → red · yellow · green · grey · blue."""
    roles, process = case.participants.get(unit, {"roles": []})["roles"], process_of_case(case)
    seen: dict[str, dict[str, str]] = {}
    for step in process.steps_of(case):
        if step not in case.steps:
            seen[step] = dict.fromkeys(roles, "grey")
        elif "writing" in case.steps[step]:
            seen[step] = dict.fromkeys(roles, "blue")
        else:
            seen[step] = _colours_of(
                case, unit, roles, [one for one in case.awaited.values() if one.step == step], directory
            )
    return seen


def _colours_of(
    case: Case, unit: str, roles: Sequence[str], awaited: Sequence[Awaited], directory: Directory
) -> dict[str, str]:
    """A step that waits for several acts has the colour of the most urgent: red before yellow before green."""
    still = [one for one in awaited if process_of_case(case).still_awaits(case, one)]
    if not still:
        return dict.fromkeys(roles, "green")
    red = {role for one in still if unit in one.by for role in able(case, unit, one.step, one.act, directory)}
    return {role: "red" if role in red else "yellow" for role in roles}


def outline(case: Case) -> tuple[object, ...]:
    """Everything that the guards of the rules and the colours look at, but for what is one unit's."""
    parties = case.participants
    return (
        case.profile,
        case.status,
        case.information,
        case.blocked,
        case.published,
        case.all_receivers_known,
        *[(kind, consent.outcome) for kind, consent in case.consents.items()],
        *[(name, "writing" in step) for name, step in case.steps.items()],
        *[
            (key, one.step, one.act, *(sorted({parties[unit]["party"] for unit in one.by}) if one.by else ()))
            for key, one in case.awaited.items()
        ],
        *process_of_case(case).outline(case),
    )


def shape(case: Case, unit: str, known: tuple[object, ...] | None = None) -> tuple[object, ...]:
    """Two cases of one shape look alike to a unit; ``known`` is the case's ``outline`` where it is at hand already."""
    participant = case.participants.get(unit)
    return (
        known or outline(case),
        unit in case.unanswered,
        unit in case.access,
        None if participant is None else (participant["party"], *participant["roles"]),
        *[unit in one.by for one in case.awaited.values()],
        *process_of_case(case).position(case, unit),
    )
