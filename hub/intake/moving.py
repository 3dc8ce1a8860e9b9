"""Moves the notices of one case to the systems that serve their units now, in their order (D-3). Imports the told numbers and the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from hub import clock
from hub.intake.told_numbers import forget_waiting, last_told, note_notice, waiting_unit, waits_for
from hub.processes.engine.case import Case
from hub.store import waiting_notices
from hub.store.outbox import Connection
from hub.store.waiting_notices import CaseNotice
from schemas.directory import Directory
from schemas.messages import NoticeExtensions, as_json


async def move_case(
    connection: Connection,
    case: Case,
    notices: Sequence[CaseNotice],
    known: Directory,
    also: Collection[int] = (),
) -> dict[int, list[CaseNotice]]:
    """Move what is not sent of a case to the systems that serve its units now: from systems that are gone and units that waited for one,
    and the rows ``also``. Return row id → what stands in its place.
    """
    now = clock.now()
    places: dict[int, list[CaseNotice]] = {}
    had = {(one.row.system, one.row.sequence): one for one in notices}
    gone: list[int] = []
    come: dict[tuple[str, int | None], CaseNotice] = {}
    again: dict[int, CaseNotice] = {}
    last: dict[str, int] = {}
    """System → the number of the last notice that is put behind its others."""
    forget_waiting(case, known)
    for one in notices:
        told, number = one.row.content, one.row.sequence
        assert isinstance(told, NoticeExtensions)
        assert number is not None
        if one.state not in {"waiting", "dead"} or (one.row.system in known.system_by_id and one.row.id not in also):
            continue
        parts = by_system(told, known)
        if set(parts) == {one.row.system}:
            continue
        gone.append(one.row.id)
        places[one.row.id] = []
        known_as: int | None = one.row.known_as or one.row.id  # of the first part that gets a row of its own
        for system, units in parts.items():
            part, place = for_units(told, units), (system, number)
            if place in come:
                come[place].row.told = as_json(together(come[place].row.content, part))
                come[place].row.known_as = None  # the system may have had it for fewer units
            elif place in had:
                there = had[place]
                unsent = there.state in {"waiting", "dead"}
                there.row.told = as_json(together(there.row.content, part) if unsent else _replayed(part))
                there.state = there.state if unsent else "waiting"
                again[there.row.id] = there
            else:
                highest = max((n or 0 for its, n in [*had, *come] if its == system), default=0)
                replay = told.replay or number < highest
                skipped = () if replay else told.skipped
                if waiting_unit(system) is not None and system not in case.told and one.row.system in case.told:
                    case.told[system] = list(
                        case.told[one.row.system]
                    )  # what waits goes on from where its system stood
                if number > last_told(case, system):
                    skipped = note_notice(case, system, number)
                part = part.model_copy(update={"skipped": skipped, "replay": replay})
                row = replace(
                    one.row, known_as=known_as, system=system, told=as_json(part), follows=last.get(system, highest), due_at=now,
                    first_tried_at=None, refused_since=None, revision=0,
                    attempts=one.row.attempts if one.state == "dead" else 0,
                )  # fmt: skip
                known_as, last[system] = None, number
                come[place] = CaseNotice(row, one.state, one.answer)
                places[one.row.id].append(come[place])
    if gone:
        await waiting_notices.replace(connection, gone, list(come.values()))
    for one in again.values():
        await waiting_notices.tell_again(connection, one)
    return places


def by_system(told: NoticeExtensions, known: Directory) -> dict[str, list[str]]:
    """System → the units of a notice that it serves now; those that none serves wait under their own names."""
    parts: dict[str, list[str]] = {}
    for unit in told.to:
        parts.setdefault(known.system_of.get(unit, waits_for(unit)), []).append(unit)
    return parts


def for_units(told: NoticeExtensions, units: Collection[str]) -> NoticeExtensions:
    """What a notice says to some of its units."""
    return told.model_copy(
        update={
            "to": tuple(unit for unit in told.to if unit in units),
            "awaits": {unit: act for unit, act in told.awaits.items() if unit in units},
            "may": {unit: names for unit, names in told.may.items() if unit in units},
            "state": {step: {u: c for u, c in seen.items() if u in units} for step, seen in told.state.items()},
        }
    )


def together(one: object, more: NoticeExtensions) -> NoticeExtensions:
    """One notice for the units of both."""
    assert isinstance(one, NoticeExtensions)
    return one.model_copy(
        update={
            "to": (*one.to, *(unit for unit in more.to if unit not in one.to)),
            "awaits": one.awaits | more.awaits,
            "may": one.may | more.may,
            "state": {step: {**one.state.get(step, {}), **seen} for step, seen in more.state.items()},
        }
    )


def _replayed(told: NoticeExtensions) -> NoticeExtensions:
    """A notice that the system has had already, for another of its units."""
    return told.model_copy(update={"replay": True, "skipped": ()})
