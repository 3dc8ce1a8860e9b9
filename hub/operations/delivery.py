"""What operations does to the delivery: dead rows, pauses, announcements (D-6, C-34). Imports the store and the language."""

from __future__ import annotations

from dataclasses import dataclass

from uuid_utils import uuid7

from hub import clock
from hub.errors import Refused
from hub.operations.known import is_known, the_directory
from hub.operations.reason import given, shown, without_person_number
from hub.store import announcements, dead_letters, dead_list, operator_log, paused_systems, try_now
from hub.store.dead_list import DeadLetter
from hub.store.inbox import Connection
from hub.store.replayable import RowFilter
from hub.store.transaction import Store
from schemas.messages import Announcement, BilingualText


async def dead(store: Store, system: str | None) -> list[DeadLetter]:
    """The dead rows of a system, or of all."""
    if system is not None:
        await is_known(store, system)
    async with store.transaction() as connection:
        return await dead_list.listed(connection, RowFilter(system=system))


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A dead row that was given up."""

    row: int


async def skip(store: Store, row: int, who: str, reason: str) -> SkippedRow:
    """Gives up a dead row; the rows behind it go on."""
    reason = given(reason)
    async with store.transaction() as connection:
        if not await dead_letters.skip(connection, row):
            raise await not_dead(connection, row)
        await operator_log.record(connection, who, "skip", str(row), reason)
    return SkippedRow(row)


async def not_dead(connection: Connection, row: int) -> Refused:
    """The refusal of a row that is not dead: what it is instead."""
    found = await try_now.row(connection, row)
    if found is None:
        return Refused(
            "not-dead", f"Det finns ingen rad {row}.", f"Row {row} is not dead: there is no such row.", "/row", 404
        )
    sv, en = _STATES[found["state"]]
    return Refused("not-dead", f"Rad {row} är inte död, den är {sv}.", f"Row {row} is not dead, it is {en}.", "/row")


_STATES = {
    "waiting": ("på väg och väntar", "on its way and waits"),
    "sent": ("sänd", "sent"),
    "skipped": ("överhoppad", "skipped"),
    "dead": ("död, och i en annan omsändning", "dead, and in another replay"),
}


@dataclass(frozen=True, slots=True)
class PausedSystem:
    """A system that is paused now, or no longer."""

    system: str
    paused: bool


async def pause(store: Store, system: str, who: str, reason: str) -> PausedSystem:
    """Pauses the sending to a system of the directory."""
    reason = given(reason)
    await is_known(store, system)
    async with store.transaction() as connection:
        if not await paused_systems.pause(connection, system):
            raise Refused(
                "paused",
                f"{shown(system)} är redan pausat; spåret säger av vem och varför.",
                f"{shown(system)} is paused already; the trail says by whom and why.",
                "/system",
            )
        await operator_log.record(connection, who, "pause", system, reason)
    return PausedSystem(system, paused=True)


async def resume(store: Store, system: str, who: str, reason: str) -> PausedSystem:
    """Resumes the sending to a system; a paused system that has left the directory may be named too."""
    reason = given(reason)
    await is_known(store, system)
    async with store.transaction() as connection:
        if not await paused_systems.resume(connection, system):
            raise Refused(
                "not-paused", f"{shown(system)} är inte pausat.", f"{shown(system)} is not paused.", "/system"
            )
        await operator_log.record(connection, who, "resume", system, reason)
    return PausedSystem(system, paused=False)


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement that is on its way."""

    id: str
    systems: int


async def announce(store: Store, sv: str, en: str, who: str, reason: str | None = None) -> Announced:
    """Tells every connected system, each by its own way out (C-34). An announcement belongs to no case and takes no answer. Its text is
    its reason, where no other is given.
    """
    if not sv.strip() or not en.strip():
        raise Refused(
            "both-languages",
            "Ange texten på båda språken: text_sv och text_en.",
            "Say it in both languages: text_sv and text_en.",
            "/text_en" if sv.strip() else "/text_sv",
            400,
        )
    without_person_number(sv, "/text_sv")
    without_person_number(en, "/text_en")
    if reason is not None:
        reason = given(reason)
    systems = (await the_directory(store)).system_by_id
    told = Announcement(text=BilingualText(sv=sv.strip(), en=en.strip()))
    id_ = str(uuid7())
    async with store.transaction() as connection:
        items = await announcements.add(connection, id_, told, systems, clock.now())
        await operator_log.record(connection, who, "announce", id_, reason or sv.strip())
    return Announced(id_, len(items))
