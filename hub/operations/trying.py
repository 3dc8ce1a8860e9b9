"""Tries again what waits, on the word of operations (D-5, D-6): a notice, a look-up, all of a system. Imports the store and the errors.

The order holds: of a notice that stands behind others of its case the first is tried. Every hub sees the act in the trail within half a
second, and the hub that delivers to the system tries it at once, whatever its breaker and its schedule say.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.errors import Refused
from hub.intake.told_numbers import waiting_unit
from hub.operations.known import no_such_system
from hub.operations.reason import given, shown
from hub.store import directory as directories
from hub.store import operator_log, paused_systems, send_queue, try_now
from hub.store.outbox import CASES, LOOKUPS
from hub.store.transaction import Store


@dataclass(frozen=True, slots=True)
class Tried:
    """What is tried now."""

    what: str
    """The row's number, the case's id, or the system's."""
    count: int
    """How many rows; of a notice with those of its case that go before it."""


async def notice(store: Store, id_: int, who: str, reason: str) -> Tried:
    """Tries a waiting row now, after those of its case that go before it."""
    reason = given(reason)
    async with store.transaction() as connection:
        row = await try_now.row(connection, id_)
        if row is None:
            raise Refused("unknown-row", f"Det finns ingen rad {id_}.", f"There is no row {id_}.", "/row", 404)
        if row["state"] != "waiting":
            sv, en = _STATES[row["state"]]
            raise _not_waiting(f"Rad {id_} väntar inte, den är {sv}.", f"Row {id_} does not wait, it is {en}.")
        system = row["system"]
        if system in {*LOOKUPS, CASES}:
            raise _not_waiting(
                f"Rad {id_} är ingen underrättelse utan en slagning i ärende {row['case_id']}: försök den.",
                f"Row {id_} is no notice but a look-up of case {row['case_id']}: try that.",
            )
        if (unit := waiting_unit(system)) is not None:
            raise _not_waiting(
                f"Rad {id_} väntar för enheten {unit}, som inget system betjänar; den går när ett gör det.",
                f"Row {id_} waits for unit {unit}, which no system serves; it goes when one does.",
            )
        await _is_not_paused(store, system)
        ids = [id_]
        if row["kind"] == "notice":
            unsent = await send_queue.unsent_up_to(connection, system, [(row["case_id"], row["sequence"])])
            if dead := [one for _, one, blocked in unsent if blocked and one != id_]:
                raise Refused(
                    "behind-dead",
                    f"Rad {id_} står bakom rad {min(dead)}, som är död: sänd om eller hoppa över den.",
                    f"Row {id_} stands behind row {min(dead)}, which is dead: replay or skip that one.",
                    "/row",
                )
            ids = sorted(one for _, one, _ in unsent) or ids
        await try_now.rows(connection, ids)
        await operator_log.record(connection, who, "retry", str(id_), reason)
    return Tried(str(id_), len(ids))


_STATES = {
    "sent": ("sänd", "sent"),
    "dead": ("död: sänd om den, eller hoppa över den", "dead: replay it, or skip it"),
    "skipped": ("överhoppad", "skipped"),
}


def _not_waiting(sv: str, en: str) -> Refused:
    return Refused("not-waiting", sv, en, "/row")


async def lookup(store: Store, case: str, who: str, reason: str) -> Tried:
    """Asks the registers now about a case; a register that answered with a fault is not asked the same sooner than it allows."""
    reason = given(reason)
    async with store.transaction() as connection:
        if not (count := await try_now.lookups(connection, case)):
            raise Refused(
                "nothing-waits",
                f"Ingen slagning i ärende {shown(case)} väntar; tidslinjen säger vad registren har svarat.",
                f"No look-up of case {shown(case)} waits; its timeline says what the registers have answered.",
                "/case",
            )
        await operator_log.record(connection, who, "retry", case, reason)
    return Tried(case, count)


async def system(store: Store, id_: str, who: str, reason: str) -> Tried:
    """Tries all that waits for a system now. Where its breaker is open one row goes first, and the others when that is acknowledged."""
    reason = given(reason)
    current = await directories.current(store)
    if current is None or id_ not in current[1].system_by_id:
        raise no_such_system(id_)
    await _is_not_paused(store, id_)
    async with store.transaction() as connection:
        count = await try_now.system(connection, id_)
        if not count:
            raise Refused("nothing-waits", f"Inget väntar för {id_}.", f"Nothing waits for {id_}.", "/system")
        await operator_log.record(connection, who, "retry", id_, reason)
    return Tried(id_, count)


async def _is_not_paused(store: Store, id_: str) -> None:
    async with store.transaction() as connection:
        if await paused_systems.pauses(connection, id_):
            raise Refused(
                "paused",
                f"{id_} är pausat: återuppta det, så sänds det som väntar.",
                f"{id_} is paused: resume it, and what waits is sent.",
                "/system",
            )
