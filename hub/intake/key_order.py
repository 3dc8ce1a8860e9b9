"""Keeps the order of work that takes time: nothing overtakes earlier work under the same key. Imports nothing of the hub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager


class KeyOrder:
    """First come, first served, for each key by itself."""

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Future[None]] = {}

    def __bool__(self) -> bool:
        """Whether any work is under way or waits."""
        return bool(self._last)

    def is_busy(self, keys: Collection[str]) -> bool:
        """Whether work under any of the keys is under way or waits."""
        return not self._last.keys().isdisjoint(keys)

    @asynccontextmanager
    async def turn(self, keys: Collection[str]) -> AsyncIterator[None]:
        """Begins when all earlier work under these keys has ended, however it ended."""
        ahead = {self._last[key] for key in keys if key in self._last}
        ended = asyncio.get_running_loop().create_future()
        self._last.update(dict.fromkeys(keys, ended))
        try:
            for one in ahead:
                await asyncio.shield(one)
            yield
        finally:
            self._end(keys, ended, ahead)

    def _end(self, keys: Collection[str], ended: asyncio.Future[None], ahead: Collection[asyncio.Future[None]]) -> None:
        """Ends a turn. One that was given up while it waited ends with the last of those ahead of it: the work behind it
        waits for its turn alone, and must not overtake them.
        """
        left = [one for one in ahead if not one.done()]
        if left:
            left[0].add_done_callback(lambda _: self._end(keys, ended, left))
            return
        for key in keys:
            if self._last.get(key) is ended:
                del self._last[key]
        ended.set_result(None)
