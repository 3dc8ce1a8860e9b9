"""Puts a directory in force: what it changes, what it takes away, and its place in the trail. Imports the directory as a file, the
intake and the store.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from hub.directory import Applied, EntryChange, Taken, difference, held_together, taken_away
from hub.directory_history import to_keep
from hub.errors import Refused
from hub.intake.served_again import move_from
from hub.processes.registry import PROCESSES
from hub.store import consequences, credentials, operator_log, replays
from hub.store import directory as directories
from hub.store.consequences import UnderWay
from hub.store.directory import Connection, DirectoryVersion
from hub.store.transaction import Store
from schemas.directory import Directory
from schemas.messages import BilingualText


@dataclass(frozen=True, slots=True)
class Change:
    """What applying a directory does."""

    entries: list[EntryChange]
    """The differences, one by one."""
    taken: list[tuple[Taken, UnderWay]]
    """What is taken away although something is under way for it, or although nobody would be told."""
    version: int | None
    """The new version; None when nothing was applied."""
    of: int = 0
    """The version in force with which it was compared; 0 where there is none."""
    digest: str = ""
    """Of the version in force and of the directory that is wanted: the same where the same would happen."""


@dataclass(frozen=True, slots=True)
class SeenVersion:
    """What whoever applies a directory has seen by a dry run: it is applied to that version, and is that directory."""

    version: int
    digest: str


async def in_force(store: Store) -> tuple[int, Applied] | None:
    """The directory in force with its number."""
    async with store.transaction() as connection:
        found = await directories.versions(connection)
    return (found[0].version, Applied(found[0].directory, found[0].sources)) if found else None


async def version_of(connection: Connection, version: int) -> DirectoryVersion:
    """A version of the directory. Raises ``Refused`` 404 when there is none."""
    return (await _down_from(connection, version, 1))[0]


async def with_the_one_before(connection: Connection, version: int) -> list[DirectoryVersion]:
    """A version of the directory, and the one before it, which the first has not. Raises ``Refused`` 404 when there is none."""
    return await _down_from(connection, version, 2)


async def _down_from(connection: Connection, version: int, limit: int) -> list[DirectoryVersion]:
    found = await directories.versions(connection, up_to=version, limit=limit)
    if not found or found[0].version != version:
        raise Refused(
            "unknown-version",
            f"Det finns ingen version {version} av katalogen.",
            f"There is no version {version} of the directory.",
            "/version",
            404,
        )
    return found


async def at(store: Store, version: int) -> Applied:
    """A version of the directory. Raises ``Refused`` when there is none, or when it is none by today's rules."""
    async with store.transaction() as connection:
        found = await version_of(connection, version)
    held_together(found.directory, BilingualText(sv=f"Version {version}", en=f"version {version}"))
    return Applied(found.directory, found.sources)


async def put_in_force(
    store: Store,
    wanted: Applied,
    *,
    what: str,
    who: str,
    reason: str,
    force: bool,
    dry_run: bool,
    seen: SeenVersion | None = None,
) -> Change:
    """Compare, count what is taken away, write the new version and the trail, all in one transaction.

    With ``force`` what is under way does not stop it: notices of a system that goes are put aside for their units. ``seen``: refused
    where another version is in force than whoever applies it has seen, or another directory is wanted. Raises ``Refused`` that says what
    is under way.
    """
    _gallring_is_of_a_process(wanted.directory)
    async with store.transaction() as connection:
        await directories.lock(connection)
        found = await directories.versions(connection)
        before = found[0] if found else None
        of = 0 if before is None else before.version
        digest = await asyncio.to_thread(_digest, of, wanted)
        if seen is not None:
            await _as_it_was_seen(connection, seen, before, digest)
        entries = await asyncio.to_thread(difference, None if before is None else before.directory, wanted.directory)
        taken: list[tuple[Taken, UnderWay]] = []
        for one in taken_away(None if before is None else before.directory, wanted.directory):
            under_way = await consequences.of(connection, one.units, one.system, all_rows=one.kind == "system")
            harm = under_way.notices > 0 if one.moves else under_way.any
            if harm or one.unserved:
                taken.append((one, under_way))
        moved = before is not None and before.sources != wanted.sources
        if dry_run or not (entries or moved):
            return Change(entries, taken, None, of, digest)
        if taken and not force:
            raise refusal(taken)
        gone = (
            []
            if before is None
            else [id_ for id_ in before.directory.system_by_id if id_ not in wanted.directory.system_by_id]
        )
        if running := await replays.running_to(connection, gone):
            raise _replay_under_way(running)
        version = await directories.write(
            connection, wanted.directory, who=who, reason=reason, sources=wanted.sources, changed=to_keep(entries)
        )
        await operator_log.record(connection, who, what, f"version {version}", reason)
        await credentials.end_all(connection, gone)
        for system in gone:
            while await move_from(connection, system, wanted.directory):
                pass
    return Change(entries, taken, version, of, digest)


