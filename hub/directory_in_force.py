"""The directory that is in force in this process: the one that was applied last, with the credentials that rotation has changed. Imports
the store, the formats and the directory only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hub.directory.credentials import in_force
from hub.log import log
from hub.store import credentials
from hub.store import directory as directories
from hub.store.transaction import Store
from hub.translators import formats
from schemas.directory import Directory


class DirectoryInForce:
    """``changed``: awaited with every new version, before anything else is done by it."""

    def __init__(self, store: Store, changed: Callable[[Directory], Awaitable[None]]) -> None:
        self._store = store
        self._changed = changed
        self.version = 0
        self._applied: Directory | None = None
        self._now: Directory | None = None
        self._credentials = (0, 0, 0)

    @property
    def is_there(self) -> bool:
        """Whether any directory was ever applied."""
        return self._now is not None

    def now(self) -> Directory:
        """The directory in force; the handling of a message uses one version throughout."""
        assert self._now is not None
        return self._now

    def applied(self) -> Directory:
        """The directory in force as it was applied, without what rotation has changed."""
        assert self._applied is not None
        return self._applied

    async def take_up(self) -> None:
        """Read the newest, if it or a credential is another than is in force. Raises ``Unavailable``."""
        newer = await directories.current(self._store, self.version)
        async with self._store.transaction() as connection:
            moment = await credentials.moment(connection)
            if newer is None and moment.state == self._credentials:
                return
            rotated = await credentials.rotated(connection)
        if newer is not None:
            await asyncio.to_thread(formats.prepare, {system.format for system in newer[1].systems})
            self.version, self._applied = newer
        if self._applied is None:
            return
        self._credentials, self._now = moment.state, in_force(self._applied, rotated, moment.at)
        log.info("directory_in_force", version=self.version)
        if newer is not None:
            await self._changed(self._now)
