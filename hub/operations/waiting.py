"""What waits for somebody's hand, and how it goes on (D-4, D-5). Imports the store, and of the intake how a waiting unit is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub import clock
from hub.errors import Misconfigured
from hub.intake.told_numbers import waits_for
from hub.operations.reason import check
from hub.store import cases, held, inbox, operator_log, outbox, partitions, send_queue, waiting_notices
from hub.store import directory as directories
from hub.store.transaction import Store


@dataclass(frozen=True, slots=True)
class WhatIsHeld:
    """All that waits for somebody's hand."""

    messages: list[held.Held]
    cases: list[tuple[str, str, datetime]]
    """Cases whose units must be found by hand: (case, the registers' outcome, since)."""
    unserved: list[waiting_notices.WaitingRow]
    """What waits for units that no system serves, and for systems that have left the directory."""
    partitions: list[partitions.PartitionIncident]


async def what_is_held(store: Store) -> WhatIsHeld:
    """All of it, each kind oldest first."""
    current = await directories.current(store)
    known = () if current is None else current[1].system_by_id
    async with store.transaction() as connection:
        systems = await send_queue.systems_unsent(connection)
        own = {*known, *outbox.LOOKUPS, outbox.CASES}
        waiting = [await waiting_notices.listed(connection, one) for one in systems if one not in own]
        return WhatIsHeld(
            await held.oldest(connection),
            await cases.manual_queue(connection),
            sorted((row for rows in waiting for row in rows), key=lambda row: row.since),
            await partitions.incidents(connection),
        )


async def skip_waiting(store: Store, unit: str, who: str, reason: str) -> str:
    """Gives up the notices that wait for a unit without a system."""
    check(reason)
    async with store.transaction() as connection:
        count = await waiting_notices.give_up(connection, waits_for(unit))
        if not count:
            raise Misconfigured(f"nothing waits for unit {unit}; see `hub held list`")
        await operator_log.record(connection, who, "skip", unit, reason)
    return f"given up for {unit}: {count}"


async def release(store: Store, message: str, who: str, reason: str) -> str:
    """Tries a held message at once, and the messages before it in its case."""
    check(reason)
    now = clock.now()
    async with store.transaction() as connection:
        found = await named(connection, message)
        await held.wake(connection, {one.case_key for one in found}, now)
        for one in found:
            await held.try_now(connection, one.key, now)
        await operator_log.record(connection, who, "release", message, reason)
    return f"{message} is tried within a second"


async def named(connection: inbox.Connection, message: str) -> list[held.Held]:
    """The held messages with an id; raises ``Misconfigured`` where there are none."""
    found = await held.named(connection, message)
    if not found:
        raise Misconfigured(f"no held message has the id {message}; see `hub held list`")
    return found


async def let_pass(store: Store, place: str, to: int | None, who: str, reason: str) -> str:
    """A partition that waits goes on after what it waits at, or at ``to``; of gaps in it, operations has seen to them."""
    check(reason)
    topic, _, number = place.partition("/")
    partition = number.partition("/")[0]
    if not topic or not partition.isdigit():
        raise Misconfigured("name the place as `hub held list` does: TOPIC/PARTITION, with or without its offset")
    async with store.transaction() as connection:
        here = [a for a in await partitions.incidents(connection) if (a.topic, a.partition) == (topic, int(partition))]
        waits = next((a for a in here if not a.lost), None)
        if not here:
            raise Misconfigured(f"nothing waits at {topic}/{partition}; see `hub held list`")
        await operator_log.record(connection, who, "pass", place, reason)
        gaps = await partitions.settle_gaps(connection, topic, int(partition))
        if waits is None:
            return f"{topic}/{partition}: gaps settled: {gaps}"
        on = to if to is not None else waits.until or waits.at + 1
        if on <= waits.at:
            raise Misconfigured(f"{topic}/{partition} waits at {waits.at}: --to must be after it")
        await partitions.skip_to(connection, topic, int(partition), on)
    return f"{topic}/{partition} goes on at {on}; what lies from {waits.at} to {on - 1} is not read"
