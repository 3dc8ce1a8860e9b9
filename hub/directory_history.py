"""The versions of the directory, each with how much it changed of the one before: counted once, and kept with the version. Imports the
directory as a file and the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from hub.directory import ChangedCount, EntryChange, counts, difference
from hub.errors import Unavailable
from hub.store import directory as directories
from hub.store.transaction import Store


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A version without what it says."""

    version: int
    at: datetime
    who: str | None
    reason: str | None
    changed: list[ChangedCount]


def to_keep(found: Sequence[EntryChange]) -> list[dict[str, Any]]:
    """A difference in figures, as it is kept."""
    return [asdict(one) for one in counts(found)]


async def listed(store: Store, before: int | None, limit: int) -> list[ListedVersion]:
    """The newest versions, or those before a number, the newest first. Of a version that nobody has counted yet two whole directories are
    compared, which takes a tenth of a second with thousands of units, once.
    """
    async with store.transaction() as connection:
        found = await directories.listed(connection, before, limit)
    return [
        ListedVersion(
            one.version,
            one.at,
            one.who,
            one.reason,
            [ChangedCount(**row) for row in (await _count(store, one.version) if one.changed is None else one.changed)],
        )
        for one in found
    ]


async def _count(store: Store, version: int) -> list[dict[str, Any]]:
    """Compares a version with the one before it, and keeps how much differs."""
    async with store.transaction() as connection:
        its, *former = await directories.versions(connection, up_to=version, limit=2)
    found = await asyncio.to_thread(difference, former[0].directory if former else None, its.directory)
    changed = to_keep(found)
    with suppress(Unavailable):  # where the database takes no writes now, it is counted again
        async with store.transaction() as connection:
            await directories.keep_changed(connection, version, changed)
    return changed
