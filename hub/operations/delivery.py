"""What operations does to the delivery: dead rows, pauses, announcements (D-6, C-34). Imports the store and the language."""

from __future__ import annotations

from uuid_utils import uuid7

from hub import clock
from hub.errors import Misconfigured
from hub.operations.known import is_known
from hub.operations.reason import check
from hub.store import announcements, dead_letters, operator_log, paused_systems
from hub.store import directory as directories
from hub.store.transaction import Store
from schemas.messages import Announcement, BilingualText
from schemas.person_numbers import find_person_numbers


async def dead(store: Store, system: str | None) -> list[dead_letters.DeadLetter]:
    """The dead rows of a system, or of all."""
    if system is not None:
        await is_known(store, system)
    async with store.transaction() as connection:
        return await dead_letters.listed(connection, system=system)


_NOT_DEAD = "row {row} is not dead; `hub dead list` prints the rows that are"


async def skip(store: Store, row: int, who: str, reason: str) -> str:
    """Gives up a dead row; the rows behind it go on."""
    check(reason)
    async with store.transaction() as connection:
        if not await dead_letters.skip(connection, row):
            raise Misconfigured(_NOT_DEAD.format(row=row))
        await operator_log.record(connection, who, "skip", str(row), reason)
    return f"row {row} is skipped; what waited behind it flows"


async def pause(store: Store, system: str, who: str, reason: str) -> str:
    """Pauses the sending to a system of the directory."""
    check(reason)
    await is_known(store, system)
    async with store.transaction() as connection:
        if not await paused_systems.pause(connection, system):
            raise Misconfigured(f"{system} is paused already; `hub trail {system}` says by whom and why")
        await operator_log.record(connection, who, "pause", system, reason)
    return f"{system} is paused; its notices wait"


async def resume(store: Store, system: str, who: str, reason: str) -> str:
    """Resumes the sending to a system; a paused system that has left the directory may be named too."""
    check(reason)
    await is_known(store, system)
    async with store.transaction() as connection:
        if not await paused_systems.resume(connection, system):
            raise Misconfigured(f"{system} is not paused")
        await operator_log.record(connection, who, "resume", system, reason)
    return f"{system} is sent to again"


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
        items = await announcements.add(connection, id_, told, current[1].system_by_id, clock.now())
        await operator_log.record(connection, who, "announce", id_, sv.strip())
    return f"{id_} goes to every system ({len(items)}); see `hub announcements` and `hub timeline {id_}`"