def _gallring_is_of_a_process(directory: Directory) -> None:
    for region in directory.regions:
        if unknown := sorted(set(region.gallring or ()) - PROCESSES.keys()):
            named = ", ".join(unknown)
            raise Refused(
                "directory-invalid",
                f"region {region.id} har gallring av den okända processen {named}: ange {' eller '.join(sorted(PROCESSES))}",
                f"region {region.id} has gallring of the unknown process {named}: name {' or '.join(sorted(PROCESSES))}",
                "/yaml",
                400,
            )


def _digest(of: int, wanted: Applied) -> str:
    whole = f"{of} {wanted.directory.model_dump_json()} {sorted(wanted.sources.items())}"
    return hashlib.sha256(whole.encode()).hexdigest()


_MOST_NAMED = 5


async def _as_it_was_seen(
    connection: Connection, seen: SeenVersion, before: DirectoryVersion | None, digest: str
) -> None:
    """Raises ``Refused`` 409 that names what somebody else has changed since, or that the directory is another."""
    if before is not None and before.version != seen.version:
        earlier = await directories.versions(connection, up_to=seen.version)
        changed = await asyncio.to_thread(difference, earlier[0].directory if earlier else None, before.directory)
        named = ", ".join(one.name for one in changed[:_MOST_NAMED]) + (", …" if len(changed) > _MOST_NAMED else "")
        who = before.who or "…"
        raise Refused(
            "directory-changed",
            f"Version {before.version} är i kraft nu, införd av {who}, och ändrar: {named or 'inget'}. Hämta den, gör ändringen i den och"
            " pröva igen.",
            f"Version {before.version} is in force now, applied by {who}, and changes: {named or 'nothing'}. Fetch it, make the change in"
            " it, and make a dry run again.",
            "/version",
        )
    if digest != seen.digest:
        raise Refused(
            "another-difference",
            "Det är en annan katalog än den som provades. Pröva den igen och se skillnaden.",
            "It is another directory than the one of the dry run. Make a dry run of it and see the difference.",
            "/digest",
        )


def refusal(taken: Sequence[tuple[Taken, UnderWay]]) -> Refused:
    """What is under way for what is taken away, and what to do."""
    return Refused(
        "directory-in-use",
        "\n  ".join([_IN_USE.sv, *(said(*one).sv for one in taken)]),
        "\n  ".join([_IN_USE.en, *(said(*one).en for one in taken)]),
        "/force",
    )


def _replay_under_way(running: Sequence[tuple[int, str]]) -> Refused:
    sv = "; ".join(
        f"omsändning {id_} till {system} pågår, och det som den sänder om skulle flyttas som om systemet aldrig hade fått det: vänta tills"
        f" den är klar, eller ångra den (`hub dead undo {id_} --reason …`), och inför igen"
        for id_, system in running
    )
    en = "; ".join(
        f"replay {id_} to {system} is under way, and what it sends again would be moved as if the system had never had it: wait until it"
        f" is done, or `hub dead undo {id_} --reason …`, and apply again"
        for id_, system in running
    )
    return Refused("replay-under-way", sv, en, "/yaml")


_IN_USE = BilingualText(
    sv="katalogen tar bort det som används; med force (--force) införs den ändå, och det som då är till en enhet utan system väntar i den"
    " manuella kön (hub held list):",
    en="this directory takes away what is in use; with --force it is applied all the same, and what is then for a unit without a"
    " system waits in the manual queue (hub held list):",
)


def said(taken: Taken, under_way: UnderWay) -> BilingualText:
    """One unit or system in a line."""
    counts = (
        (under_way.cases, ("öppet ärende", "öppna ärenden"), "open case"),
        (under_way.notices, ("väntande underrättelse", "väntande underrättelser"), "waiting notice"),
        (under_way.held, ("kvarhållet meddelande", "kvarhållna meddelanden"), "held message"),
        (under_way.lookups, ("uppslag", "uppslag"), "look-up"),
    )
    sv = ", ".join(f"{count} {names[count != 1]}" for count, names, _ in counts if count)
    en = ", ".join(f"{count} {name}{'s' * (count != 1)}" for count, _, name in counts if count)
    kind = "enhet" if taken.kind == "unit" else "system"
    return BilingualText(
        sv=f"{kind} {taken.id} {taken.how.sv}: {sv or 'inget pågår'}",
        en=f"{taken.kind} {taken.id} {taken.how.en}: {en or 'nothing under way'}",
    )
