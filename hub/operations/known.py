"""Whether what operations names is known: a system, the directory. Imports the store and the errors only."""

from __future__ import annotations

from hub.errors import Refused
from hub.operations.reason import shown
from hub.store import dead_letters, paused_systems
from hub.store import directory as directories
from hub.store.transaction import Store
from schemas.directory import Directory


async def is_known(store: Store, system: str) -> None:
    """Refuses an unknown system: with a misspelt name nothing would happen, and nobody would notice. A system that has left the
    directory is known as long as it is paused or has rows that are not sent.
    """
    current = await directories.current(store)
    if current is not None and system in current[1].system_by_id:
        return
    async with store.transaction() as connection:
        if await paused_systems.pauses(connection, system) or await dead_letters.has_unsent(connection, system):
            return
    raise no_such_system(system)


def no_such_system(system: str) -> Refused:
    """The refusal of a system that the directory does not have."""
    return Refused(
        "unknown-system",
        f"Det finns inget system {shown(system)} i katalogen.",
        f"There is no system {shown(system)} in the directory.",
        "/system",
        404,
    )


async def the_directory(store: Store) -> Directory:
    """The directory that was applied last. Raises ``Refused`` where none ever was."""
    current = await directories.current(store)
    if current is None:
        raise no_directory()
    return current[1]


def no_directory() -> Refused:
    """The refusal of what needs a directory where none was ever applied."""
    return Refused(
        "no-directory",
        "Hubben har ingen katalog än, och startar inte utan: inför den första på databasen, `hub directory apply FIL`.",
        "The hub has no directory yet, and does not start without one: apply the first on the database, `hub directory apply FILE`.",
        "/",
    )
