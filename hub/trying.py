"""Tries again what waits, on the word of operations (D-5, D-6): a notice, a look-up, all of a system. Imports the store and the errors.

The order holds: of a notice that stands behind others of its case the first is tried. Every hub sees the act in the trail within half a
second, and the hub that delivers to the system tries it at once, whatever its breaker and its schedule say.
"""

from __future__ import annotations

from hub.errors import Misconfigured
from hub.intake.told_numbers import waiting_unit
from hub.operations.reason import check
from hub.store import directory as directories
from hub.store import operator_log, paused_systems, send_queue, try_now
from hub.store.outbox import CASES, LOOKUPS
from hub.store.transaction import Store


async def notice(store: Store, id_: int, who: str, reason: str) -> str:
    """Tries a waiting row now, after those of its case that go before it."""
    check(reason)
    async with store.transaction() as connection:
        row = await try_now.row(connection, id_)
        if row is None:
            raise Misconfigured(f"there is no row {id_}; `hub timeline MESSAGE` names the rows that wait")
        if row["state"] != "waiting":
            more = f"; `hub dead replay {id_}` says how it is sent again" if row["state"] == "dead" else ""
            raise Misconfigured(f"row {id_} does not wait, it is {row['state']}{more}")
        system = row["system"]
        if system in {*LOOKUPS, CASES}:
            raise Misconfigured(f"row {id_} is no notice; `hub retry lookup {row['case_id']}` asks the registers now")
        if (unit := waiting_unit(system)) is not None:
            raise Misconfigured(f"row {id_} waits for unit {unit}, which no system serves; it goes when one does")
        await _is_not_paused(store, system)
        ids = [id_]
        if row["kind"] == "notice":
            unsent = await send_queue.unsent_up_to(connection, system, [(row["case_id"], row["sequence"])])
            if dead := [one for _, one, blocked in unsent if blocked and one != id_]:
                raise Misconfigured(f"row {id_} stands behind row {min(dead)}, which is dead: replay or skip that one")
            ids = sorted(one for _, one, _ in unsent) or ids
        await try_now.rows(connection, ids)
        await operator_log.record(connection, who, "retry", str(id_), reason)
    before = len(ids) - 1
    return f"row {id_} is tried now" + (f", after {before} of its case that go before it" if before else "")


async def lookup(store: Store, case: str, who: str, reason: str) -> str:
    """Asks the registers now about a case."""
    check(reason)
    async with store.transaction() as connection:
        if not (count := await try_now.lookups(connection, case)):
            raise Misconfigured(f"no look-up of case {case} waits; see `hub timeline {case}`")
        await operator_log.record(connection, who, "retry", case, reason)
    return (
        f"look-ups made now: {count}; a register that answered with a fault is not asked the same sooner than it allows"
    )


async def system(store: Store, id_: str, who: str, reason: str) -> str:
    """Tries all that waits for a system now."""
    check(reason)
    current = await directories.current(store)
    if current is None or id_ not in current[1].system_by_id:
        raise Misconfigured(f"there is no system {id_} in the directory; see `hub directory show`")
    await _is_not_paused(store, id_)
    async with store.transaction() as connection:
        count = await try_now.system(connection, id_)
        if not count:
            raise Misconfigured(f"nothing waits for {id_}")
        await operator_log.record(connection, who, "retry", id_, reason)
    return f"rows of {id_} tried now: {count}; where its breaker is open one goes first, and the others when that is acknowledged"


async def _is_not_paused(store: Store, id_: str) -> None:
    async with store.transaction() as connection:
        if await paused_systems.pauses(connection, id_):
            raise Misconfigured(f"{id_} is paused; `hub resume {id_}` sends to it again")
