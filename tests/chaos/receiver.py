"""The webhook of `make chaos`, which can be ill in every way that a receiver can. Imports the tests' listener only."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from tests.wires import Listener

ILLS = ("500", "429", "410", "400", "slow", "late", "reset-before", "reset-after", "double", "dead")
"""``400`` refuses one notice for good; ``410`` says that the receiver is gone; ``late`` answers when the hub no longer waits;
``reset-…`` breaks the connection before or after the notice was kept; ``double`` answers twice; ``dead`` answers nothing.
"""


class Webhook(Listener):
    """Keeps what comes, in its order, by ``got``: (webhook-id, event)."""

    def __init__(self, got: Callable[[str, dict[str, Any]], None]) -> None:
        super().__init__()
        self._got = got
        self.ill: str | None = None
        self.late_s = 0.0
        """How long ``late`` waits: longer than the hub does."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._one(reader, writer):
                pass

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answers one call; False when the connection is to end."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        ill = self.ill
        if ill == "dead":
            await asyncio.sleep(self.late_s)
            return False
        if ill == "reset-before":
            writer.transport.abort()
            return False
        if ill in {"500", "429", "410", "400"}:
            more = "retry-after: 1\r\n" if ill == "429" else ""
            writer.write(f"HTTP/1.1 {ill} X\r\ncontent-length: 0\r\n{more}\r\n".encode())
            await writer.drain()
            return True
        if ill == "slow":
            await asyncio.sleep(0.2)
        self._got(headers["webhook-id"], json.loads(body))
        if ill == "reset-after":
            writer.transport.abort()
            return False
        if ill == "late":
            await asyncio.sleep(self.late_s)
        writer.write(b"HTTP/1.1 204 X\r\ncontent-length: 0\r\n\r\n" * (2 if ill == "double" else 1))
        await writer.drain()
        return True
