"""Moves notices that wait for a unit to the system that serves it now, in their order (D-3). Imports the told numbers and the store.

A notice for a unit that no system serves is a row of the outbox like any other, but its ``system`` names the unit, so that no lane
sends it. When a system leaves the directory its notices are put aside for their units in the transaction that takes it away
(``hub directory apply --force``). When a system serves the unit, the notices become that system's: with the numbers that it knows,
behind what it has been told. A case is locked meanwhile, so that no later notice overtakes them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from hub import clock
from hub.intake.told_numbers import forget_waiting, last_told, note_notice, waiting_unit, waits_for
from hub.log import log
from hub.processes.engine.case import Case
from hub.store import cases, directory, send_queue, shards, waiting_notices
from hub.store.outbox import CASES, LOOKUPS, Connection
from hub.store.transaction import Store
from hub.store.waiting_notices import CaseNotice
from schemas.directory import Directory
from schemas.messages import NoticeExtensions, as_json

_CASES = 200
"""Cases that are locked at the same time."""


class ServedAgain:
    """Several hubs may do this at once: the lock on the case lets one do it."""

    def __init__(self, store: Store, in_force: Callable[[], tuple[int, Directory]]) -> None:
        self._store = store
        self._in_force = in_force

    async def move(self) -> None:
        """Move what can be moved; with another directory than the newest nothing is."""
        version, known = self._in_force()
        async with self._store.transaction() as connection:
            found = stray(await send_queue.systems_unsent(connection), known)
            systems = await send_queue.with_rows_to_send(connection, found) if found else []
        for system in systems:
            while True:
                async with self._store.transaction() as connection:
                    if await directory.newest(connection) != version:
                        return
                    moved = await move_from(connection, system, known)
                if not moved:
                    break
                log.info("notices_moved", waited_for=system, cases=moved)


def stray(systems: Iterable[str], known: Directory) -> list[str]:
    """Those of the ``system`` of waiting rows whose notices belong elsewhere."""
    own = {*known.system_by_id, *LOOKUPS, CASES}
    return [
        one for one in systems if one not in own and ((unit := waiting_unit(one)) is None or unit in known.system_of)
    ]


async def move_from(connection: Connection, system: str, known: Directory) -> int:
    """Move the notices of some cases away from a system that is gone, or from a unit that is served; return how many cases."""
    found = await waiting_notices.cases_with(connection, system, _CASES)
    locked = await cases.lock(connection, found)
    await shards.change(connection, locked)
    notices = await waiting_notices.of_cases(connection, list(locked))
    for id_, case in locked.items():
        await _move_case(connection, case, [one for one in notices if one.row.case_id == id_], known)
    await cases.change(connection, list(locked.values()), (), clock.now())
    return len(locked)


async def _move_case(connection: Connection, case: Case, notices: Sequence[CaseNotice], known: Directory) -> None:
    now = clock.now()
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
        if one.state not in {"waiting", "dead"} or one.row.system in known.system_by_id:
            continue
        parts: dict[str, list[str]] = {}
        for unit in told.to:
            parts.setdefault(known.system_of.get(unit, waits_for(unit)), []).append(unit)
        if set(parts) == {one.row.system}:
            continue
        gone.append(one.row.id)
        known_as: int | None = one.row.known_as or one.row.id  # of the first part that gets a row of its own
        for system, units in parts.items():
            part, place = _for_units(told, units), (system, number)
            if place in come:
                come[place].row.told = as_json(_together(come[place].row.content, part))
                come[place].row.known_as = None  # the system may have had it for fewer units
            elif place in had:
                there = had[place]
                unsent = there.state in {"waiting", "dead"}
                there.row.told = as_json(_together(there.row.content, part) if unsent else _replayed(part))
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
    if gone:
        await waiting_notices.replace(connection, gone, list(come.values()))
    for one in again.values():
        await waiting_notices.tell_again(connection, one)


def _for_units(told: NoticeExtensions, units: Collection[str]) -> NoticeExtensions:
    """What a notice says to some of its units."""
    return told.model_copy(
        update={
            "to": tuple(unit for unit in told.to if unit in units),
            "awaits": {unit: act for unit, act in told.awaits.items() if unit in units},
            "may": {unit: names for unit, names in told.may.items() if unit in units},
            "state": {step: {u: c for u, c in seen.items() if u in units} for step, seen in told.state.items()},
        }
    )


def _together(one: object, more: NoticeExtensions) -> NoticeExtensions:
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
