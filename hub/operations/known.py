"""Whether a system that operations names is known. Imports the store and the errors only."""

from __future__ import annotations

from hub.errors import Misconfigured
from hub.store import dead_letters, paused_systems
from hub.store import directory as directories
from hub.store.transaction import Store


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
    raise Misconfigured(f"there is no system {system} in the directory; see `hub directory show`")
