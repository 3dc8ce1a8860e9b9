"""Puts a directory in force: what it changes, what it takes away, and its place in the trail. Imports the directory as a file, the
intake and the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.directory import Applied, Taken, changes, taken_away
from hub.errors import Misconfigured
from hub.intake.served_again import move_from
from hub.processes.registry import PROCESSES
from hub.store import consequences, credentials, operator_log, replays
from hub.store import directory as directories
from hub.store.consequences import UnderWay
from hub.store.transaction import Store


@dataclass(frozen=True, slots=True)
class Change:
    """What applying a directory does."""

    lines: list[str]
    """The differences, one by one."""
    taken: list[tuple[Taken, UnderWay]]
    """What is taken away although something is under way for it, or although nobody would be told."""
    version: int | None
    """The new version; None when nothing was applied."""


async def in_force(store: Store) -> tuple[int, Applied] | None:
    """The directory in force with its number."""
    async with store.transaction() as connection:
        found = await directories.versions(connection)
    return (found[0].version, Applied(found[0].directory, found[0].sources)) if found else None


async def at(store: Store, version: int) -> Applied:
    """A version of the directory. Raises ``Misconfigured`` when there is none, or when it is none by today's rules."""
    async with store.transaction() as connection:
        found = await directories.versions(connection, up_to=version)
    if not found or found[0].version != version:
        raise Misconfigured(f"there is no version {version} of the directory; see `hub directory history`")
    if faults := found[0].directory.faults():
        raise Misconfigured(f"version {version} does not hold together:\n  " + "\n  ".join(faults))
    return Applied(found[0].directory, found[0].sources)


async def put_in_force(
    store: Store, wanted: Applied, *, what: str, who: str, reason: str, force: bool, dry_run: bool
) -> Change:
    """Compare, count what is taken away, write the new version and the trail, all in one transaction.

    With ``force`` what is under way does not stop it: notices of a system that goes are put aside for their units. Raises
    ``Misconfigured`` that says what is under way.
    """
    for region in wanted.directory.regions:
        if unknown := sorted(set(region.gallring or ()) - PROCESSES.keys()):
            raise Misconfigured(
                f"region {region.id} has gallring of the unknown process {', '.join(unknown)}: name {' or '.join(sorted(PROCESSES))}"
            )
    async with store.transaction() as connection:
        await directories.lock(connection)
        found = await directories.versions(connection)
        before = found[0] if found else None
        lines = changes(None if before is None else before.directory, wanted.directory)
        taken: list[tuple[Taken, UnderWay]] = []
        for one in taken_away(None if before is None else before.directory, wanted.directory):
            under_way = await consequences.of(connection, one.units, one.system, all_rows=one.kind == "system")
            harm = under_way.notices > 0 if one.moves else under_way.any
            if harm or one.unserved:
                taken.append((one, under_way))
        moved = before is not None and before.sources != wanted.sources
        if dry_run or not (lines or moved):
            return Change(lines, taken, None)
        if taken and not force:
            raise Misconfigured(refusal(taken))
        gone = (
            []
            if before is None
            else [id_ for id_ in before.directory.system_by_id if id_ not in wanted.directory.system_by_id]
        )
        if running := await replays.running_to(connection, gone):
            raise Misconfigured("; ".join(_REPLAYED.format(replay=id_, system=system) for id_, system in running))
        version = await directories.write(connection, wanted.directory, who=who, reason=reason, sources=wanted.sources)
        await operator_log.record(connection, who, what, f"version {version}", reason)
        await credentials.end_all(connection, gone)
        for system in gone:
            while await move_from(connection, system, wanted.directory):
                pass
    return Change(lines, taken, version)


def refusal(taken: Sequence[tuple[Taken, UnderWay]]) -> str:
    """What is under way for what is taken away, and what to do."""
    return "\n  ".join([_IN_USE, *(said(*one) for one in taken)])


_REPLAYED = (
    "replay {replay} to {system} is under way, and what it sends again would be moved as if the system had never had it: wait until it is"
    " done, or `hub dead undo {replay} --reason …`, and apply again"
)
_IN_USE = (
    "this directory takes away what is in use; with --force it is applied all the same, and what is then for a unit without a"
    " system waits in the manual queue (hub held list):"
)


def said(taken: Taken, under_way: UnderWay) -> str:
    """One unit or system in a line."""
    counts = (
        (under_way.cases, "open case"),
        (under_way.notices, "waiting notice"),
        (under_way.held, "held message"),
        (under_way.lookups, "look-up"),
    )
    found = ", ".join(f"{count} {name}{'s' * (count != 1)}" for count, name in counts if count)
    return f"{taken.kind} {taken.id} {taken.how}: {found or 'nothing under way'}"
