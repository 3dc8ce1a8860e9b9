"""What waits for somebody's hand, and how it goes on (D-4, D-5). Imports the store, and of the intake how a waiting unit is named."""

from __future__ import annotations

from dataclasses import dataclass

from hub import clock
from hub.errors import Refused
from hub.intake.told_numbers import waits_for
from hub.operations.reason import given, shown
from hub.store import directory as directories
from hub.store import held, inbox, manual_queue, operator_log, outbox, partitions, send_queue, waiting_notices
from hub.store.transaction import Store


@dataclass(frozen=True, slots=True)
class WhatIsHeld:
    """All that waits for somebody's hand."""

    messages: list[held.Held]
    cases: list[manual_queue.ManualCase]
    """Cases whose units must be found by hand."""
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
            await manual_queue.listed(connection),
            sorted((row for rows in waiting for row in rows), key=lambda row: row.since),
            await partitions.incidents(connection),
        )


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What waited for a unit, and is given up."""

    unit: str
    count: int


async def skip_waiting(store: Store, unit: str, who: str, reason: str) -> GivenUp:
    """Gives up the notices that wait for a unit without a system."""
    reason = given(reason)
    async with store.transaction() as connection:
        count = await waiting_notices.give_up(connection, waits_for(unit))
        if not count:
            raise Refused(
                "nothing-waits",
                f"Inget väntar för enheten {shown(unit)}.",
                f"Nothing waits for unit {shown(unit)}.",
                "/unit",
            )
        await operator_log.record(connection, who, "skip", unit, reason)
    return GivenUp(unit, count)


@dataclass(frozen=True, slots=True)
class Released:
    """Held messages that are tried within a second."""

    messages: tuple[str, ...]


async def release(store: Store, which: int | str, who: str, reason: str) -> Released:
    """Tries a held message at once, and the messages before it in its case. ``which``: its number, or the id that it bears."""
    reason = given(reason)
    now = clock.now()
    async with store.transaction() as connection:
        found = await named(connection, which)
        await held.wake(connection, {one.case_key for one in found}, now)
        for one in found:
            await held.try_now(connection, one.key, now)
        await operator_log.record(connection, who, "release", found[0].message, reason)
    return Released(tuple(one.message for one in found))


async def named(connection: inbox.Connection, which: int | str) -> list[held.Held]:
    """The held message with a number, or those with an id; raises ``Refused`` where there are none."""
    found = await (held.numbered(connection, which) if isinstance(which, int) else held.named(connection, which))
    if not found:
        raise not_held(which)
    return found


def not_held(which: int | str) -> Refused:
    """The refusal of a message that is not held, or no more."""
    sv, en = (
        (f"numret {which}", f"the number {which}")
        if isinstance(which, int)
        else (f"id:t {shown(which)}", f"the id {shown(which)}")
    )
    return Refused(
        "not-held",
        f"Inget meddelande med {sv} hålls kvar: det har hanterats, eller har aldrig hållits kvar.",
        f"No held message has {en}: it has been handled, or was never held.",
        "/message",
    )


@dataclass(frozen=True, slots=True)
class Passed:
    """A partition that goes on."""

    topic: str
    partition: int
    at: int | None
    """The offset at which it waited; None where it did not."""
    to: int | None
    """The offset at which it goes on."""
    gaps: int
    """How many gaps in it are settled."""


async def let_pass(store: Store, topic: str, partition: int, to: int | None, who: str, reason: str) -> Passed:
    """A partition that waits goes on after what it waits at, or at ``to``; of gaps in it, operations has seen to them."""
    reason = given(reason)
    async with store.transaction() as connection:
        here = [a for a in await partitions.incidents(connection) if (a.topic, a.partition) == (topic, partition)]
        waits = next((a for a in here if not a.lost), None)
        place = f"{shown(topic)}/{partition}"
        if not here:
            raise Refused("nothing-waits", f"Inget väntar vid {place}.", f"Nothing waits at {place}.", "/partition")
        await operator_log.record(connection, who, "pass", f"{topic}/{partition}", reason)
        gaps = await partitions.settle_gaps(connection, topic, partition)
        if waits is None:
            return Passed(topic, partition, None, None, gaps)
        on = to if to is not None else waits.until or waits.at + 1
        if on <= waits.at:
            raise Refused(
                "pass-forward",
                f"{place} väntar vid {waits.at}: ange ett senare (to).",
                f"{place} waits at {waits.at}: give a later one (to).",
                "/to",
                400,
            )
        if not gaps and waits.pass_to is not None and (to is None or waits.pass_to == on):
            raise Refused(
                "handled-meanwhile",
                f"{place} går redan vidare vid {waits.pass_to}.",
                f"{place} goes on at {waits.pass_to} already.",
                "/partition",
            )
        await partitions.skip_to(connection, topic, partition, on)
    return Passed(topic, partition, waits.at, on, gaps)
