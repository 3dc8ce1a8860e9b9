"""The acts of operations (D-4, D-5, D-7); each is kept with its reason in the trail. Imports the store and the
intake.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from uuid_utils import uuid7

from hub.errors import Misconfigured, Refused
from hub.intake.commit import handle_in
from hub.intake.stored import stored_arrival
from hub.intake.told_numbers import waits_for
from hub.store import (
    announcements,
    cases,
    dead_letters,
    held,
    inbox,
    operator_log,
    outbox,
    partitions,
    paused_systems,
    send_queue,
    waiting_notices,
)
from hub.store import directory as directories
from hub.store.transaction import Conflict, Store
from schemas.messages import Announcement, BilingualText
from schemas.person_numbers import find_person_numbers


def _has(reason: str) -> None:
    if not reason.strip():
        raise Misconfigured("say why with --reason: it is kept in the trail")


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
        systems = await send_queue.systems_with_rows(connection)
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
    _has(reason)
    async with store.transaction() as connection:
        count = await waiting_notices.give_up(connection, waits_for(unit))
        if not count:
            raise Misconfigured(f"nothing waits for unit {unit}; see `hub held list`")
        await operator_log.record(connection, who, "skip", unit, reason)
    return f"given up for {unit}: {count}"


async def release(store: Store, message: str, who: str, reason: str) -> str:
    """Tries a held message at once, and the messages before it in its case."""
    _has(reason)
    now = datetime.now(UTC)
    async with store.transaction() as connection:
        found = await _found(connection, message)
        await held.wake(connection, {one.case_key for one in found}, now)
        for one in found:
            await held.try_now(connection, one.key, now)
        await operator_log.record(connection, who, "release", message, reason)
    return f"{message} is tried within a second"


async def refuse(store: Store, message: str, who: str, reason: str) -> str:
    """Refuses a held message: its sender gets a receipt with the reason, and the messages behind it go on."""
    _has(reason)
    current = await directories.current(store)
    if current is None:
        raise Misconfigured("there is no directory")
    for _ in range(_TRIES):
        with suppress(Conflict):  # a hub was trying it: what stands now is read again
            async with store.transaction() as connection:
                found = await _found(connection, message)
                rows = await inbox.load(connection, [one.key for one in found])
                arrivals = [stored_arrival(rows[one.key], one, current[1]) for one in found]
                for arrival in arrivals:
                    arrival.refused, arrival.defect = REFUSED, None
                handled = await handle_in(connection, arrivals, current[1], NothingKnown(), datetime.now(UTC))
                if all(receipt.rule != REFUSED.rule for receipt in handled.receipts):
                    raise Misconfigured(f"{message} has been handled meanwhile; see `hub timeline {message}`")
                await operator_log.record(connection, who, "refuse", message, reason)
            return f"{message} is refused; its sender is told"
    raise Misconfigured(f"{message} is being tried all the time; pause its sender, or try again")


REFUSED = Refused(
    "operations",
    "Driften har avvisat meddelandet. Kontakta hubbens drift.",
    "Operations has refused the message. Contact the hub's operations.",
)
_TRIES = 20


class NothingKnown:
    """For a batch that decides nothing."""

    def person(self, personnummer: str, county: str, news: datetime | None = None) -> None:  # noqa: ARG002 - the protocol's
        """Nothing."""
        return

    def actor(self, actor: str, role: str) -> None:  # noqa: ARG002 - the protocol's
        """Nothing."""
        return

    def name(self, person: str) -> str | None:
        _ = person
        return None

    def asking(self, actor: str, role: str) -> None:  # noqa: ARG002 - the protocol's
        """Nothing is asked."""
        return


async def _found(connection: inbox.Connection, message: str) -> list[held.Held]:
    found = await held.named(connection, message)
    if not found:
        raise Misconfigured(f"no held message has the id {message}; see `hub held list`")
    return found


async def let_pass(store: Store, place: str, to: int | None, who: str, reason: str) -> str:
    """A partition that waits goes on after what it waits at, or at ``to``; of gaps in it, operations has seen to them."""
    _has(reason)
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


async def dead(store: Store, system: str | None) -> list[dead_letters.DeadLetter]:
    """The dead rows of a system, or of all."""
    if system is not None:
        await _is_known(store, system)
    async with store.transaction() as connection:
        return await dead_letters.listed(connection, system=system)


async def replay(store: Store, row: int | None, system: str | None, who: str, reason: str, *, dry_run: bool) -> str:
    """Sends dead rows again: one, or all of a system. ``dry_run`` only counts them."""
    if row is None and system is None:
        raise Misconfigured("name a row or a --system")
    if system is not None:
        await _is_known(store, system)
    async with store.transaction() as connection:
        found = await dead_letters.listed(connection, system=system, limit=100_000)
        rows = [d.id for d in found if row in {None, d.id}]
        if row is not None and not rows:
            raise Misconfigured(_NOT_DEAD.format(row=row))
        if dry_run:
            return f"would be sent again: {len(rows)}"
        _has(reason)
        count = 0
        for one in rows:
            count += await dead_letters.replay(connection, one)
        await operator_log.record(connection, who, "replay", str(row or system), reason)
    return f"sent again, marked as replay: {count}"


_NOT_DEAD = "row {row} is not dead; `hub dead list` prints the rows that are"


async def skip(store: Store, row: int, who: str, reason: str) -> str:
    """Gives up a dead row; the rows behind it go on."""
    _has(reason)
    async with store.transaction() as connection:
        if not await dead_letters.skip(connection, row):
            raise Misconfigured(_NOT_DEAD.format(row=row))
        await operator_log.record(connection, who, "skip", str(row), reason)
    return f"row {row} is skipped; what waited behind it flows"


async def announce(store: Store, sv: str, en: str, who: str) -> str:
    """Tells every connected system, each by its own way out (C-34). An announcement belongs to no case and takes no answer."""
    if not sv.strip() or not en.strip():
        raise Misconfigured("say it in both languages: --text-sv and --text-en")
    if find_person_numbers(sv) or find_person_numbers(en):
        raise Misconfigured("the text holds a personal identity number: everybody reads it, so leave it out (D-10)")
    current = await directories.current(store)
    if current is None:
        raise Misconfigured("there is no directory")
    told = Announcement(text=BilingualText(sv=sv.strip(), en=en.strip()))
    id_ = str(uuid7())
    async with store.transaction() as connection:
        items = await announcements.add(connection, id_, told, current[1].system_by_id, datetime.now(UTC))
        await operator_log.record(connection, who, "announce", id_, sv.strip())
    return f"{id_} goes to every system ({len(items)}); see `hub announcements` and `hub timeline {id_}`"


async def _is_known(store: Store, system: str) -> None:
    """Refuses an unknown system: with a misspelt name nothing would happen, and nobody would notice. A system that has left the
    directory is known as long as it is paused or has rows that are not sent.
    """
    current = await directories.current(store)
    if current is not None and system in current[1].system_by_id:
        return
    async with store.transaction() as connection:
        if await paused_systems.pauses(connection, system) or await dead_letters.has_unsent(connection, system):
            return
    raise Misconfigured(f"there is no system {system} in the directory; see `hub directory show`")


async def pause(store: Store, system: str, who: str, reason: str) -> str:
    """Pauses the sending to a system of the directory."""
    _has(reason)
    await _is_known(store, system)
    async with store.transaction() as connection:
        if not await paused_systems.pause(connection, system):
            raise Misconfigured(f"{system} is paused already; `hub trail {system}` says by whom and why")
        await operator_log.record(connection, who, "pause", system, reason)
    return f"{system} is paused; its notices wait"


async def resume(store: Store, system: str, who: str, reason: str) -> str:
    """Resumes the sending to a system; a paused system that has left the directory may be named too."""
    _has(reason)
    await _is_known(store, system)
    async with store.transaction() as connection:
        if not await paused_systems.resume(connection, system):
            raise Misconfigured(f"{system} is not paused")
        await operator_log.record(connection, who, "resume", system, reason)
    return f"{system} is sent to again"
