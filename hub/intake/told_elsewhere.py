"""What is told again goes to the systems that serve its units now, where these are others than it was to (D-7). Imports the moving of a
case and the store.

A dead notice belongs to whoever serves its unit: it moves there, dead, and what waits behind it moves with it. A notice that was sent
stays as it is, since that system has it; the other system gets a row of its own, which is told when its turn comes, and until then, or
where the replay is undone, counts as given up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub import clock
from hub.intake.moving import by_system, for_units, move_case, together
from hub.processes.engine.case import Case
from hub.store import cases, dead_letters, shards, waiting_notices
from hub.store.outbox import Connection
from hub.store.replayable import FoundRow
from hub.store.rows_to_write import write
from hub.store.waiting_notices import CaseNotice
from schemas.directory import Directory
from schemas.messages import NoticeExtensions, as_json

_CASES = 200
"""Cases that are locked at the same time."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The rows of a system that are told again in place of those that were found."""

    rows: list[FoundRow]
    written: frozenset[int]
    """Those of them that were written for it."""


def systems_now(row: FoundRow, known: Directory) -> set[str]:
    """The systems that serve a row's units now; of what is to no unit, the system that it was to. None serves it: empty."""
    if row.units is None:
        return {row.system} & known.system_by_id.keys()
    return {known.system_of[unit] for unit in row.units if unit in known.system_of}


async def to_system(connection: Connection, rows: Sequence[FoundRow], known: Directory, system: str) -> Elsewhere:
    """What is told again of these rows by the system that serves their units now: in the order of the rows' cases."""
    chosen = {row.id: row for row in rows}
    order = list(dict.fromkeys(row.case_id for row in rows if row.case_id is not None))
    found = {row.id: [row] for row in rows if row.case_id is None and row.system == system}
    written: set[int] = set()
    for start in range(0, len(order), _CASES):
        locked = await cases.lock(connection, order[start : start + _CASES])
        await shards.change(connection, locked)
        notices = await waiting_notices.of_cases(connection, list(locked))
        for id_, case in locked.items():
            its = [one for one in notices if one.row.case_id == id_]
            moved = await _move_dead(connection, case, its, chosen, known)
            new = [one for one in its if one.state in {"sent", "skipped"} and one.row.id in chosen]
            for old, place in {**moved, **await _beside(connection, new, its, known, system)}.items():
                if place is None or place.row.system != system:
                    continue
                found[old] = [replace(chosen[old], id=place.row.id, system=system, key=f"{system} {id_}")]
                if place.state == "skipped":
                    written.add(place.row.id)
        await write(connection, cases.changed(list(locked.values()), (), clock.now()))
    return Elsewhere([one for row in rows for one in found.get(row.id, [])], frozenset(written))


async def _move_dead(
    connection: Connection, case: Case, notices: Sequence[CaseNotice], chosen: dict[int, FoundRow], known: Directory
) -> dict[int, CaseNotice | None]:
    """Dead row → what stands in its place: itself, where it is to whom it should be."""
    dead = [one for one in notices if one.state == "dead" and one.row.id in chosen]
    stray = [one for one in notices if one.state in {"waiting", "dead"} and set(_parts(one, known)) != {one.row.system}]
    from_ = {one.row.system for one in dead if one in stray}
    also = {one.row.id for one in stray if one.row.system in from_}
    places: dict[int, CaseNotice | None] = {one.row.id: one for one in dead if one.row.id not in also}
    if also:
        moved = await move_case(connection, case, notices, known, also)
        for system in sorted(from_):
            await dead_letters.release_followers(connection, system, [case.id])
        for one in dead:
            if one.row.id in also:
                places[one.row.id] = next(iter(_served(moved.get(one.row.id, []), known)), None)
    return places


def _served(moved: Sequence[CaseNotice], known: Directory) -> list[CaseNotice]:
    return [one for one in moved if one.row.system in known.system_by_id]


async def _beside(
    connection: Connection, new: Sequence[CaseNotice], notices: Sequence[CaseNotice], known: Directory, system: str
) -> dict[int, CaseNotice | None]:
    """Sent row → the system's own row of the same message, which is written where there is none."""
    there = {one.row.sequence: one for one in notices if one.row.system == system}
    places: dict[int, CaseNotice | None] = {}
    come: list[CaseNotice] = []
    for one in new:
        units = _parts(one, known).get(system)
        if one.row.system == system:
            places[one.row.id] = one if units else None
        elif units and (own := there.get(one.row.sequence)) is not None:
            places[one.row.id] = await _with_units(connection, own, one, units)
        elif units:
            told = for_units(_told(one), units).model_copy(update={"replay": False, "skipped": ()})
            highest = max((n for n in there if n is not None and n < (one.row.sequence or 0)), default=0)
            row = replace(
                one.row, known_as=None, system=system, told=as_json(told), follows=highest, due_at=clock.now(), attempts=0,
                first_tried_at=None, refused_since=None, revision=0, fresh=False,
            )  # fmt: skip
            there[row.sequence] = places[one.row.id] = CaseNotice(row, "skipped", None)
            come.append(there[row.sequence])
    if come:
        await waiting_notices.put_aside(connection, come)
    return places


async def _with_units(
    connection: Connection, own: CaseNotice, one: CaseNotice, units: Sequence[str]
) -> CaseNotice | None:
    """The system's own row, for these units too. None where it is on its way, or dead there: it is told by itself."""
    if own.state not in {"sent", "skipped"}:
        return None
    if set(units) - set(_told(own).to):
        own.row.told = as_json(together(_told(own), for_units(_told(one), units)))
        await waiting_notices.add_units(connection, own)
    return own


def _told(one: CaseNotice) -> NoticeExtensions:
    told = one.row.content
    assert isinstance(told, NoticeExtensions)
    return told


def _parts(one: CaseNotice, known: Directory) -> dict[str, list[str]]:
    return by_system(_told(one), known)
