"""Moves notices that wait for a unit to the system that serves it now, in their order (D-3). Imports the moving of a case and the store.

A notice for a unit that no system serves is a row of the outbox like any other, but its ``system`` names the unit, so that no lane
sends it. When a system leaves the directory its notices are put aside for their units in the transaction that takes it away
(``hub directory apply --force``). When a system serves the unit, the notices become that system's: with the numbers that it knows,
behind what it has been told. A case is locked meanwhile, so that no later notice overtakes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hub import clock
from hub.intake.moving import move_case
from hub.intake.told_numbers import waiting_unit
from hub.log import log
from hub.store import cases, directory, send_queue, shards, waiting_notices
from hub.store.outbox import CASES, LOOKUPS, Connection
from hub.store.rows_to_write import write
from hub.store.transaction import Store
from schemas.directory import Directory

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
        await move_case(connection, case, [one for one in notices if one.row.case_id == id_], known)
    await write(connection, cases.changed(list(locked.values()), (), clock.now()))
    return len(locked)
